/** Listeners behind a balancer, on real sockets: it ends TLS, or says who the client is, or both. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Flow } from "../../core/base/flow.ts";
import type { ListenOptions } from "../../core/transport/transport-user.ts";
import { authority } from "./certificates.ts";
import { acceptor, bench, comesTrue, message, Peer, toward } from "./harness.ts";
import { binary } from "./proxy-headers.ts";

const RESPONSE = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";
const V1 = "PROXY TCP4 192.0.2.7 127.0.0.1 40000 5061\r\n";
const V2 = binary(0x21, 0x11, [192, 0, 2, 8, 127, 0, 0, 1, 0x9c, 0x40, 0x13, 0xc5]);
const LOCAL = binary(0x20, 0, []);

type Setting = Partial<NonNullable<ListenOptions["balancer"]>>;

const behind = (setting: Setting) =>
	({
		transport: "tcp",
		address: "127.0.0.1",
		port: 0,
		balancer: {
			...{ tlsTerminated: true, proxyProtocol: false, forwardedFor: false, admits: () => true },
			...setting,
		},
	}) as const;

const shown = ({ transport, host, port }: Flow) => `${transport} ${host}:${port}`;

test("a TLS terminator's connections count as TLS, and their answers go back along them in clear", async () => {
	await using one = await bench([behind({})]);
	const listener = one.listener("tls");
	assert.equal(listener.terminated, true);
	one.user.reply = ({ flow }) => one.transports.send(RESPONSE, flow, 0);
	const peer = await Peer.connect(listener.port);
	peer.write(message());
	assert.equal(await peer.until("\r\n\r\n"), RESPONSE);
	const { flow } = await one.user.nth(0);
	assert.equal(shown(flow), `tls 127.0.0.1:${peer.socket.localPort}`);
	assert.ok(one.transports.alive(flow));
	peer.socket.destroy();
});

test("RFC 3261 §26.2.2: no connection is opened from behind a TLS terminator", async () => {
	await using one = await bench([behind({})]);
	await using far = await acceptor();
	const there = toward(one.listener("tls"), far.port);
	assert.equal(one.transports.alive(there), false);
	one.transports.send(message(), there, 7);
	await one.user.until(() => one.user.failed.length > 0);
	assert.deepEqual(one.user.failed, [
		{ owner: 7, reason: "no connection leaves from behind a TLS balancer" },
	]);
	assert.equal(far.peers.length, 0);
});

test("whoever is no balancer is closed before his first octet is read, counted, and told of once", async () => {
	let admitted = false;
	await using one = await bench([behind({ admits: () => admitted })]);
	for (let count = 1; count <= 3; count += 1) {
		const stranger = await Peer.connect(one.listener("tls").port);
		stranger.write(message());
		await stranger.ended;
		assert.equal(one.transports.counters.connectionsRefused, count);
	}
	assert.deepEqual(one.user.messages, []);
	assert.deepEqual(one.warnings, [
		{
			event: "balancer.unknown",
			listener: 1,
			source: "127.0.0.1",
			reason: "it is no balancer of ours",
		},
	]);
	admitted = true;
	const balancer = await Peer.connect(one.listener("tls").port);
	balancer.write(message());
	await one.user.nth(0);
	balancer.socket.destroy();
});

for (const [title, header, peer] of [
	["version 1", V1, "tls 192.0.2.7:40000"],
	["version 2", V2, "tls 192.0.2.8:40000"],
] as const)
	test(`PROXY protocol ${title}: the peer is whom the header names, however it is cut`, async () => {
		await using one = await bench([behind({ proxyProtocol: true })]);
		one.user.reply = ({ flow }) => one.transports.send(RESPONSE, flow, 0);
		for (const parts of [
			[header + message()],
			[header, message()],
			[header.slice(0, 9), header.slice(9) + message().slice(0, 20), message().slice(20)],
		]) {
			const at = one.user.messages.length;
			const socket = await Peer.connect(one.listener("tls").port);
			socket.socket.setNoDelay(true);
			for (const part of parts) {
				socket.write(part);
				await new Promise((resolve) => setImmediate(resolve));
			}
			const told = await one.user.nth(at);
			assert.deepEqual([shown(told.flow), told.text], [peer, message()]);
			assert.equal(await socket.until("\r\n\r\n"), RESPONSE);
			socket.socket.destroy();
		}
		assert.equal(one.transports.counters.proxyHeadersRefused, 0);
	});

for (const header of [LOCAL, "PROXY UNKNOWN\r\n"])
	test(`PROXY protocol: after ${JSON.stringify(header)} the balancer speaks for itself`, async () => {
		await using one = await bench([behind({ proxyProtocol: true })]);
		const balancer = await Peer.connect(one.listener("tls").port);
		balancer.write(header + message());
		const { flow } = await one.user.nth(0);
		assert.equal(shown(flow), `tls 127.0.0.1:${balancer.socket.localPort}`);
		balancer.socket.destroy();
	});

test("PROXY protocol: without a valid header a connection is closed and counted, and the log says it once", async () => {
	await using one = await bench([behind({ proxyProtocol: true })]);
	for (const [at, octets] of [message(), "PROXY TCP4 1\r\n", `${V1.slice(0, -2)}\n`].entries()) {
		const peer = await Peer.connect(one.listener("tls").port);
		peer.write(octets);
		await peer.ended;
		assert.equal(one.transports.counters.proxyHeadersRefused, at + 1);
		assert.equal(peer.received, "");
	}
	assert.deepEqual(one.user.messages, []);
	assert.deepEqual(one.warnings, [
		{
			event: "balancer.no-header",
			listener: 1,
			source: "127.0.0.1",
			reason: "it begins with no PROXY header",
		},
	]);
	await comesTrue(() => one.transports.connections === 0);
});

test("PROXY protocol TR-54: a header that does not come in time closes the connection", async () => {
	await using one = await bench([behind({ proxyProtocol: true })], {
		limits: { proxyHeaderMs: 30 },
	});
	for (const octets of ["", V1.slice(0, 20)]) {
		const peer = await Peer.connect(one.listener("tls").port);
		peer.write(octets);
		await peer.ended;
	}
	assert.equal(one.transports.counters.proxyHeadersRefused, 2);
	await comesTrue(() => one.transports.connections === 0);
});

test("health checks that connect and close, with a header or without, leave nothing in the log", async () => {
	await using one = await bench([behind({ proxyProtocol: true }), behind({})]);
	for (const { port } of one.listeners)
		for (const ends of ["end", "resetAndDestroy"] as const)
			for (const octets of ["", LOCAL]) {
				const check = await Peer.connect(port);
				if (octets !== "" && port === one.listeners[0]?.port) check.write(octets);
				check.socket[ends]();
				await check.ended;
			}
	await comesTrue(() => one.transports.connections === 0);
	assert.deepEqual(one.warnings, []);
	assert.equal(one.transports.counters.proxyHeadersRefused, 0);
	assert.deepEqual(one.user.messages, []);
});

test("TR-55: behind a balancer each client has its own limit of connections, and the balancer has none", async () => {
	await using one = await bench([behind({ proxyProtocol: true }), behind({})], {
		limits: { connectionsPerSource: 2 },
	});
	const [named, plain] = one.listeners;
	assert.ok(named && plain);
	const peers = await Promise.all([1, 2, 3].map(() => Peer.connect(plain.port)));
	for (const peer of peers) peer.write(message());
	await one.user.nth(2);

	const first = await Promise.all([1, 2].map(() => Peer.connect(named.port)));
	for (const peer of first) peer.write(V1 + message());
	await one.user.nth(4);
	const third = await Peer.connect(named.port);
	third.write(V1 + message());
	await third.ended;
	assert.equal(one.transports.counters.connectionsRefused, 1);
	const other = await Peer.connect(named.port);
	other.write(V2 + message());
	await one.user.nth(5);

	first[0]?.socket.destroy();
	await comesTrue(() => one.transports.connections === 5);
	const again = await Peer.connect(named.port);
	again.write(V1 + message());
	await one.user.nth(6);
	for (const peer of [...peers, ...first, other, again]) peer.socket.destroy();
	await comesTrue(() => one.transports.connections === 0);
});

test("PROXY protocol before TLS: the header comes in clear, the handshake behind it, even in one segment", async () => {
	const trusted = await authority();
	const tls = await trusted.options({ dns: ["proxy.example.com"] });
	const setting = {
		...{ tlsTerminated: false, proxyProtocol: true, forwardedFor: false },
		admits: () => true,
	};
	await using one = await bench(
		[{ transport: "tls", address: "127.0.0.1", port: 0, balancer: setting }],
		{ tls },
	);
	const { port, terminated } = one.listener("tls");
	assert.equal(terminated, undefined);
	one.user.reply = ({ flow }) => one.transports.send(RESPONSE, flow, 0);
	const raw = (await Peer.connect(port)).socket;
	raw.removeAllListeners("data").pause().cork();
	raw.write(V1);
	const secure: TLSSocket = connectTls({ socket: raw, rejectUnauthorized: false });
	process.nextTick(() => raw.uncork());
	const peer = new Peer(secure);
	peer.write(message());
	assert.equal(await peer.until("\r\n\r\n"), RESPONSE);
	assert.equal(shown((await one.user.nth(0)).flow), "tls 192.0.2.7:40000");
	secure.destroy();
	await comesTrue(() => one.transports.connections === 0);
});

test("close: connections that still owe their PROXY header are ended", async () => {
	const one = await bench([behind({ proxyProtocol: true })]);
	const silent = await Peer.connect(one.listener("tls").port);
	await comesTrue(() => one.transports.connections === 1);
	await one.transports.close();
	await silent.ended;
	assert.equal(one.transports.counters.proxyHeadersRefused, 0);
	assert.equal(one.transports.connections, 0);
});
