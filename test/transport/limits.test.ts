import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { sourceOf } from "../../core/base/source.ts";
import { AnswerBudget } from "../../core/transport/answer-budget.ts";
import { TransportCounters } from "../../core/transport/counters.ts";
import { LIMITS } from "../../core/transport/limits.ts";
import { RecentOwners } from "../../core/transport/recent-owners.ts";
import { authority } from "./certificates.ts";
import { acceptor, type Bench, bench, clock, comesTrue, message, Peer, toward } from "./harness.ts";

const TCP = { transport: "tcp", address: "127.0.0.1", port: 0 } as const;
const TLS = { ...TCP, transport: "tls" } as const;
const RESPONSE = "SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

/** A connection that has said something, as a phone does. */
async function phone(one: Bench): Promise<Peer> {
	const peer = await Peer.connect(one.listener("tcp").port);
	const before = one.user.messages.length;
	peer.write(message("REGISTER"));
	await one.user.nth(before);
	return peer;
}

test("TR-54: the limits are those of the checklist", () => {
	const { handshakeMs, firstOctetMs, messageMs, idleAtLeastMs } = LIMITS;
	assert.deepEqual([handshakeMs, firstOctetMs, messageMs], [10_000, 30_000, 32_000]);
	assert.ok(idleAtLeastMs >= 32_000 && LIMITS.idleMs > 180_000, "RFC 3261 §18 TR-19, Timer C");
});

test("TR-54: a TLS handshake that does not get done is cut", async () => {
	const tls = await (await authority()).options({ dns: ["a.example"] });
	await using one = await bench([TLS], { tls, limits: { handshakeMs: 30 } });
	const silent = await Peer.connect(one.listener("tls").port);
	await silent.ended;
	await comesTrue(() => one.transports.connections === 0);
	assert.equal(one.transports.counters.handshakesFailed, 1);
});

test("TR-54: a server that does not finish its TLS handshake is given up, and the request fails", async () => {
	const tls = await (await authority()).options({ dns: ["a.example"] });
	await using one = await bench([TLS], { tls, limits: { handshakeMs: 30 } });
	await using mute = await acceptor();
	one.transports.send(message(), toward(one.listener("tls"), mute.port, "a.example"), 1);
	await one.user.until(() => one.user.failed.length > 0);
	assert.deepEqual(one.user.failed, [{ owner: 1, reason: "the TLS handshake takes too long" }]);
});

test("TR-54: a connection on which nothing ever comes is cut", async (t) => {
	const time = clock(t);
	await using one = await bench([TCP]);
	const talking = await phone(one);
	const silent = await Peer.connect(one.listener("tcp").port);
	await comesTrue(() => one.transports.connections === 2);
	time.pass(31_000);
	await silent.ended;
	await one.user.until(() => one.user.closed.length > 0);
	assert.equal(one.transports.connections, 1);
	talking.socket.destroy();
});

test("TR-54: a message that comes octet by octet is cut in time, a slow one that gets done is not", async (t) => {
	const time = clock(t);
	await using one = await bench([TCP]);
	const slow = await Peer.connect(one.listener("tcp").port);
	const whole = message("INFO", "x".repeat(20));
	slow.write(whole.slice(0, 30));
	slow.write(whole.slice(30) + whole.slice(0, 10));
	await one.user.nth(0);
	slow.write(whole.slice(10));
	await one.user.nth(1);

	const trickling = await Peer.connect(one.listener("tcp").port);
	let seconds = 0;
	const drip = setInterval(() => {
		trickling.write("I");
		if (seconds < 40) time.pass(1_000);
		seconds += 1;
	}, 5);
	await trickling.ended;
	clearInterval(drip);
	await one.user.until(() => one.user.closed.length > 0);
	assert.equal(one.transports.connections, 1);
	slow.socket.destroy();
});

test("TR-55: one address has a limit of connections, and a closed one makes room", async () => {
	await using one = await bench([TCP, { ...TCP, address: "127.0.0.1" }], {
		limits: { connectionsPerSource: 2 },
	});
	const kept = [await phone(one), await phone(one)];
	const refused = await Peer.connect(one.listener("tcp").port);
	await refused.ended;
	assert.equal(one.transports.counters.connectionsRefused, 1);
	kept[0]?.socket.destroy();
	await comesTrue(() => one.transports.connections === 1);
	(await phone(one)).socket.destroy();
	kept[1]?.socket.destroy();
});

test("TR-55, RFC 3261 §18 TR-19: at the limit the longest idle connection that nobody needs makes room", async () => {
	await using one = await bench([TCP], { limits: { connections: 3, idleAtLeastMs: 0 } });
	const [needed, oldest, other] = [await phone(one), await phone(one), await phone(one)];
	const id = one.user.messages[0]?.flow.connection ?? 0;
	one.user.needed.add(id);
	const newcomer = await phone(one);
	await oldest.ended;
	needed.write(message());
	other.write(message());
	await one.user.nth(5);
	assert.equal(one.transports.counters.connectionsEvicted, 1);
	for (const peer of [needed, other, newcomer]) peer.socket.destroy();
});

test("TR-55: at the limit with nothing idle the newcomer is refused, in both directions", async () => {
	await using one = await bench([TCP], { limits: { connections: 1 } });
	const kept = await phone(one);
	const refused = await Peer.connect(one.listener("tcp").port);
	await refused.ended;
	one.transports.send(message(), toward(one.listener("tcp"), 5060), 4);
	await one.user.until(() => one.user.failed.length > 0);
	assert.deepEqual(one.user.failed, [{ owner: 4, reason: "too many connections" }]);
	kept.write(message());
	await one.user.nth(1);
	kept.socket.destroy();
});

test("RFC 3261 §18 TR-19, RFC 5626 §7: an idle connection is closed, one that a registration needs is not", async (t) => {
	const time = clock(t);
	await using one = await bench([TCP]);
	const registered = await phone(one);
	one.user.needed.add(one.user.messages[0]?.flow.connection ?? 0);
	const idle = await phone(one);
	time.pass(601_000);
	await idle.ended;
	await one.user.until(() => one.user.closed.length > 0);
	assert.equal(one.transports.connections, 1);
	registered.socket.destroy();
});

test("TR-56: a peer that stops reading is cut at the limit of octets, and others are served on", async () => {
	await using one = await bench([TCP], { limits: { queuedBytes: 100_000 } });
	const [deaf, other] = [await phone(one), await phone(one)];
	deaf.socket.pause();
	const [flow, theirs] = one.user.messages.map((told) => told.flow);
	assert.ok(flow && theirs);
	for (let owner = 1; one.transports.alive(flow); owner += 1) {
		one.transports.send(message("INFO", "x".repeat(9_000)), flow, owner);
		one.transports.send(message("INFO"), theirs, 0);
		if (owner % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
	}
	await one.user.until(() => one.user.failed.length > 0);
	assert.equal(one.transports.counters.connectionsStalled, 1);
	assert.equal(one.user.failed[0]?.reason, "the peer does not read");
	one.transports.send(message("BYE"), theirs, 0);
	await other.until("BYE");
	deaf.socket.destroy();
	other.socket.destroy();
});

test("TR-56: a peer that leaves little unread for long is cut by the clock", async () => {
	await using one = await bench([TCP], { limits: { stalledMs: 30, queuedBytes: 1_000_000_000 } });
	const deaf = await phone(one);
	deaf.socket.pause();
	const { flow } = await one.user.nth(0);
	one.transports.send("x".repeat(30_000_000), flow, 3);
	await one.user.until(() => one.user.failed.length > 0);
	assert.deepEqual(one.user.failed, [{ owner: 3, reason: "the peer does not read" }]);
	deaf.socket.destroy();
});

test("RFC 3261 §18.3 TR-57: after a framing error the user may answer, then the connection closes", async () => {
	await using one = await bench([TCP]);
	one.user.reply = ({ flow }) => one.transports.send(RESPONSE, flow, 0);
	const peer = await Peer.connect(one.listener("tcp").port);
	peer.write(`INVITE sip:a@b SIP/2.0\r\nContent-Length: x\r\n\r\n${message().repeat(3)}`);
	await peer.ended;
	assert.equal(peer.received, RESPONSE);
	assert.equal(one.user.framingErrors.length, 1);
	assert.equal(one.user.messages.length, 0);
	assert.equal(one.transports.counters.framingErrors, 1);
});

test("RFC 3261 §18.3 TR-57: the messages before a framing error are handled", async () => {
	await using one = await bench([TCP]);
	const peer = await Peer.connect(one.listener("tcp").port);
	peer.write(`${message()}\0\0\0\0`);
	await peer.ended;
	assert.deepEqual(one.user.calls.slice(0, 3), ["message", "framingError", "end"]);
});

test("TR-57: a flood of garbage gets few answers, and the connections close all the same", async () => {
	await using one = await bench([TCP], { limits: { malformedAnswers: 2 } });
	one.user.reply = ({ flow }) => one.transports.send(RESPONSE, flow, 0);
	let answers = 0;
	for (let round = 0; round < 6; round += 1) {
		const peer = await Peer.connect(one.listener("tcp").port);
		peer.write("\0");
		await peer.ended;
		if (peer.received !== "") answers += 1;
	}
	assert.equal(answers, 2);
	assert.equal(one.transports.counters.framingErrors, 6);
});

test("a peer that does not close after us is cut", async () => {
	await using one = await bench([TCP], { limits: { closingMs: 30 } });
	const peer = await Peer.connect(one.listener("tcp").port);
	peer.socket.allowHalfOpen = true;
	peer.write("\0");
	await once(peer.socket, "end");
	await one.user.until(() => one.user.closed.length > 0);
	peer.socket.destroy();
});

test("RFC 6177 §2 TR-57: the budget of answers is per source and window, and IPv6 counts by subscriber", () => {
	const budget = new AnswerBudget(
		{ ...LIMITS, malformedAnswers: 2, malformedWindowMs: 100 },
		new TransportCounters(),
	);
	const take = (address: string, now: number) => budget.take(address, now);
	assert.deepEqual(
		[take("192.0.2.1", 0), take("192.0.2.1", 1), take("192.0.2.1", 2)],
		[true, true, false],
	);
	assert.equal(take("192.0.2.2", 3), true);
	assert.equal(take("192.0.2.1", 100), true);
	assert.deepEqual(
		["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3"].map((address) => take(address, 101)),
		[true, true, false],
	);
	assert.equal(take("2001:db8:0:1::1", 102), true);
	assert.deepEqual(["192.0.2.1", "::1", "2001:db8:1:2:3:4:5:6", "2001:db8::6"].map(sourceOf), [
		"192.0.2.1",
		"0:0:0:0::/64",
		"2001:db8:1:2::/64",
		"2001:db8:0:0::/64",
	]);
});

test("owners are remembered up to a limit, and told apart by whether anything was heard after them", () => {
	const owners = new RecentOwners();
	owners.sent(1);
	owners.heard();
	owners.sent(2);
	assert.deepEqual(owners.takeUnheard(), [2]);
	assert.deepEqual(owners.takeAll(), [1]);
	for (let owner = 1; owner <= 10_000; owner += 1) owners.sent(owner);
	const kept = owners.takeAll();
	assert.ok(kept.length <= 512);
	assert.equal(kept.at(-1), 10_000);
});
