import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, TLSSocket } from "node:tls";
import { seeded } from "../support/seeded.ts";
import { authority } from "./certificates.ts";
import { acceptor, bench, comesTrue, message, Peer, toward } from "./harness.ts";

const TCP = { transport: "tcp", address: "127.0.0.1", port: 0 } as const;
const TLS = { ...TCP, transport: "tls" } as const;
const SEED = 4711;

test(`peers that break off at any moment leave no connection, no count and no exception behind (seed ${SEED})`, async () => {
	const trusted = await authority();
	const tls = await trusted.options({ dns: ["a.example"] });
	await using one = await bench([TCP, TLS], { tls, limits: { malformedAnswers: 5 } });
	one.user.reply = ({ flow }) => one.transports.send(message("INFO"), flow, 7);
	const { below, pick } = seeded(SEED);
	const parts = [
		message(),
		message().slice(0, 40),
		"\r\n\r\n",
		"\0",
		"\x16\x03\x01\x02",
		"x".repeat(70_000),
	];
	const endings = [
		(peer: Peer) => (peer.socket instanceof TLSSocket ? undefined : peer.socket.resetAndDestroy()),
		(peer: Peer) => peer.socket.end(),
		() => undefined,
	];
	const life = async () => {
		const listener = pick(one.listeners);
		const peer =
			listener.transport === "tls" && below(2) === 0
				? new Peer(connect({ port: listener.port, host: "127.0.0.1", rejectUnauthorized: false }))
				: await Peer.connect(listener.port);
		for (let step = below(4); step > 0; step -= 1) {
			peer.write(pick(parts));
			for (let turn = below(3); turn > 0; turn -= 1)
				await new Promise((resolve) => setImmediate(resolve));
		}
		pick(endings)(peer);
		for (let turn = below(3); turn > 0; turn -= 1)
			await new Promise((resolve) => setImmediate(resolve));
		peer.socket.destroy();
		await peer.ended;
	};
	for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 20 }, life));
	await comesTrue(() => one.transports.connections === 0);
	const { connectionsAccepted, connectionsClosed } = one.transports.counters;
	assert.equal(connectionsClosed, connectionsAccepted);
	assert.equal(new Set(one.user.closed).size, one.user.closed.length);
});

test(`every request has an outcome, whatever the far side does (seed ${SEED})`, async () => {
	await using one = await bench([TCP], { limits: { closingMs: 20 } });
	await using far = await acceptor();
	const { below } = seeded(SEED);
	const flow = toward(one.listener("tcp"), far.port);
	let owner = 0;
	let ended = 0;
	for (let round = 0; round < 100; round += 1) {
		for (let count = below(4); count >= 0; count -= 1) {
			owner += 1;
			one.transports.send(message(), flow, owner);
		}
		for (let turn = below(6); turn > 0; turn -= 1)
			await new Promise((resolve) => setImmediate(resolve));
		for (const { socket } of far.peers.slice(ended))
			if (below(2) === 0) socket.resetAndDestroy();
			else socket.end();
		ended = far.peers.length;
	}
	// Nobody ever answered: so each of them fails, at the latest when the last connection ends.
	await comesTrue(() => {
		for (const { socket } of far.peers) socket.destroy();
		return one.transports.connections === 0;
	});
	await comesTrue(() => new Set(one.user.failed.map((told) => told.owner)).size === owner);
});

test("RFC 3261 §18: what a TLS server says at once after its handshake is heard", async () => {
	const trusted = await authority();
	await using one = await bench([TLS], { tls: await trusted.options({ dns: ["a.example"] }) });
	await using two = await bench([TLS], { tls: await trusted.options({ dns: ["b.example"] }) });
	two.user.reply = ({ flow }) => two.transports.send(message("NOTIFY"), flow, 0);
	const flow = toward(one.listener("tls"), two.listener("tls").port, "b.example");
	one.transports.send(message(), flow, 1);
	await one.user.nth(0);
	two.transports.send(message("MESSAGE"), (await two.user.nth(0)).flow, 0);
	assert.match((await one.user.nth(1)).text, /^MESSAGE/);
	assert.equal(one.transports.connections, 1);
});
