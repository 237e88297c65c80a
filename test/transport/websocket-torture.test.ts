/** What a WebSocket client can do wrong, by accident or on purpose: RFC 6455 §5, RFC 7118 §4.2, §5. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_STREAM_MESSAGE } from "../../core/message/limits.ts";
import { FrameProgress } from "../../core/transport/frame-progress.ts";
import { type Bench, bench, clock, comesTrue, message } from "./harness.ts";
import { frame, OPCODES, rawWebSocket, WebPhone } from "./web-phone.ts";

const WS = { transport: "ws", address: "127.0.0.1", port: 0 } as const;

/** The status of the close frame that octets are answered with. */
async function closeStatus(one: Bench, octets: string): Promise<number> {
	const peer = await rawWebSocket(one.listener("ws").port);
	peer.write(octets);
	await comesTrue(() => peer.received.length >= 4);
	const [head, , high = 0, low = 0] = Buffer.from(peer.received, "latin1");
	assert.equal(head, 0x80 | OPCODES.close);
	peer.socket.destroy();
	return high * 256 + low;
}

test("RFC 7118 §5 TR-46: a message in fragments is one message, with pings between them, octet by octet too", async () => {
	await using one = await bench([WS]);
	const whole = message("INVITE", "v=0\r\n");
	const parts = [
		frame("text", whole.slice(0, 10), { final: false }),
		frame("ping", "between"),
		frame("continuation", "", { final: false }),
		frame("continuation", whole.slice(10, 150), { final: false }),
		frame("continuation", whole.slice(150)),
	].join("");
	const peer = await rawWebSocket(one.listener("ws").port);
	peer.write(parts);
	for (const octet of parts) {
		peer.write(octet);
		await new Promise((resolve) => setImmediate(resolve));
	}
	await one.user.nth(1);
	assert.deepEqual(
		one.user.messages.map(({ text }) => text),
		[whole, whole],
	);
	await comesTrue(() => peer.received === "\x8a\x07between\x8a\x07between");
	peer.socket.destroy();
});

test("RFC 7118 §5 TR-46: frames in one segment are messages of their own, in their order and in one batch", async () => {
	await using one = await bench([WS]);
	const peer = await rawWebSocket(one.listener("ws").port);
	const methods = ["INVITE", "INFO", "BYE"];
	peer.write(methods.map((method) => frame("text", message(method))).join(""));
	await one.user.nth(2);
	assert.deepEqual(
		one.user.messages.map(({ text }) => text),
		methods.map((method) => message(method)),
	);
	assert.deepEqual(one.user.calls.slice(-4), ["message", "message", "message", "end"]);
	peer.socket.destroy();
});

test("RFC 6455 §7.4.1 MSG-39: a message above the limit closes its connection with 1009 before it is there, whole or in fragments", async () => {
	await using one = await bench([WS]);
	const length = MAX_STREAM_MESSAGE;
	const fragments = Array.from({ length: 5 }, (_, at) =>
		frame(at === 0 ? "binary" : "continuation", "x".repeat(length / 4), { final: false }),
	);
	assert.equal(await closeStatus(one, frame("binary", "x".repeat(length + 1)).slice(0, 14)), 1009);
	assert.equal(await closeStatus(one, fragments.join("")), 1009);
	const largest = await rawWebSocket(one.listener("ws").port);
	largest.write(frame("binary", "x".repeat(length)));
	assert.equal((await one.user.nth(0)).text.length, length);
	assert.equal(one.transports.counters.framingErrors, 2);
	largest.socket.destroy();
	await comesTrue(() => one.transports.connections === 0);
});

for (const [title, octets, status] of [
	["text that is no UTF-8", frame("text", message("INFO", "\xff")), 1007],
	["a frame without a mask", `\x81\x05hello`, 1002],
	["compression that was not agreed upon", frame("text", "x", { reserved: 0x40 }), 1002],
	["a reserved bit", frame("text", "x", { reserved: 0x10 }), 1002],
	["a continuation of nothing", frame("continuation", "x"), 1002],
	["an opcode that nobody knows", `\x83${frame("text", "x").slice(1)}`, 1002],
	["a ping of 126 octets", frame("ping", "x".repeat(126)), 1002],
	["a ping in fragments", frame("ping", "x", { final: false }), 1002],
	[
		"a message inside another",
		frame("text", "x", { final: false }) + frame("text", "y", { final: false }),
		1002,
	],
	["more fragments than a message may have", many(), 1008],
] as const)
	test(`RFC 6455 §5, §7.4.1 TR-57: ${title} closes the connection with ${status}, and is counted`, async () => {
		await using one = await bench([WS]);
		assert.equal(await closeStatus(one, octets), status);
		assert.equal(one.transports.counters.framingErrors, 1);
		assert.equal(one.user.framingErrors.length, 1);
		assert.deepEqual(one.user.messages, []);
		await comesTrue(() => one.transports.connections === 0);
	});

function many(): string {
	const empty = frame("continuation", "", { final: false });
	return frame("text", "", { final: false }) + empty.repeat(20_000);
}

test("RFC 7118 §4.1: compression that a client offers is not taken", async () => {
	await using one = await bench([WS]);
	const phone = await WebPhone.connect(one.listener("ws").port, { perMessageDeflate: true });
	assert.equal(phone.socket.extensions, "");
	phone.send(message("INFO", "x".repeat(5_000)));
	assert.equal((await one.user.nth(0)).text, message("INFO", "x".repeat(5_000)));
	phone.socket.terminate();
});

test("TR-56: a client that stops reading is cut at the limit of octets, pings among them, and others are served on", async () => {
	await using one = await bench([WS], { limits: { queuedBytes: 100_000 } });
	const [deaf, other] = [
		await rawWebSocket(one.listener("ws").port),
		await WebPhone.connect(one.listener("ws").port),
	];
	deaf.write(frame("text", message()));
	const { flow } = await one.user.nth(0);
	deaf.socket.pause();
	while (one.transports.alive(flow)) {
		deaf.write(frame("ping", "x".repeat(125)).repeat(100));
		one.transports.send(message("INFO", "x".repeat(9_000)), flow, 0);
		await new Promise((resolve) => setImmediate(resolve));
	}
	assert.equal(one.transports.counters.connectionsStalled, 1);
	other.socket.ping();
	await comesTrue(() => other.pongs.length === 1);
	other.socket.terminate();
	deaf.socket.destroy();
});

test("TR-56: pings alone, by a client that does not read the pongs, reach the limit too", async () => {
	await using one = await bench([WS], { limits: { queuedBytes: 50_000 } });
	const deaf = await rawWebSocket(one.listener("ws").port);
	deaf.socket.pause();
	while (one.transports.counters.connectionsStalled === 0) {
		deaf.write(frame("ping", "x".repeat(125)).repeat(500));
		await new Promise((resolve) => setImmediate(resolve));
	}
	await comesTrue(() => one.transports.connections === 0);
	deaf.socket.destroy();
});

test("TR-54: a message in fragments of an octet a second is cut after 32 s, pings between them or not", async (t) => {
	const time = clock(t);
	await using one = await bench([WS]);
	const slow = await rawWebSocket(one.listener("ws").port);
	let gone = false;
	void slow.ended.then(() => {
		gone = true;
	});
	let seconds = 0;
	slow.write(frame("text", "I", { final: false }));
	while (!gone && seconds < 40) {
		slow.write(frame("continuation", "N", { final: false }) + frame("ping", ""));
		const pongs = slow.received.length;
		await comesTrue(() => gone || slow.received.length > pongs);
		time.pass(1_000);
		seconds += 1;
	}
	await slow.ended;
	assert.ok(seconds >= 32, `after ${seconds} s`);
	assert.equal(one.transports.counters.connectionsTimedOut, 1);
});

test("TR-54: who pings for hours, in halves of frames, is in time", async (t) => {
	const time = clock(t);
	await using one = await bench([WS]);
	const peer = await rawWebSocket(one.listener("ws").port);
	for (let turn = 0; turn < 10; turn += 1) {
		const crlf = frame("text", "\r\n\r\n");
		const before = peer.received.length;
		peer.write(crlf.slice(0, 3));
		await new Promise((resolve) => setImmediate(resolve));
		peer.write(crlf.slice(3));
		await comesTrue(() => peer.received.length > before);
		time.pass(100_000);
	}
	assert.equal(one.transports.connections, 1);
	peer.socket.destroy();
});

test("TR-54, RFC 3261 §18 TR-19: a client that says nothing is cut after 30 s, an idle one after ten minutes, a registered one never", async (t) => {
	const time = clock(t);
	await using one = await bench([WS]);
	const registered = await WebPhone.connect(one.listener("ws").port);
	registered.send(message("REGISTER"));
	one.user.needed.add((await one.user.nth(0)).flow.connection);
	const idle = await WebPhone.connect(one.listener("ws").port);
	idle.send(message());
	await one.user.nth(1);
	const silent = await WebPhone.connect(one.listener("ws").port);
	await comesTrue(() => one.transports.counters.connectionsAccepted === 3);
	time.pass(31_000);
	await silent.ended;
	time.pass(600_000);
	await idle.ended;
	await comesTrue(() => one.transports.connections === 1);
	registered.socket.ping();
	await comesTrue(() => registered.pongs.length === 1);
	registered.socket.terminate();
});

test("RFC 7118 §6 TR-51: a registered client is pinged when it is silent, answers by itself, and is never closed; one that is gone is closed after 15 s", async (t) => {
	const time = clock(t);
	await using one = await bench([WS]);
	const register = async () => {
		const phone = await WebPhone.connect(one.listener("ws").port, { autoPong: false });
		const at = one.user.messages.length;
		phone.send(message("REGISTER"));
		one.user.needed.add((await one.user.nth(at)).flow.connection);
		let pings = 0;
		phone.socket.on("ping", () => {
			pings += 1;
		});
		return { phone, pings: () => pings };
	};
	const [here, gone] = [await register(), await register()];
	for (let turn = 1; turn <= 5; turn += 1) {
		time.pass(26_000);
		await comesTrue(() => here.pings() === turn);
		here.phone.socket.pong();
		here.phone.socket.ping();
		await comesTrue(() => here.phone.pongs.length === turn);
	}
	assert.equal(await gone.phone.ended, 1006);
	assert.equal(gone.pings(), 1);
	assert.equal(one.transports.connections, 1);
	here.phone.socket.terminate();
});

test("TR-57: a client that does not answer our close frame is cut", async () => {
	const one = await bench([WS], { limits: { closingMs: 50 } });
	const mute = await rawWebSocket(one.listener("ws").port);
	mute.write(frame("text", message()));
	await one.user.nth(0);
	const closed = one.transports.close();
	while (mute.socket.readable && !mute.socket.destroyed) {
		mute.write(frame("text", message()));
		await new Promise((resolve) => setImmediate(resolve));
	}
	await closed;
	assert.equal(one.user.messages.length, 1, "nothing is read any more");
});

test("TR-55: one address has a limit of connections, those in a handshake included", async () => {
	await using one = await bench([WS], { limits: { connectionsPerSource: 2 } });
	const kept = await WebPhone.connect(one.listener("ws").port);
	const asking = await rawWebSocket(one.listener("ws").port);
	await assert.rejects(WebPhone.connect(one.listener("ws").port));
	assert.equal(one.transports.counters.connectionsRefused, 1);
	kept.socket.terminate();
	await comesTrue(() => one.transports.connections === 1);
	(await WebPhone.connect(one.listener("ws").port)).socket.terminate();
	asking.socket.destroy();
});

test("RFC 6455 §5.2 TR-54: whether a message has begun, however its octets are cut", () => {
	for (const size of [1, 2, 3, 7, 100_000]) {
		const progress = new FrameProgress();
		const started = (octets: string) => {
			for (let at = 0; at < octets.length; at += size)
				progress.push(Buffer.from(octets.slice(at, at + size), "latin1"));
			return progress.started;
		};
		for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
			const one = frame("text", "x".repeat(length));
			assert.equal(started(one), false, `${length} octets`);
			for (const cut of [1, 2, one.length - 1]) {
				assert.equal(started(one.slice(0, cut)), true, `${cut} of ${one.length}`);
				assert.equal(started(one.slice(cut)), false);
			}
		}
		assert.equal(started(frame("text", "x", { final: false })), true);
		assert.equal(started(frame("ping", "abc")), true, "control frames end no message");
		assert.equal(started(frame("continuation", "", { final: false })), true);
		assert.equal(started(frame("continuation", "")), false);
		assert.equal(started(frame("ping", "abc").slice(0, 4)), false, "a ping is no message");
		assert.equal(started(frame("ping", "abc").slice(4)), false);
	}
});
