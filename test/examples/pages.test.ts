/** What the pages show works: scripts load, configurations load, tests pass. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { basename, resolve } from "node:path";
import { test } from "node:test";
import type { Generation } from "../../core/script/generation.ts";
import { checkTypes } from "../../core/script/typecheck.ts";
import { type Outcome, WaitingHook } from "../../core/script/waiting-hook.ts";
import { read } from "../config/reading.ts";
import { context, load, request } from "../script/harness.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { repository, select } from "../support/tree.ts";

type Block = { readonly place: string; readonly text: string };

/** The fenced blocks of a language in README.md, docs/ and examples/, each with its file and line. */
function blocks(language: string): readonly Block[] {
	const fence = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "gm");
	return [...select(repository(), /^(README|(docs|examples)\/.*)\.md$/)].flatMap(([path, page]) =>
		[...page.matchAll(fence)].map(({ 1: text = "", index }) => ({
			place: `${path}:${page.slice(0, index).split("\n").length}`,
			text,
		})),
	);
}

const SCRIPTS = blocks("ts").filter(({ text }) => text.includes("defineRoutes("));
const CONFIGURATIONS = blocks("yaml").filter(({ place }) => !place.startsWith("docs/reference/"));

for (const { place, text } of SCRIPTS)
	test(`${place}: the script loads and decides`, async (t) => {
		const { generation } = await load(t, text);
		const invite = request("INVITE", "sip:4711@127.0.0.1");
		const decision = decided(generation, generation.ask("onRequest", invite, context()));
		assert.ok(decision && "kind" in decision, String(decision));
	});

/** What it decides where nothing is kept and nobody answers it. */
function decided(generation: Generation, asked: Outcome | WaitingHook): Outcome | undefined {
	for (let call = generation.nextCall(); call !== undefined; call = generation.nextCall()) {
		const failed = { ok: false, code: "HOST_FAILED", message: "nobody is there" } as const;
		generation.answer(call, call.kind.startsWith("kv.") ? { ok: true } : failed);
	}
	return asked instanceof WaitingHook ? asked.outcome : asked;
}

test("the scripts of the pages have no type error", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	for (const [index, { text }] of SCRIPTS.entries()) folder.write(`${index}.ts`, text);
	const entry = folder.write("all.ts", SCRIPTS.map((_, at) => `import "./${at}.ts";`).join("\n"));
	const problems = await checkTypes(entry);
	const places = problems.map(({ file, line, message }) => {
		const script = SCRIPTS[Number.parseInt(basename(file), 10)];
		return `${script?.place} line ${line}: ${message}`;
	});
	assert.deepEqual(places, []);
});

for (const { place, text } of CONFIGURATIONS)
	test(`${place}: the configuration loads`, async (t) => {
		// A block that begins with spaces continues the devices of the one before.
		const yaml = text.startsWith(" ") ? `devices:\n${text}` : text;
		const { errors } = await read(t, yaml, { "redis-password": "of the reader" });
		assert.deepEqual(
			errors.filter((error) => !error.includes(" CONFIG_FILE tls: ")),
			[],
			"but for the certificate, which the reader has",
		);
	});

test("the pages show scripts and configurations", () => {
	assert.ok(SCRIPTS.length >= 4, `${SCRIPTS.length} scripts`);
	assert.ok(CONFIGURATIONS.length >= 3, `${CONFIGURATIONS.length} configurations`);
});

test("docs/guides/test-a-route.md: its tests pass on a project like the one they are written for", (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const tests = blocks("ts").filter(({ place }) => place.startsWith("docs/guides/test-a-route.md"));
	assert.ok(tests.length >= 5);
	for (const [index, { text }] of tests.entries()) folder.write(`routes/${index}.test.ts`, text);
	folder.write("routes/default.ts", GUIDE_SCRIPT);
	folder.write("sipwright.yaml", GUIDE_CONFIGURATION);
	const { NODE_TEST_CONTEXT: _, ...env } = process.env;
	const command = ["--no-node-snapshot", resolve("core/main.ts"), "test"];
	const { status, stdout } = spawnSync(process.execPath, command, {
		cwd: folder.path,
		encoding: "utf8",
		env,
	});
	assert.equal(status, 0, stdout);
});

const GUIDE_SCRIPT = `import { defineRoutes, device, fork, relay, reply, save, trunks } from "sipwright";
export default defineRoutes({
	onRequest({ method, uri }) {
		if (method === "REGISTER") return save();
		if (uri.user === "5000" && new Date().getUTCHours() >= 18) return reply(480);
		const ways = trunks(uri.user);
		if (ways.length > 0) return fork(ways, { order: "failover" });
		const callee = device(uri.user);
		return callee ? relay(callee) : reply(404);
	},
});
`;

const GUIDE_CONFIGURATION = `routes: ./routes
devices:
  "1001": { type: Extension, contact: "*" }
  "1002": { type: Extension, contact: "*" }
  berlin: { type: Trunk, prefix: "9", contact: "sip:192.0.2.10" }
  munich: { type: Trunk, prefix: "9", contact: "sip:munich.example.com", priority: 1 }
`;
