/** `sipwright init`: a project that type-checks and whose own test passes, on the engine as it is. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { tempFolder } from "../support/temp-folder.ts";
import { sipwright } from "./output.ts";

const TSC = resolve("node_modules/.bin/tsc");
/** The Node that runs this, whatever the system has. */
const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);

test("a new project: it loads, type-checks, and its own test passes", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const project = join(folder.path, "My Routes");
	const { code, out, err } = await sipwright("init", project);
	assert.deepEqual([code, err], [0, ""]);
	assert.match(out, /\/routes\/default\.ts\n/);

	mkdirSync(join(project, "node_modules/.bin"), { recursive: true });
	symlinkSync(resolve("."), join(project, "node_modules/sipwright"));
	symlinkSync("../sipwright/core/sipwright.js", join(project, "node_modules/.bin/sipwright"));
	const run = (command: string, ...args: string[]) => {
		const { NODE_TEST_CONTEXT: _, ...env } = process.env;
		const done = spawnSync(command, args, {
			cwd: project,
			encoding: "utf8",
			env: { ...env, PATH },
		});
		assert.equal(done.status, 0, `${command} ${args.join(" ")}\n${done.stdout}${done.stderr}`);
		return done.stdout;
	};
	assert.equal(run(TSC, "-p", "."), "");
	assert.match(run("node_modules/.bin/sipwright", "check", "-c", "sipwright.yaml"), /: good, with/);
	assert.match(run("node_modules/.bin/sipwright", "test"), /\n3 passed\n$/);
	assert.match(run(process.execPath, "--no-node-snapshot", "--test"), /pass 3\n/);
});

test("package.json: a name npm takes, and sipwright as a dependency", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	await sipwright("init", join(folder.path, "My Routes"));
	const written = JSON.parse(readFileSync(join(folder.path, "My Routes/package.json"), "utf8"));
	assert.equal(written.name, "my-routes");
	const [, target = ""] = written.dependencies.sipwright.split("file:");
	assert.equal(resolve(folder.path, "My Routes", target), resolve("."));
});

test("it never overwrites: one file that is there keeps all of them from being written", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	folder.write("p/routes/default.ts", "mine");
	const { code, err } = await sipwright("init", join(folder.path, "p"));
	assert.equal(code, 1);
	assert.match(err, /p has routes\/default\.ts already; nothing was written\n$/);
	assert.deepEqual(readdirSync(join(folder.path, "p")), ["routes"]);
	assert.equal(readFileSync(join(folder.path, "p/routes/default.ts"), "utf8"), "mine");
});
