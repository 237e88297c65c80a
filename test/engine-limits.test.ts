/** What a hostile or a vanished peer costs the engine, on real sockets of this machine. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loadConfig } from "../core/config/load.ts";
import { type Engine, startEngine } from "../core/engine.ts";
import { MAX_LINE, MAX_STREAM_MESSAGE } from "../core/message/limits.ts";
import { LIMITS } from "../core/transport/limits.ts";
import { closing } from "./support/cleanup.ts";
import { message } from "./support/dialog.ts";
import { tcpClient, tcpServer, udpPeer } from "./support/sip-peer.ts";
import { tempFolder } from "./support/temp-folder.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

test("RFC 3261 §18.3 TR-57: a broken stream counts one answer, and beyond the limit there is none", async (t) => {
	const { engine, port } = await start(t);
	let answers = 0;
	for (let round = 0; round < LIMITS.malformedAnswers + 2; round += 1) {
		const client = closing(t, await tcpClient(port), (one) => one.close());
		client.send(
			request("OPTIONS", "TCP", client.port).replace("Content-Length: 0", "Content-Length: x"),
		);
		await client.closed;
		answers += client.received.filter(({ status }) => status === 400).length;
	}
	assert.equal(answers, LIMITS.malformedAnswers);
	const { framingErrors, malformed, answersWithheld } = engine.status().counters;
	assert.deepEqual(
		[framingErrors, malformed, answersWithheld],
		[LIMITS.malformedAnswers + 2, LIMITS.malformedAnswers, 2],
	);
});

for (const [what, more] of [
	["header line", `X: ${"x".repeat(MAX_LINE)}`],
	["header block", Array.from({ length: 70 }, () => `X: ${"x".repeat(1_000)}`).join("\r\n")],
	["message", `Content-Length: ${MAX_STREAM_MESSAGE}\r\n\r\n`],
] as const)
	test(`RFC 3261 §21.5.7 TR-57 MSG-39: a ${what} above the limit gets 513 on a stream, then the connection closes`, async (t) => {
		const { port } = await start(t);
		const client = closing(t, await tcpClient(port), (one) => one.close());
		const text = request("OPTIONS", "TCP", client.port);
		client.send(text.slice(0, text.indexOf("Content-Length")) + more);
		await client.closed;
		assert.deepEqual(
			client.received.map(({ status }) => status),
			[513],
		);
	});

test("RFC 3261 §18.3 TR-57: malformed datagrams share the limit of their source", async (t) => {
	const { engine, port } = await start(t);
	const peer = closing(t, await udpPeer(), (one) => one.close());
	const bad = request("OPTIONS", "UDP", peer.port).replace("CSeq: 1 OPTIONS", "CSeq: 1 BYE");
	for (let round = 0; round < LIMITS.malformedAnswers + 5; round += 1) peer.send(bad, port);
	peer.send(request("OPTIONS", "UDP", peer.port), port);
	await peer.response(200);
	const bads = peer.received.filter(({ status }) => status === 400).length;
	assert.equal(bads, LIMITS.malformedAnswers);
	assert.equal(engine.status().counters.answersWithheld, 5);
});

test("RFC 5626 §6 TR-29: when a phone's connection closes its contact is gone, and callers are told at once", async (t) => {
	const { engine, port } = await start(t);
	const phone = await tcpClient(port);
	phone.send(
		request("REGISTER", "TCP", phone.port, "7001", [
			`Contact: <sip:7001@127.0.0.1:${phone.port};transport=tcp>`,
		]),
	);
	await phone.response(200);
	assert.equal(engine.status().bindings, 1);
	phone.cut();
	await phone.closed;
	const caller = closing(t, await udpPeer(), (one) => one.close());
	while (engine.status().bindings > 0) await new Promise((resolve) => setImmediate(resolve));
	caller.send(request("OPTIONS", "UDP", caller.port, "7001"), port);
	await caller.response(480);
});

for (const [item, transport, reason] of [
	["TR-20", "udp", "an ICMP error"],
	["TR-21", "tcp", "a refused connection"],
] as const)
	test(`RFC 3261 §18.4 ${item}: ${reason} ends the attempt at once, not after 32 s`, async (t) => {
		const closed = transport === "udp" ? await udpPeer() : await tcpServer();
		await closed.close();
		const contact = `sip:7002@127.0.0.1:${closed.port};transport=${transport}`;
		const { port } = await start(t, `"7002": { type: Extension, contact: "${contact}" }`);
		const caller = closing(t, await udpPeer(), (one) => one.close());
		caller.send(request("INVITE", "UDP", caller.port, "7002"), port);
		// A peer waits for less than 32 s.
		await caller.response(500);
	});

async function start(t: TestContext, more = ""): Promise<{ engine: Engine; port: number }> {
	const folder = closing(t, tempFolder(), (one) => one.remove());
	const file = folder.write(
		"sipwright.yaml",
		`listen: ["udp:127.0.0.1:0"]
trusted: [127.0.0.0/8]
state: ./state
location: { store: memory }
devices: { "7001": { type: Extension, contact: "*" }, ${more} }
`,
	);
	const loaded = await loadConfig(file);
	assert.ok(loaded.ok, JSON.stringify(loaded));
	const engine = closing(t, await startEngine(loaded.config, SILENT), (one) => one.close());
	return { engine, port: engine.status().listeners[0]?.port ?? 0 };
}

function request(
	method: string,
	transport: string,
	port: number,
	user = "",
	more: readonly string[] = [],
): string {
	const at = user === "" ? "127.0.0.1" : `${user}@127.0.0.1`;
	return message(`${method} sip:${method === "REGISTER" ? "127.0.0.1" : at} SIP/2.0`, [
		`Via: SIP/2.0/${transport} 127.0.0.1:${port};branch=z9hG4bK-${method};rport`,
		"Max-Forwards: 70",
		"From: <sip:newcomer@127.0.0.1>;tag=1",
		`To: <sip:${at}>`,
		`Call-ID: ${method}-${transport}@127.0.0.1`,
		`CSeq: 1 ${method}`,
		...more,
	]);
}
