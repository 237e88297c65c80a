/** `onStart` in an engine: before its sockets are open the store is there, and a reload's own settings count. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { loadConfig } from "../core/config/load.ts";
import { startEngine } from "../core/engine.ts";
import { SqliteStore } from "../core/location/sqlite.ts";
import { recordingLog } from "./script/harness.ts";
import { binding } from "./support/bindings.ts";
import { closing } from "./support/cleanup.ts";
import { tempFolder } from "./support/temp-folder.ts";

test("onStart looks up what has registered before the process began, keeps values for hooks, and fetches by the settings that come with it", async (t) => {
	const folder = closing(t, tempFolder(), (one) => one.remove());
	const server = createServer((_request, response) => response.end("480")).listen(0, "127.0.0.1");
	t.after(() => server.close());
	await new Promise((resolve) => server.once("listening", resolve));
	const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const store = new SqliteStore({
		file: folder.write("state/location.sqlite", ""),
		log: recordingLog(),
		listeners: () => [{ id: 0, transport: "udp", address: "127.0.0.1", port: 0 }],
		window: 1_000,
		now: Date.now(),
	});
	store.apply("1001", [binding({ expiresAt: Date.now() + 3_600_000 })], []);
	await store.close();
	const configure = (device: string, more = "") =>
		folder.write(
			"sipwright.yaml",
			`listen: ["udp:127.0.0.1:0"]
domains: [example.com]
state: ./state
location: { store: sqlite }
routes: ./routes
devices: { "${device}": { type: Extension, contact: "*" } }
${more}`,
		);
	const file = configure("1001");
	folder.write(
		"routes/default.ts",
		script(`const one = await lookup("1001");
		const two = await lookup("sip:1001@example.com");
		log.info(\`first \${start.generation} \${one?.bindings.length} \${two?.device}\`);
		await kv.set("kept", "by the first");`),
	);
	const loaded = await loadConfig(file);
	assert.ok(loaded.ok, JSON.stringify(loaded));
	const log = recordingLog();
	const engine = closing(t, await startEngine(loaded.config, log), (one) => one.close());
	const said = () =>
		log.entries.filter(({ fields }) => "event" in fields && fields.event === "script.log");
	assert.deepEqual(
		said().map(({ message }) => message),
		["first 1 1 1001"],
	);

	folder.write(
		"routes/default.ts",
		script(`const { text } = await fetch("${origin}/");
		const known = await lookup("1002");
		log.info(\`second \${start.generation} \${text} \${await kv.get("kept")} \${known?.device}\`);`),
	);
	const refused = await engine.reload();
	assert.deepEqual(
		[refused.ok, refused.errors[0]?.code, refused.errors[0]?.line],
		[false, "LOAD_ON_START", 4],
	);
	assert.match(refused.errors[0]?.message ?? "", /write script: \{ fetch: /);
	configure("1002", `script: { fetch: ["${origin}"] }`);
	const { ok, errors } = await engine.reload();
	assert.deepEqual([ok, errors], [true, []]);
	assert.equal(said().at(-1)?.message, "second 2 480 by the first 1002");
});

/** Its body begins on line 4. */
function script(body: string): string {
	return `import { defineRoutes, fetch, kv, log, lookup, reply } from "sipwright";
export default defineRoutes({
	async onStart(start) {
		${body}
	},
	onRequest: () => reply(404),
});
`;
}
