/** Balancers in front of WebSocket listeners: X-Forwarded-For, whom it is for and who may say so; and PROXY headers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { forwardedClient } from "../../core/transport/forwarded-for.ts";
import type { Balancer } from "../../core/transport/transport-user.ts";
import { authority } from "./certificates.ts";
import { bench, comesTrue, message, Peer } from "./harness.ts";
import { ask, frame, upgradeRequest, WebPhone } from "./web-phone.ts";

const V1 = "PROXY TCP4 192.0.2.7 127.0.0.1 40000 443\r\n";

const WS = { transport: "ws", address: "127.0.0.1", port: 0 } as const;

const behind = (setting: Partial<Balancer>) =>
	({
		...WS,
		web: { paths: undefined, admits: () => false },
		balancer: {
			...{ tlsTerminated: true, proxyProtocol: false, forwardedFor: true },
			admits: (address: string) => ["127.0.0.1", "10.0.0.2"].includes(address),
			...setting,
		},
	}) as const;

const connect = (port: number, client: string) =>
	WebPhone.connect(port, { headers: { "X-Forwarded-For": client } });

test("RFC 7118 §7 TR-52: X-Forwarded-For: the last address that is no balancer's, since clients write what they like", () => {
	const isBalancer = (address: string) => address.startsWith("10.");
	for (const [header, client] of [
		["192.0.2.7", "192.0.2.7"],
		["192.0.2.7, 10.0.0.2", "192.0.2.7"],
		["10.9.9.9, 127.0.0.1, 192.0.2.7, 10.0.0.3,10.0.0.2", "192.0.2.7"],
		["10.0.0.3, 10.0.0.2", "10.0.0.3"],
		["2001:db8::7", "2001:db8::7"],
		["[2001:db8::7]:1234", "2001:db8::7"],
		["192.0.2.7:1234", "192.0.2.7"],
		["", undefined],
		["unknown", undefined],
		["192.0.2.7, unknown", undefined],
		["192.0.2.7, unknown, 10.0.0.2", undefined],
		["192.0.2.7,", undefined],
		["1.2.3.4.5", undefined],
		["[::1", undefined],
	] as const)
		assert.equal(forwardedClient(header, isBalancer), client, header);
});

test("RFC 7118 §7 TR-52: behind an HTTP proxy that ends TLS a WS connection counts as WSS, and as the client's", async () => {
	await using one = await bench([behind({})]);
	const listener = one.listener("wss");
	assert.equal(listener.terminated, true);
	const phone = await connect(listener.port, "10.20.0.1, 192.0.2.7, 10.0.0.2");
	phone.send(message());
	const { flow } = await one.user.nth(0);
	assert.deepEqual([flow.transport, flow.host], ["wss", "192.0.2.7"]);
	assert.ok(one.transports.alive(flow));
	one.transports.send(message("INVITE"), flow, 0);
	await phone.nth(0);
	phone.socket.terminate();
	await comesTrue(() => one.transports.connections === 0);
});

test("without X-Forwarded-For there is no WebSocket, and the log says why; whoever is no balancer is closed", async () => {
	let admitted = true;
	await using one = await bench([behind({ admits: () => admitted })]);
	const url = `http://127.0.0.1:${one.listener("wss").port}/`;
	for (const header of [undefined, "unknown"]) {
		const { status, body } = await ask(url, { "X-Forwarded-For": header });
		assert.deepEqual([status, body], [400, "no X-Forwarded-For with the client's address\n"]);
	}
	assert.equal((await ask(url, { Connection: undefined, Upgrade: undefined })).status, 426);
	assert.deepEqual(one.warnings, [
		{
			event: "balancer.no-header",
			listener: 1,
			source: "127.0.0.1",
			reason: "no X-Forwarded-For with the client's address",
		},
	]);
	admitted = false;
	await assert.rejects(ask(url, { "X-Forwarded-For": "192.0.2.7" }));
	assert.equal(one.transports.counters.connectionsRefused, 1);
});

test("a listener that has no balancer believes no X-Forwarded-For", async () => {
	await using one = await bench([WS]);
	const phone = await connect(one.listener("ws").port, "192.0.2.7");
	phone.send(message());
	assert.equal((await one.user.nth(0)).flow.host, "127.0.0.1");
	phone.socket.terminate();
});

test("TR-55: behind an HTTP proxy each client has its own limit of connections, and one that ends makes room", async () => {
	await using one = await bench([behind({})], { limits: { connectionsPerSource: 2 } });
	const { port } = one.listener("wss");
	const [first, second] = [await connect(port, "192.0.2.7"), await connect(port, "192.0.2.7")];
	const refused = await ask(`http://127.0.0.1:${port}/`, { "X-Forwarded-For": "192.0.2.7" });
	assert.deepEqual([refused.status, refused.body], [503, "too many connections of that client\n"]);
	const other = await connect(port, "192.0.2.8");
	first.socket.terminate();
	await comesTrue(() => one.transports.connections === 2);
	const third = await connect(port, "192.0.2.7");
	for (const { socket } of [second, other, third]) socket.terminate();
	await comesTrue(() => one.transports.connections === 0);
});

for (const parts of ["one segment", "two segments"] as const)
	test(`PROXY protocol before a WebSocket, header and request in ${parts}: the peer is whom the header names`, async () => {
		await using one = await bench([behind({ forwardedFor: false, proxyProtocol: true })]);
		const { port } = one.listener("wss");
		const peer = await Peer.connect(port);
		peer.socket.setNoDelay(true);
		if (parts === "one segment") peer.write(V1 + upgradeRequest());
		else {
			peer.write(V1);
			await comesTrue(() => one.transports.connections === 1);
			await new Promise((resolve) => setImmediate(resolve));
			peer.write(upgradeRequest());
		}
		await peer.until(/^HTTP\/1\.1 101 [\s\S]*\r\n\r\n$/);
		peer.write(frame("text", message()));
		assert.equal((await one.user.nth(0)).flow.host, "192.0.2.7");
		peer.socket.destroy();
		await comesTrue(() => one.transports.connections === 0);
	});

test("PROXY protocol, then TLS, then a WebSocket", async () => {
	const trusted = await authority();
	const tls = await trusted.options({ dns: ["proxy.example.com"] });
	const balancer = { tlsTerminated: false, forwardedFor: false, proxyProtocol: true };
	const setting = { ...balancer, admits: () => true };
	await using one = await bench([{ ...WS, transport: "wss", balancer: setting }], { tls });
	const raw = (await Peer.connect(one.listener("wss").port)).socket;
	raw.removeAllListeners("data").pause();
	raw.write(V1);
	const secure = new Peer(connectTls({ socket: raw, rejectUnauthorized: false }));
	secure.write(upgradeRequest() + frame("text", message()));
	const { flow, text } = await one.user.nth(0);
	assert.deepEqual([flow.host, flow.transport, text], ["192.0.2.7", "wss", message()]);
	secure.socket.destroy();
	await comesTrue(() => one.transports.connections === 0);
});
