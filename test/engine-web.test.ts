/** WebSocket on a running engine: the certificate of a first start, whose pages may connect, and what a restart leaves. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadConfig } from "../core/config/load.ts";
import { startEngine } from "../core/engine.ts";
import { closing } from "./support/cleanup.ts";
import { tempFolder } from "./support/temp-folder.ts";
import { ask, WebPhone } from "./transport/web-phone.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

async function start(t: TestContext, yaml: string) {
	const folder = closing(t, tempFolder(), (one) => one.remove());
	const file = folder.write("sipwright.yaml", `${yaml}\nstate: ./state\n`);
	const loaded = await loadConfig(file);
	if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
	const engine = closing(t, await startEngine(loaded.config, SILENT), (one) => one.close());
	const ports = engine.status().listeners.map(({ port }) => port);
	return { engine, ports, folder, file };
}

test("RFC 7118 §4.1: a started engine answers SIP over WS and over WSS", async (t) => {
	const { ports, folder } = await start(t, "listen: [ws:127.0.0.1:0, wss:127.0.0.1:0]");
	const ca = readFileSync(join(folder.path, "state/tls/authority.pem"), "utf8");
	for (const [scheme, port] of [
		["ws", ports[0]],
		["wss", ports[1]],
	] as const) {
		const phone = await WebPhone.connect(`${scheme}://127.0.0.1:${port}/any`, { ca });
		closing(t, phone.socket, (socket) => socket.terminate());
		phone.send(
			`OPTIONS sip:127.0.0.1:${port} SIP/2.0\r\nVia: SIP/2.0/${scheme.toUpperCase()} a.invalid;branch=z9hG4bK1\r\nMax-Forwards: 0\r\nFrom: <sip:a@a.invalid>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n`,
		);
		assert.match((await phone.nth(0)).text, /^SIP\/2\.0 (200|483) /);
	}
});

test("RFC 7118 §7 TR-52: without origins the pages of our names may connect, and a reload of domains counts at once", async (t) => {
	const yaml = "listen: [ws:127.0.0.1:0]\ndomains: [example.com]";
	const { engine, ports, file, folder } = await start(t, yaml);
	const answer = async (Origin: string) =>
		(await ask(`http://127.0.0.1:${ports[0]}/`, { Origin })).status;
	for (const [origin, status] of [
		["https://example.com", 101],
		["http://localhost:5173", 101],
		["http://127.0.0.1", 101],
		["https://127.0.0.1:8443", 101],
		["http://example.com", 403],
		["https://example.org", 403],
		["https://[::1]", 403],
		["null", 403],
	] as const)
		assert.equal(await answer(origin), status, origin);
	folder.write("sipwright.yaml", readFileSync(file, "utf8").replace("example.com", "example.org"));
	assert.ok((await engine.reload()).ok);
	assert.equal(await answer("https://example.org"), 101);
	assert.equal(await answer("https://example.com"), 403);
});

test("RFC 7118 §7 TR-52: with origins these pages may connect, and ours no more than others", async (t) => {
	const yaml = `listen:
  - { transport: ws, address: "127.0.0.1:0", paths: [/ws], origins: ["https://*.example.com"] }
domains: [example.com]`;
	const { ports } = await start(t, yaml);
	const answer = async (path: string, Origin?: string) =>
		(await ask(`http://127.0.0.1:${ports[0]}${path}`, { Origin })).status;
	assert.equal(await answer("/ws", "https://phone.example.com"), 101);
	assert.equal(await answer("/ws", "https://example.com"), 403);
	assert.equal(await answer("/ws", "http://localhost"), 403);
	assert.equal(await answer("/ws"), 101);
	assert.equal(await answer("/", "https://phone.example.com"), 404);
});
