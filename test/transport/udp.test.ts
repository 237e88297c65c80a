import assert from "node:assert/strict";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import type { Flow } from "../../core/base/flow.ts";
import { bench, LOOPBACKS, PATIENCE_MS, toward } from "./harness.ts";

const REQUEST = "OPTIONS sip:a@example.com SIP/2.0\r\n\r\n";
const RESPONSE = "SIP/2.0 200 OK\r\n\r\n";

async function udpPeer(host = "127.0.0.1"): Promise<Socket> {
	const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
	socket.bind(0, host);
	await once(socket, "listening");
	return socket;
}

async function received(socket: Socket): Promise<{ text: string; from: RemoteInfo }> {
	const [datagram, from] = await once(socket, "message", {
		signal: AbortSignal.timeout(PATIENCE_MS),
	});
	return { text: datagram.toString("latin1"), from };
}

for (const address of LOOPBACKS)
	test(`RFC 3581 §4 TR-12: over ${address} a response leaves from the address and port of the request`, async () => {
		await using one = await bench([
			{ transport: "udp", address, port: 0 },
			{ transport: "udp", address, port: 0 },
		]);
		one.user.reply = ({ flow }) => one.transports.send(RESPONSE, flow, 0);
		const peer = await udpPeer(address);
		for (const { port } of one.listeners) {
			peer.send(REQUEST, port, address);
			const { text, from } = await received(peer);
			assert.deepEqual([text, from.address, from.port], [RESPONSE, address, port]);
		}
		assert.deepEqual(
			one.user.messages.map(({ flow }) => flow),
			one.listeners.map(
				({ id }): Flow => ({
					transport: "udp",
					listener: id,
					connection: 0,
					host: address,
					port: peer.address().port,
					serverName: undefined,
				}),
			),
		);
		peer.close();
	});

test("RFC 3261 §25 MSG-22: every octet of a datagram survives, in and out", async () => {
	await using one = await bench([{ transport: "udp", address: "127.0.0.1", port: 0 }]);
	one.user.reply = ({ text, flow }) => one.transports.send(text, flow, 0);
	const octets = Buffer.from(Array.from({ length: 512 }, (_, index) => index & 255));
	const peer = await udpPeer();
	peer.send(octets, one.listener("udp").port, "127.0.0.1");
	const { text } = await received(peer);
	assert.equal(text, octets.toString("latin1"));
	peer.close();
});

test("RFC 3261 §7.5 TR-22: keep-alives and blank datagrams are dropped without an answer", async () => {
	await using one = await bench([{ transport: "udp", address: "127.0.0.1", port: 0 }]);
	const peer = await udpPeer();
	for (const blank of ["\r\n\r\n", "\0", " \r\n\0", "", REQUEST])
		peer.send(blank, one.listener("udp").port, "127.0.0.1");
	const { text } = await one.user.nth(0);
	assert.equal(text, REQUEST);
	assert.equal(one.transports.counters.datagramsBlank, 4);
	assert.deepEqual(one.user.calls, ["message", "end"]);
	peer.close();
});

for (const address of LOOPBACKS)
	test(`RFC 3261 §18.4 TR-20: a request to a closed port of ${address} fails at once, a response is not missed`, async () => {
		await using one = await bench([{ transport: "udp", address, port: 0 }]);
		const peer = await udpPeer(address);
		const { port } = peer.address();
		peer.close();
		await once(peer, "close");
		one.transports.send(RESPONSE, toward(one.listener("udp"), port), 6);
		one.transports.send(REQUEST, toward(one.listener("udp"), port), 7);
		assert.deepEqual(one.user.calls, [], "no call from inside send");
		await one.user.until(() => one.user.failed.length > 0);
		assert.deepEqual(
			one.user.failed.map(({ owner }) => owner),
			[7],
		);
		one.transports.send(REQUEST, toward(one.listener("udp"), port), 8);
		await one.user.until(() => one.user.failed.some(({ owner }) => owner === 8));
	});

test("RFC 3261 §18.4: a peer whose absence is listened for, and every other one, is heard as before", async () => {
	await using one = await bench([{ transport: "udp", address: "127.0.0.1", port: 0 }]);
	const listener = one.listener("udp");
	const [watched, other] = [await udpPeer(), await udpPeer()];
	one.transports.send(REQUEST, toward(listener, watched.address().port), 1);
	assert.equal((await received(watched)).from.port, listener.port);

	watched.send(RESPONSE, listener.port, "127.0.0.1");
	await one.user.nth(0);
	other.send(REQUEST, listener.port, "127.0.0.1");
	await one.user.nth(1);
	assert.deepEqual(
		one.user.messages.map(({ flow }) => [flow.listener, flow.connection, flow.port]),
		[watched, other].map((peer) => [listener.id, 0, peer.address().port]),
	);
	one.transports.send(RESPONSE, toward(listener, other.address().port), 2);
	assert.equal((await received(other)).from.port, listener.port);
	assert.deepEqual(one.user.failed, []);
	watched.close();
	other.close();
});

test("RFC 3261 §18.4: beyond the limit of watched peers requests still leave, and peers make room that are idle or only keep their way open", async () => {
	await using one = await bench([{ transport: "udp", address: "127.0.0.1", port: 0 }], {
		limits: { watchedPeers: 1, idleAtLeastMs: 20 },
	});
	const listener = one.listener("udp");
	const [first, second] = [await udpPeer(), await udpPeer()];
	for (const peer of [first, second]) {
		one.transports.send(REQUEST, toward(listener, peer.address().port), 1);
		assert.equal((await received(peer)).from.port, listener.port);
	}
	const { port } = second.address();
	second.close();
	await once(second, "close");
	const pinging = setInterval(() => first.send("\r\n\r\n", listener.port, "127.0.0.1"), 5);
	const asked = setInterval(() => one.transports.send(REQUEST, toward(listener, port), 9), 50);
	await one.user.until(() => one.user.failed.some(({ owner }) => owner === 9));
	clearInterval(asked);
	clearInterval(pinging);
	first.close();
});

test("RFC 3261 §18.4: what cannot leave at all fails, and nothing throws", async () => {
	await using one = await bench([{ transport: "udp", address: "127.0.0.1", port: 0 }]);
	const flow = toward(one.listener("udp"), 5060);
	one.transports.send("x".repeat(65_508), flow, 1);
	one.transports.send(REQUEST, { ...flow, port: 0 }, 2);
	one.transports.send(REQUEST, { ...flow, port: 65_536 }, 3);
	one.transports.send(REQUEST, { ...flow, listener: 9 }, 4);
	one.transports.send(REQUEST, { ...flow, host: "255.255.255.255" }, 5);
	one.transports.send(REQUEST, { ...flow, host: "no address" }, 6);
	await one.user.until(() => one.user.failed.length === 6);
	const owners = one.user.failed.map(({ owner }) => owner);
	assert.deepEqual(owners.sort(), [1, 2, 3, 4, 5, 6]);
});

test("a dual-stack listener shows IPv4 peers by their IPv4 address and reaches them by it", async () => {
	const dual = LOOPBACKS.includes("::1");
	await using one = await bench([{ transport: "udp", address: dual ? "::" : "0.0.0.0", port: 0 }]);
	one.user.reply = ({ flow }) => one.transports.send(RESPONSE, flow, 0);
	const peer = await udpPeer();
	peer.send(REQUEST, one.listener("udp").port, "127.0.0.1");
	assert.equal((await received(peer)).text, RESPONSE);
	assert.equal((await one.user.nth(0)).flow.host, "127.0.0.1");

	one.transports.send(
		REQUEST,
		{ ...toward(one.listener("udp"), peer.address().port), host: "127.0.0.1" },
		1,
	);
	assert.equal((await received(peer)).text, REQUEST);
	peer.close();
});
