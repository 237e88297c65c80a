/** Timers of route scripts in a running engine: a reload takes those of the new scripts in place of the old. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../core/config/load.ts";
import { startEngine } from "../core/engine.ts";
import { closing } from "./support/cleanup.ts";
import { tempFolder } from "./support/temp-folder.ts";

test("onTimer is asked in a running engine; after a reload only that of the new scripts", async (t) => {
	const folder = closing(t, tempFolder(), (one) => one.remove());
	const said: string[] = [];
	let heard = (): void => undefined;
	const info = (_fields: object, message: string): void => {
		if (!message.startsWith("timer ")) return;
		said.push(message);
		heard();
	};
	const next = () =>
		new Promise<void>((resolve) => {
			heard = resolve;
		});
	folder.write("routes/default.ts", script("old"));
	const file = folder.write(
		"sipwright.yaml",
		'listen: ["udp:127.0.0.1:0"]\nstate: ./state\nlocation: { store: memory }\nroutes: ./routes\n',
	);
	const loaded = await loadConfig(file);
	assert.ok(loaded.ok, JSON.stringify(loaded));
	const log = { debug() {}, info, warn() {}, error() {} };
	const engine = closing(t, await startEngine(loaded.config, log), (one) => one.close());
	await next();
	assert.deepEqual([...new Set(said)], ["timer old"]);
	folder.write("routes/default.ts", script("new"));
	assert.deepEqual((await engine.reload()).errors, []);
	said.splice(0);
	await next();
	await next();
	assert.deepEqual([...new Set(said)], ["timer new"]);
});

function script(name: string): string {
	return `import { defineRoutes, log, reply } from "sipwright";
export default defineRoutes({
	timers: { "${name}": { every: 1 } },
	onRequest: () => reply(404),
	onTimer(timer) { log.info("timer " + timer.name); },
});
`;
}
