/** Ways in which a script can be broken, on every surface: reload, the admin API, check, the log. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { ReloadOutcome } from "../../core/admin/status.ts";
import { hook } from "../script/harness.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { sipwright } from "./output.ts";

type Broken = {
	readonly kind: string;
	readonly source: string;
	readonly code: string;
	/** Undefined where it is not known, or a matter of luck. */
	readonly line: number | undefined;
	readonly reason: RegExp;
	/** Where it is wrong, if not in the script. */
	readonly file?: string;
};

/** The tests beside the script say what it waits for, and nobody does where it is to serve. */
const UNPREPARED = 'if ((await kv.get("list")) === undefined)';

const BROKEN: readonly Broken[] = [
	{
		kind: "syntax",
		source: "export default 1;\nconst a = ;\n",
		code: "LOAD_BUNDLE",
		line: 2,
		reason: /Unexpected ";"/,
	},
	{
		kind: "an import that leads nowhere",
		source: '\nimport a from "./none.ts";\nexport default a;\n',
		code: "LOAD_BUNDLE",
		line: 2,
		reason: /Could not resolve/,
	},
	{
		kind: "types",
		source: hook("return reply(request.uri.usr ? 404 : 410);"),
		code: "LOAD_TYPES",
		line: 5,
		reason: /Property 'usr' does not exist/,
	},
	{
		kind: "throws at load",
		source: 'const a = 1;\nthrow new TypeError("no configuration");\n',
		code: "LOAD_START",
		line: 2,
		reason: /TypeError: no configuration/,
	},
	{
		kind: "wrong export",
		source: "export const a = 1;\n",
		code: "LOAD_EXPORTS",
		line: undefined,
		reason: /no default export/,
	},
	{
		kind: "probe fails",
		source: hook('throw new Error("not ready");'),
		code: "LOAD_PROBE",
		line: 5,
		reason: /not ready/,
	},
	{
		kind: "a test of the author's fails",
		source: hook("return reply(410);"),
		code: "LOAD_TESTS",
		line: 2,
		reason: /test "a number nobody has": 1001 got no 404 to INVITE/,
		file: "routes/default.test.ts",
	},
	{
		kind: "onStart fails",
		source: starting(`${UNPREPARED}\nthrow new Error("no list");`),
		code: "LOAD_ON_START",
		line: 4,
		reason: /Error: no list/,
	},
	{
		kind: "onStart waits for too long",
		source: starting(`${UNPREPARED}\nawait new Promise(() => undefined);`),
		code: "LOAD_ON_START",
		line: undefined,
		reason: /onStart waited for more than 300 ms/,
	},
	{
		kind: "heap limit at load",
		source: "export const a = [];\nfor (;;) a.push(new Array(500_000).fill(7) as never);\n",
		code: "LOAD_START",
		line: undefined,
		reason: /the top level kept more than 16 MB/,
	},
	{
		kind: "endless top level",
		source: "export const a = 1;\nwhile (true) {}\n",
		code: "LOAD_START",
		line: 2,
		reason: /the top level ran for more than 4000 ms/,
	},
];

const CONFIG = `listen: [udp:127.0.0.1:0]
routes: routes
# Whole seconds for the top level: where memory is short, a slow machine needs them to fill it.
script: { heap-mb: 16, start-timeout-ms: 4000, deadline-ms: 300 }
devices: { "1001": { type: Extension, contact: "*" } }`;
const TEST = `import { test } from "sipwright/test";
test("a number nobody has", { before: ({ kv }) => kv.set("list", 1) }, ({ phone }) => void phone("1001", { register: false }).invite("1").expect(404));
`;

/** The body of its `onStart` begins on line 3. */
function starting(body: string): string {
	return `import { defineRoutes, kv, reply } from "sipwright";
export default defineRoutes({ onRequest: () => reply(404), async onStart() {
${body}
} });
`;
}

test("a broken script of every kind is refused with file, line and reason on all surfaces; the next good save works", async (t) => {
	const good = hook("return reply(404);");
	const server = await startSipwright({
		config: CONFIG,
		files: { "routes/default.ts": good, "routes/default.test.ts": TEST },
	});
	t.after(() => server.stop());
	const file = join(server.folder.path, "sipwright.yaml");
	const script = join(server.folder.path, "routes/default.ts");
	for (const { kind, source, code, line, reason, file: other } of BROKEN) {
		const wrong = other === undefined ? script : join(server.folder.path, other);
		server.folder.write("routes/default.ts", source);

		const { code: exit, out } = await sipwright("reload", "--json", "--config", file);
		const outcome = JSON.parse(out) as ReloadOutcome;
		assert.deepEqual([exit, outcome.ok, outcome.generation], [1, false, 1], kind);
		const [error] = outcome.errors;
		assert.deepEqual([error?.code, error?.file], [code, wrong], kind);
		if (line !== undefined) assert.equal(error?.line, line, kind);
		assert.match(error?.message ?? "", reason, kind);

		const check = await sipwright("check", "--config", file);
		assert.equal(check.code, 1, kind);
		const place = line === undefined ? `${wrong}:` : `${wrong}:${line}:`;
		assert.ok(`\n${check.err}`.includes(`\n${place}`), `${kind}: ${check.err}`);
		assert.match(check.err, new RegExp(`error ${code}: .*${reason.source}`, "s"), kind);

		const logged = server.log().filter(({ event }) => event === "routes.refused");
		const last = logged.at(-1);
		assert.deepEqual([last?.code, last?.file], [code, wrong], kind);
		assert.match(String(last?.msg), reason, kind);
	}
	server.folder.write("routes/default.ts", "export const a = 1;\n");
	const words = await sipwright("reload", "--config", file);
	assert.equal(words.code, 1);
	assert.ok(words.err.startsWith(`${script}: error LOAD_EXPORTS: `), words.err);
	assert.match(words.err, /nothing changed: generation 1, .* is still in use\n$/);

	server.folder.write("routes/default.ts", `${good}// mended`);
	const mended = await sipwright("reload", "--config", file);
	assert.deepEqual([mended.code, mended.err], [0, ""]);
	assert.match(mended.out, /^reloaded: generation 2, /);
	assert.equal((await sipwright("check", "--config", file)).code, 0);
});
