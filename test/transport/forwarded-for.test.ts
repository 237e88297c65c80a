/** X-Forwarded-For of an HTTP proxy in front of WebSocket listeners: whom it is for, and who may say so. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { forwardedClient } from "../../core/transport/forwarded-for.ts";
import type { Balancer } from "../../core/transport/transport-user.ts";
import { bench, comesTrue, message } from "./harness.ts";
import { ask, WebPhone } from "./web-phone.ts";

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
