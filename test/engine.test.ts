/** The engine on real sockets of this machine: start, serve, reload, stop. */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Config } from "../core/config/config.ts";
import { rotateSigningKeys } from "../core/config/keys.ts";
import { loadConfig } from "../core/config/load.ts";
import { type Engine, startEngine } from "../core/engine.ts";
import { closing } from "./support/cleanup.ts";
import { DialogSide, message } from "./support/dialog.ts";
import { freePort } from "./support/ports.ts";
import { type SipPeer, tcpClient, tcpServer, tlsClient, udpPeer } from "./support/sip-peer.ts";
import { type TempFolder, tempFolder } from "./support/temp-folder.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

test("a started engine answers OPTIONS over UDP, over TCP at the same port, and over TLS", async (t) => {
	const { engine, folder } = await start(t);
	const ports = engine.status().listeners.map(({ transport, port }) => [transport, port] as const);
	const [udp, tcp, tls] = ports;
	assert.deepEqual([udp?.[0], tcp?.[0], tls?.[0]], ["udp", "tcp", "tls"]);
	assert.equal(udp?.[1], tcp?.[1]);

	const ca = readFileSync(join(folder.path, "state/tls/authority.pem"), "utf8");
	const phone = closing(t, await udpPeer(), (peer) => peer.close());
	phone.send(options("UDP", phone), udp?.[1]);
	assert.equal((await phone.inbox.take(isResponse, "200")).startLine, "SIP/2.0 200 OK");
	for (const [transport, peer] of [
		["TCP", closing(t, await tcpClient(tcp?.[1] ?? 0), (client) => client.close())],
		["TLS", closing(t, await tlsClient(tls?.[1] ?? 0, { ca }), (client) => client.close())],
	] as const) {
		peer.send(options(transport, peer));
		assert.equal((await peer.inbox.take(isResponse, "200")).startLine, "SIP/2.0 200 OK");
	}
});

test("the keys of the first start are made for its owner only", async (t) => {
	const { folder } = await start(t);
	const mode = statSync(join(folder.path, "state/signing-keys.json")).mode & 0o777;
	assert.equal(mode.toString(8), "600");
});

test("a reload takes new devices; an error or a restart-only change leaves everything as it was", async (t) => {
	const { engine, folder } = await start(t);
	const calls = async (number: string) => {
		const port = engine.status().listeners[0]?.port ?? 0;
		const phone = closing(t, await udpPeer(), (peer) => peer.close());
		phone.send(options("UDP", phone, number), port);
		return (await phone.inbox.take(isResponse, "an answer")).startLine;
	};
	assert.equal(await calls("7000"), "SIP/2.0 404 Not Found");

	write(folder, DEVICES.replace("7001", "7000"));
	const taken = await engine.reload();
	assert.deepEqual([taken.ok, taken.errors], [true, []]);
	assert.equal(await calls("7000"), "SIP/2.0 480 Temporarily Unavailable");

	write(folder, DEVICES.replace('"*"', '"sips:h;transport=udp"'));
	const refused = await engine.reload();
	assert.equal(refused.ok, false);
	assert.equal(refused.generation, taken.generation);
	const [error] = refused.errors;
	assert.equal(error?.line, 6);
	assert.match(error?.message ?? "", /7001.*sips cannot run over UDP/);
	assert.equal(await calls("7000"), "SIP/2.0 480 Temporarily Unavailable");

	write(folder, DEVICES.replace("7001", "7000"), "udp:127.0.0.1:5099");
	const restart = await engine.reload();
	assert.deepEqual(
		restart.errors.map(({ code }) => code),
		["CONFIG_RESTART"],
	);
});

test("secure-signaling E14: a reload takes new signing keys; calls signed before go on, a damaged file is refused", async (t) => {
	const callee = closing(t, await udpPeer(), (peer) => peer.close());
	const { engine, folder } = await start(t);
	write(
		folder,
		`devices:\n  "7001": { type: Extension, contact: "sip:127.0.0.1:${callee.port}" }\n`,
	);
	assert.deepEqual((await engine.reload()).errors, []);
	const phone = closing(t, await udpPeer(), (peer) => peer.close());
	const port = engine.status().listeners[0]?.port ?? 0;
	/** The id of the key that signed our Record-Route rides in the first octet of what it signed. */
	const calls = async (id: string) => {
		const invite = options("UDP", phone, "7001").replaceAll("OPTIONS", "INVITE");
		const contact = `Contact: <sip:newcomer@127.0.0.1:${phone.port}>\r\nCSeq`;
		phone.send(invite.replaceAll("UDP-7001", id).replace("CSeq", contact), port);
		let came = await callee.request("INVITE");
		// On a busy machine the call before this one is sent again.
		while (!came.value("Call-ID").includes(id)) came = await callee.request("INVITE");
		const [entry = ""] = came.recordRoutes;
		const cookie = Buffer.from(/x5=([\w-]+)/.exec(entry)?.[1] ?? "", "base64url");
		return { came, key: (cookie[0] ?? 0) & 0xf };
	};
	const before = await calls("first");
	assert.equal(before.key, 0);
	await rotateSigningKeys(join(folder.path, "state"));
	assert.deepEqual((await engine.reload()).errors, []);
	assert.equal((await calls("second")).key, 1);
	const endpoint = {
		peer: { send: (text: string) => callee.send(text, port) },
		via: `SIP/2.0/UDP 127.0.0.1:${callee.port}`,
		contact: "",
	};
	DialogSide.callee(endpoint, before.came, `${before.came.value("To")};tag=b`).send("BYE");
	assert.equal((await phone.request("BYE")).method, "BYE");

	folder.write("state/signing-keys.json", "{}");
	const [error] = (await engine.reload()).errors;
	assert.equal(error?.code, "CONFIG_STATE");
});

test("a reload takes another folder of routes; what the fallback serves is reloaded with it", async (t) => {
	const { engine, folder } = await start(t);
	const answer = async () => {
		const phone = closing(t, await udpPeer(), (peer) => peer.close());
		phone.send(options("UDP", phone, "7001"), engine.status().listeners[0]?.port ?? 0);
		return (await phone.inbox.take(isResponse, "an answer")).startLine;
	};
	folder.write("a/default.ts", answering("return reply(486);"));
	folder.write("b/default.ts", answering("throw new Error('b');"));
	write(folder, `routes: ./a\n${DEVICES}`);
	assert.equal((await engine.reload()).ok, true);
	assert.equal(await answer(), "SIP/2.0 486 Busy Here");
	write(folder, `routes: ./b\nscript: { fallback: built-in }\n${DEVICES}`);
	assert.equal((await engine.reload()).ok, false, "the probe refuses a script that throws");
	folder.write(
		"b/default.ts",
		answering("if (request.uri.user === '7001') throw new Error('b'); return reply(500);"),
	);
	assert.deepEqual((await engine.reload()).errors, []);
	assert.equal(await answer(), "SIP/2.0 480 Temporarily Unavailable");
	const device = `devices:\n  "7001": { type: Extension, contact: "*", password: secret }\n`;
	write(folder, `routes: ./b\nscript: { fallback: built-in }\n${device}`);
	assert.deepEqual((await engine.reload()).errors, []);
	const phone = closing(t, await udpPeer(), (peer) => peer.close());
	const register = options("UDP", phone, "7001").replaceAll("OPTIONS", "REGISTER");
	phone.send(register, engine.status().listeners[0]?.port ?? 0);
	assert.equal((await phone.inbox.take(isResponse, "401")).startLine, "SIP/2.0 401 Unauthorized");
});

test("RFC 3261 §18.1.1 TR-03 TR-05: a large request goes by TCP where that is taken, by UDP where it is refused", async (t) => {
	const udp = closing(t, await udpPeer(), (peer) => peer.close());
	const tcp = closing(t, await tcpServer(), (peer) => peer.close());
	const { engine, folder } = await start(t);
	const device = (name: string, port: number) =>
		`  "${name}": { type: Extension, contact: "sip:${name}@127.0.0.1:${port}" }\n`;
	write(folder, `devices:\n${device("7002", udp.port)}${device("7003", tcp.port)}`);
	assert.deepEqual((await engine.reload()).errors, []);
	const phone = closing(t, await udpPeer(), (peer) => peer.close());
	const large = (user: string) =>
		options("UDP", phone, user).replace("CSeq", `X: ${"x".repeat(1_300)}\r\nCSeq`);
	const port = engine.status().listeners[0]?.port;
	phone.send(large("7003"), port);
	assert.match((await tcp.request("OPTIONS")).vias[0] ?? "", /^SIP\/2\.0\/TCP /);
	phone.send(large("7002"), port);
	// At once: by a timeout it would come after 32 s, for which no peer waits.
	assert.match((await udp.request("OPTIONS")).vias[0] ?? "", /^SIP\/2\.0\/UDP /);
	const { largeByTcp, largeByUdp } = engine.status().counters;
	assert.deepEqual([largeByTcp, largeByUdp], [2, 1]);
});

test("a balancer is whoever is trusted now, where none is named; whoever is named stays until a restart", async (t) => {
	const folder = closing(t, tempFolder(), (one) => one.remove());
	const port = await freePort();
	const write = (trusted: string, more = "") =>
		folder.write(
			"sipwright.yaml",
			`listen: [{ transport: tcp, address: "127.0.0.1:${port}", advertise: a.example, tls-terminated: yes, proxy-protocol: yes${more} }]
trusted: [${trusted}]
state: ./state
location: { store: memory }
`,
		);
	const loaded = await loadConfig(write("192.0.2.0/24"));
	assert.ok(loaded.ok, JSON.stringify(loaded));
	const engine = closing(t, await startEngine(loaded.config, SILENT), (one) => one.close());
	const [listener] = engine.status().listeners;
	assert.deepEqual([listener?.transport, listener?.terminated], ["tls", true]);
	const connect = async () => closing(t, await tcpClient(port), (peer) => peer.close());
	await (await connect()).closed;
	assert.equal(engine.status().counters.connectionsRefused, 1);

	write("127.0.0.1");
	assert.deepEqual((await engine.reload()).errors, []);
	const balancer = await connect();
	balancer.send(`PROXY TCP4 192.0.2.7 127.0.0.1 40000 5061\r\n${options("TLS", balancer)}`);
	const answered = await balancer.inbox.take(isResponse, "an answer");
	assert.match(answered.vias[0] ?? "", /;received=192\.0\.2\.7\b/);

	write("127.0.0.1", ", balancers: [127.0.0.1]");
	const refused = await engine.reload();
	assert.deepEqual(
		refused.errors.map(({ code }) => code),
		["CONFIG_RESTART"],
	);
});

test("a port that is taken is named, with what to do, and nothing stays open", async (t) => {
	const taken = closing(t, await udpPeer(), (peer) => peer.close());
	const folder = closing(t, tempFolder(), (one) => one.remove());
	const config = await load(folder, DEVICES, `udp:127.0.0.1:${taken.port}`);
	await assert.rejects(startEngine(config, SILENT), (error: Error & { code?: string }) => {
		assert.equal(error.code, "NET_ADDRESS_IN_USE");
		assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${taken.port}`));
		return true;
	});
});

const DEVICES = `devices:
  "7001": { type: Extension, contact: "*" }
`;

function answering(body: string): string {
	return `import { defineRoutes, reply } from "sipwright";
export default defineRoutes({ onRequest(request) { ${body} } });
`;
}

async function start(t: TestContext): Promise<{ engine: Engine; folder: TempFolder }> {
	const folder = closing(t, tempFolder(), (one) => one.remove());
	const config = await load(folder, DEVICES);
	const engine = closing(t, await startEngine(config, SILENT), (one) => one.close());
	return { engine, folder };
}

async function load(folder: TempFolder, devices: string, udp?: string): Promise<Config> {
	const loaded = await loadConfig(write(folder, devices, udp));
	assert.ok(loaded.ok, JSON.stringify(loaded));
	return loaded.config;
}

function write(folder: TempFolder, devices: string, udp = "udp:127.0.0.1:0"): string {
	return folder.write(
		"sipwright.yaml",
		`listen: ["${udp}", "tls:127.0.0.1:0"]
trusted: [127.0.0.0/8]
state: ./state
location: { store: memory }
${devices}`,
	);
}

function options(transport: string, peer: SipPeer, user?: string): string {
	return message(`OPTIONS sip:${user === undefined ? "" : `${user}@`}127.0.0.1 SIP/2.0`, [
		`Via: SIP/2.0/${transport} ${peer.host}:${peer.port};branch=z9hG4bK-${transport}-${user};rport`,
		"Max-Forwards: 70",
		"From: <sip:newcomer@127.0.0.1>;tag=1",
		`To: <sip:${user ?? "proxy"}@127.0.0.1>`,
		`Call-ID: ${transport}-${user}@127.0.0.1`,
		"CSeq: 1 OPTIONS",
	]);
}

function isResponse({ startLine }: { startLine: string }): boolean {
	return startLine.startsWith("SIP/2.0");
}
