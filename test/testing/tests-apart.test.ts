/** The author's tests of a load, in real processes. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { testsApart } from "../../core/testing/tests-apart.ts";
import { tempFolder } from "../support/temp-folder.ts";

const CONFIG = 'routes: ./routes\ndevices: { "1001": { type: Extension, contact: "*" } }\n';
const SCRIPT = `import { defineRoutes, reply } from "sipwright";
export default defineRoutes({ onRequest: () => reply(486) });
`;
const calls = (status: number) => `import { equal, test } from "sipwright/test";
test("busy", ({ phone }) => void phone("1001", { register: false }).invite("1").expect(${status}));
test("sums", () => equal(1 + 1, ${status === 486 ? 2 : 3}));
`;

function project(t: TestContext, files: Record<string, string>, milliseconds?: number) {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const config = folder.write("sipwright.yaml", CONFIG);
	folder.write("routes/default.ts", SCRIPT);
	const paths = Object.entries(files).map(([name, text]) => folder.write(`routes/${name}`, text));
	const apart = testsApart(config, milliseconds);
	return { apart, paths, found: apart.find(`${folder.path}/routes`) };
}

test("tests of a load: what fails is told with its file, its line and the reason, without the ladder", async (t) => {
	const { apart, paths, found } = project(t, {
		"a.test.ts": calls(404),
		"b.test.ts": calls(486),
		"c.test.ts": 'import "./none.ts";\n',
		"d.test.ts": 'const a = 1;\ntest("x"\n',
	});
	assert.deepEqual(found, paths);
	const outcome = await apart.run(found);
	const [a, , c, d] = paths;
	assert.ok(outcome.kind === "ran", JSON.stringify(outcome));
	const told = outcome.failed.map(({ name, file, line, reason }) => [name, file, line, reason]);
	assert.deepEqual(
		told.sort(([, one = ""], [, other = ""]) => (one < other ? -1 : 1)),
		[
			["busy", a, 2, "1001 got no 404 to INVITE sip:1@127.0.0.1:5060, but 486 Busy Here"],
			[
				"sums",
				a,
				3,
				"AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:\n2 !== 3",
			],
			["", c, 1, told.find(([, file]) => file === c)?.[3]],
			["", d, 2, told.find(([, file]) => file === d)?.[3]],
		],
	);
	assert.match(String(told.find(([, file]) => file === c)?.[3]), /Cannot find module .*none\.ts/);
	assert.match(String(told.find(([, file]) => file === d)?.[3]), /^SyntaxError/);
});

test("tests of a load that do not end are ended, and so are those that nobody waits for any more", async (t) => {
	const endless = {
		"a.test.ts": 'import { test } from "sipwright/test";\ntest("x", () => { for (;;); });\n',
	};
	const late = project(t, endless, 1_500);
	assert.deepEqual(await late.apart.run(late.found), { kind: "late", milliseconds: 1_500 });
	const stopped = project(t, endless);
	const running = stopped.apart.run(stopped.found);
	stopped.apart.stop();
	assert.deepEqual(await running, { kind: "unable", reason: "were stopped" });
});
