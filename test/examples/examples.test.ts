/** Every folder of examples/ loads as `sipwright check` and a start load it. */
import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../core/config/load.ts";
import { scriptDevices } from "../../core/script/script-device.ts";
import { sipwright } from "../commands/output.ts";
import { loadFile, request } from "../script/harness.ts";

const ROOT = join(import.meta.dirname, "../..");
const CONFIGURATIONS = globSync("examples/**/*.yaml", { cwd: ROOT });

test("examples/: every folder has a configuration and says how to run it", () => {
	const folders = globSync("examples/*/", { cwd: ROOT }).sort();
	assert.deepEqual(CONFIGURATIONS.map(dirname).sort(), folders);
	assert.deepEqual(
		folders.filter((folder) => globSync(join(folder, "README.md"), { cwd: ROOT }).length === 0),
		[],
	);
});

for (const file of CONFIGURATIONS)
	test(`${file}: sipwright check finds it good`, async () => {
		const { code, out, err } = await sipwright("check", "--config", join(ROOT, file));
		assert.equal(code, 0, err);
		assert.match(out, /: good, with \d+ sockets, \d+ devices?[, ]/);
	});

for (const file of CONFIGURATIONS)
	test(`${file}: its routes answer a request with a decision`, async (t) => {
		const loaded = await loadConfig(join(ROOT, file));
		assert.ok(loaded.ok, JSON.stringify(loaded));
		const { routes = join(ROOT, "routes"), devices } = loaded.config;
		const { ask } = await loadFile(t, routes, { devices: scriptDevices(devices.values()) });
		for (const number of [...devices.keys(), "4711"])
			assert.ok("kind" in ask(request("INVITE", `sip:${number}@127.0.0.1`)), number);
	});
