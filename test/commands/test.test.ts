/** `sipwright test` as an author runs it: a process in a folder with scripts and tests. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { type TestContext, test } from "node:test";
import { tempFolder } from "../support/temp-folder.ts";

const SIPWRIGHT = ["--no-node-snapshot", resolve("core/main.ts")];
/** Without what node:test says to its own children. */
const { NODE_TEST_CONTEXT: _, ...ENVIRONMENT } = process.env;
const CONFIGURATION = 'routes: ./routes\ndevices:\n  "1001": { type: Extension, contact: "*" }\n';
const SCRIPT = `import { defineRoutes, reply, save } from "sipwright";
export default defineRoutes({
	onRequest: ({ method }) => (method === "REGISTER" ? save() : reply(486)),
});
`;
const BUSY = `import { test } from "sipwright/test";
test("everybody is busy", ({ phone }) => void phone("1001").invite("1").expect(486));
`;

function project(t: TestContext, files: Record<string, string> = {}) {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const all = { "sipwright.yaml": CONFIGURATION, "routes/default.ts": SCRIPT, ...files };
	for (const [name, text] of Object.entries(all)) folder.write(name, text);
	const run = (...args: string[]) => {
		const options = { cwd: folder.path, encoding: "utf8", env: ENVIRONMENT } as const;
		const { status, stdout, stderr } = spawnSync(
			process.execPath,
			[...SIPWRIGHT, "test", ...args],
			options,
		);
		return { status, stdout, stderr };
	};
	return { folder, run };
}

test("without a path: every *.test.ts below, but of node_modules", (t) => {
	const { run } = project(t, {
		"routes/default.test.ts": BUSY,
		"more/deep/other.test.ts": BUSY,
		"node_modules/x/x.test.ts": "throw new Error()",
	});
	assert.deepEqual(run(), {
		status: 0,
		stderr: "",
		stdout: [
			"more/deep/other.test.ts",
			"  ✔ everybody is busy",
			"",
			"routes/default.test.ts",
			"  ✔ everybody is busy",
			"",
			"2 passed",
			"",
		].join("\n"),
	});
	assert.match(run("more").stdout, /\n1 passed\n$/);
	assert.match(run("routes/default.test.ts").stdout, /^routes\/default.test.ts\n.*\n\n1 passed\n$/);
});

test("a test that fails: exit code 1, what was wrong, the ladder, and the line of the author", (t) => {
	const { run } = project(t, { "a.test.ts": BUSY.replace("486", "200") });
	const { status, stdout } = run();
	assert.equal(status, 1);
	assert.match(stdout, /✖ a\.test\.ts: everybody is busy\n {2}1001 got no 200 to INVITE/);
	assert.match(stdout, /│─+>│ +INVITE sip:1@127\.0\.0\.1:5060\n.*onRequest: reply 486\n/);
	assert.match(stdout, /\n {6}at file:.*a\.test\.ts:2:\d+\n/);
	assert.doesNotMatch(stdout, /core\/testing|node:internal/);
	assert.match(stdout, /\n1 failed, 0 passed\n$/);
});

test("a script that does not load and a configuration that is wrong fail the tests, with the place", (t) => {
	const broken = project(t, {
		"a.test.ts": BUSY,
		"routes/default.ts": SCRIPT.replace("486)", "486;"),
	}).run();
	assert.equal(broken.status, 1);
	assert.match(broken.stdout, /the script does not load\n.*routes\/default\.ts:3:\d+: LOAD_BUNDLE/);
	const wrong = project(t, { "a.test.ts": BUSY, "sipwright.yaml": "device: {}\n" }).run();
	assert.equal(wrong.status, 1);
	assert.match(wrong.stdout, /sipwright\.yaml:1:1: CONFIG_/);
});

test("--config: the configuration of tests that name none", (t) => {
	const { run, folder } = project(t, {
		"a.test.ts": `import { equal, test } from "sipwright/test";
test("its domain", ({ phone }) => equal(phone("1001").invite("1").sent.uri, "sip:1@other.example"));
`,
	});
	assert.equal(run().status, 1);
	folder.write("other.yaml", `${CONFIGURATION}domains: [other.example]\n`);
	assert.equal(run("--config", "other.yaml").status, 0);
});

test("nothing to run is a mistake, and so is a path that leads nowhere", (t) => {
	const { run } = project(t);
	const { status, stdout, stderr } = run();
	assert.deepEqual([status, stdout], [1, ""]);
	assert.match(stderr, /^sipwright test: \.: there is no file and no \*\.test\.ts below it\n$/);
	assert.match(run("nowhere").stderr, /nowhere: there is no file/);
});

test("--watch: a saved script runs the tests again, and a signal ends it", async (t) => {
	const { folder } = project(t, { "routes/default.test.ts": BUSY });
	const options = { cwd: folder.path, env: ENVIRONMENT } as const;
	const child = spawn(process.execPath, [...SIPWRIGHT, "test", "--watch"], options);
	t.after(() => child.kill("SIGKILL"));
	let said = "";
	const waiters = new Set<() => void>();
	child.stdout.on("data", (data) => {
		said += data;
		for (const look of waiters) look();
	});
	const says = (pattern: RegExp) =>
		new Promise<void>((done) => {
			const look = () => {
				if (!pattern.test(said)) return;
				waiters.delete(look);
				done();
			};
			waiters.add(look);
			look();
		});
	await says(/1 passed\n\nwaiting for changes/);
	folder.write("routes/default.ts", SCRIPT.replace("486", "603"));
	await says(/1 failed, 0 passed\n\nwaiting for changes/);
	folder.write("routes/default.ts", SCRIPT);
	await says(/1 failed[\s\S]*1 passed\n\nwaiting for changes/);
	const ended = new Promise((done) => child.once("exit", done));
	child.kill("SIGTERM");
	assert.equal(await ended, 0);
});
