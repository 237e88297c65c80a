/** The limits as they are, on a clock that can be turned forward: real sockets, no waiting. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConnectionState, overdue, type Progress } from "../../core/transport/deadlines.ts";
import { connectionsWithin, LIMITS } from "../../core/transport/limits.ts";
import { type Bench, bench, clock, comesTrue, message, Peer, toward } from "./harness.ts";

const TCP = { transport: "tcp", address: "127.0.0.1", port: 0 } as const;
const BEGIN = 1_000_000;

/** A connection that has said something, as a phone does. */
async function phone(one: Bench): Promise<Peer & { readonly id: number }> {
	const peer = await Peer.connect(one.listener("tcp").port);
	const before = one.user.messages.length;
	peer.write(message("REGISTER"));
	const { flow } = await one.user.nth(before);
	return Object.assign(peer, { id: flow.connection });
}

async function ping(peer: Peer): Promise<void> {
	const before = peer.received.length;
	peer.write("\r\n\r\n");
	await comesTrue(() => peer.received.length > before);
}

function progress(state: ConnectionState, more: Partial<Progress> = {}): Progress {
	return {
		state,
		since: BEGIN,
		silentSince: undefined,
		messageSince: undefined,
		stalledSince: undefined,
		pingDue: undefined,
		pingedSince: undefined,
		...more,
	};
}

for (const [what, limitMs, how, reason] of [
	["TLS handshake", 10_000, progress("securing"), "the TLS handshake takes too long"],
	["first octet", 30_000, progress("open", { silentSince: BEGIN }), "not one octet"],
	["message", 32_000, progress("open", { messageSince: BEGIN }), "a message takes too long"],
	["connecting of ours", 5_000, progress("connecting"), "no answer to our connecting"],
	["full buffer", 10_000, progress("open", { stalledSince: BEGIN }), "the peer does not read"],
	[
		"keep-alive that is due",
		15_000,
		progress("open", { pingDue: BEGIN }),
		"the peer sends no keep-alive",
	],
	[
		"answer to our ping",
		15_000,
		progress("open", { pingedSince: BEGIN }),
		"the peer does not answer a ping",
	],
	["closing", 2_000, progress("closing"), "the peer does not close"],
] as const)
	test(`TR-30 TR-54 TR-56: a ${what} has ${limitMs} ms, and not one more`, () => {
		assert.equal(overdue(how, BEGIN + limitMs, LIMITS), undefined);
		assert.equal(overdue(how, BEGIN + limitMs + 1, LIMITS), reason);
	});

test("TR-54: a connection that is open, has spoken and owes nothing is never overdue, a closed one neither", () => {
	assert.equal(overdue(progress("open"), BEGIN + 86_400_000, LIMITS), undefined);
	const closed = progress("closed", { silentSince: BEGIN, messageSince: BEGIN });
	assert.equal(overdue(closed, BEGIN + 86_400_000, LIMITS), undefined);
});

test("TR-54: an INVITE of one octet a second is cut after 32 s, by the clock of the limits as they are", async (t) => {
	const time = clock(t);
	await using one = await bench([TCP]);
	const slow = await Peer.connect(one.listener("tcp").port);
	slow.socket.setNoDelay(true);
	let gone = false;
	void slow.ended.then(() => {
		gone = true;
	});
	let seconds = 0;
	for (const octet of message("INVITE")) {
		// It is looked at every second of real time: what is sent must not be whole by then.
		if (gone || seconds === 40) break;
		slow.write(octet);
		await new Promise((resolve) => setImmediate(resolve));
		time.pass(1_000);
		seconds += 1;
	}
	await slow.ended;
	assert.ok(seconds >= 32, `after ${seconds} s`);
	assert.equal(one.user.messages.length, 0);
	assert.equal(one.transports.counters.connectionsTimedOut, 1);
});

test("RFC 3261 §18 TR-19: within 32 s of the last message a connection makes no room for another, then it does", async (t) => {
	const time = clock(t);
	await using one = await bench([TCP], { limits: { connections: 1 } });
	one.user.reply = ({ flow }) => one.transports.send(message("INFO"), flow, 0);
	const first = await phone(one);
	await first.until("INFO");
	time.pass(31_000);
	const refused = await Peer.connect(one.listener("tcp").port);
	await refused.ended;
	await ping(first);
	time.pass(2_000);
	const second = await phone(one);
	await first.ended;
	assert.equal(one.transports.counters.connectionsEvicted, 1);
	second.socket.destroy();
});

test("RFC 3261 §18 TR-19: a connection that a transaction waits on makes no room either, whoever opened it", async (t) => {
	const time = clock(t);
	await using one = await bench([TCP], { limits: { connections: 3 } });
	await using far = await bench([TCP]);
	const caller = await phone(one);
	const [told] = one.user.messages;
	const callee = toward(one.listener("tcp"), far.listener("tcp").port);
	one.transports.send(message("INVITE"), callee, 1);
	await far.user.nth(0);
	const idle = await phone(one);
	one.user.waited.push(callee);
	if (told !== undefined) one.user.waited.push(told.flow);
	time.pass(170_000);
	const newcomer = await phone(one);
	await idle.ended;
	time.pass(1_000);
	const refused = await Peer.connect(one.listener("tcp").port);
	await refused.ended;
	await ping(caller);
	one.user.waited.length = 0;
	time.pass(31_500);
	const next = [await phone(one), await phone(one)];
	await caller.ended;
	for (const peer of [newcomer, ...next]) peer.socket.destroy();
});

test("RFC 5626 §4.4.1 TR-19 TR-55: pings keep no connection from making room; a registration does", async (t) => {
	const time = clock(t);
	await using one = await bench([TCP], { limits: { connections: 2 } });
	const registered = await phone(one);
	one.user.needed.add(registered.id);
	const pinging = await phone(one);
	time.pass(33_000);
	await ping(registered);
	await ping(pinging);
	const newcomer = await phone(one);
	await pinging.ended;
	await ping(registered);
	for (const peer of [registered, newcomer]) peer.socket.destroy();
});

test("TR-55: who connects and says nothing is the first to make room, at once", async () => {
	await using one = await bench([TCP], { limits: { connections: 3 } });
	const talking = await phone(one);
	const silent = await Peer.connect(one.listener("tcp").port);
	const pinging = await Peer.connect(one.listener("tcp").port);
	await ping(pinging);
	const next = [await phone(one), await phone(one)];
	await Promise.all([silent.ended, pinging.ended]);
	await ping(talking);
	assert.equal(one.transports.counters.connectionsEvicted, 2);
	for (const peer of [talking, ...next]) peer.socket.destroy();
});

test("RFC 3261 §18 TR-19: unused, a connection is kept for ten minutes: longer than Timer C", async (t) => {
	const time = clock(t);
	await using one = await bench([TCP]);
	const peer = await phone(one);
	time.pass(599_000);
	await ping(peer);
	time.pass(601_000);
	await peer.ended;
	assert.equal(one.transports.counters.connectionsTimedOut, 1);
});

test("TR-55: there are no more connections than the process may have files", () => {
	assert.equal(connectionsWithin(undefined, 300), LIMITS.connections);
	assert.equal(connectionsWithin(1_000_000, 300), LIMITS.connections);
	assert.equal(connectionsWithin(1_024, 300), 724);
	assert.equal(connectionsWithin(200, 300), 1);
});

test("RFC 5626 §5.4 TR-30: a phone that was told how often to ping is cut when it has gone, and no other", async (t) => {
	const time = clock(t);
	await using one = await bench([TCP], { limits: { sweepMs: 5 } });
	const left = await phone(one);
	const untold = await phone(one);
	const released = await phone(one);
	const [first, , third] = one.user.messages;
	assert.ok(first && third);
	one.transports.expectPings(first.flow, 120_000);
	one.transports.expectPings(third.flow, 120_000);
	one.transports.expectPings(third.flow, undefined);
	for (const _ of [1, 2]) {
		time.pass(119_000);
		await ping(left);
	}
	assert.deepEqual(one.user.closed, []);
	time.pass(136_000);
	await left.ended;
	await comesTrue(() => one.user.closed.length > 0);
	assert.deepEqual([...one.user.closed], [first.flow.connection]);
	await ping(untold);
	await ping(released);
});
