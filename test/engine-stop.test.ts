/** A running engine stops: whatever is under way then leaves nothing behind that would keep the process. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { loadConfig } from "../core/config/load.ts";
import { startEngine } from "../core/engine.ts";
import { closing } from "./support/cleanup.ts";
import { tempFolder } from "./support/temp-folder.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const SCRIPT = `import { defineRoutes, reply } from "sipwright";
export default defineRoutes({ onRequest: () => reply(404) });
`;
const CONFIG = `listen: ["udp:127.0.0.1:0"]
state: ./state
location: { store: memory }
routes: ./routes
reload: { typecheck: off, tests: off, poll: off, shadow: { routes: ./next } }
devices:
  trunk: { type: Trunk, prefix: "9", contact: "sip:127.0.0.1:9", oos-check: 300 }
`;

/** What keeps this process. */
async function kept(): Promise<readonly string[]> {
	for (let turn = 0; turn < 20; turn += 1) await setImmediate();
	return process.getActiveResourcesInfo().sort();
}

for (const [when, turns] of [
	["in the same moment", 0],
	["while it reads the configuration", 1],
	["while it loads the scripts", 20],
] as const)
	test(`a reload that is under way when the engine stops leaves no timer and no watcher: ${when}`, async (t) => {
		const folder = closing(t, tempFolder(), (one) => one.remove());
		for (const name of ["routes", "next"]) folder.write(`${name}/default.ts`, SCRIPT);
		const loaded = await loadConfig(folder.write("sipwright.yaml", CONFIG));
		assert.ok(loaded.ok, JSON.stringify(loaded));
		const before = await kept();
		const engine = closing(t, await startEngine(loaded.config, SILENT), (one) => one.close());
		folder.write("routes/default.ts", SCRIPT.replace("404", "410"));
		const reloading = engine.reload();
		for (let turn = 0; turn < turns; turn += 1) await setImmediate();
		await engine.close();
		await reloading;
		assert.deepEqual(await kept(), before);
		assert.equal((await engine.reload()).ok, false);
		assert.deepEqual(await kept(), before);
	});
