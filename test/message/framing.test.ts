import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamFramer } from "../../core/message/framing.ts";
import { MAX_HEAD, MAX_LINE, MAX_STREAM_MESSAGE } from "../../core/message/limits.ts";
import { parseMessage } from "../../core/message/parse-message.ts";
import { buildResponse } from "../../core/message/response.ts";
import { seeded } from "../support/seeded.ts";
import { slowness, threadTime } from "../support/slowness.ts";
import { options } from "./texts.ts";

const read = (...chunks: string[]) => {
	const framer = new StreamFramer();
	const story: string[] = [];
	for (const chunk of chunks) {
		framer.push(chunk);
		for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
			if (frame.kind === "message") story.push(frame.text);
			else
				story.push(
					frame.kind === "error" ? `${frame.error.status} ${frame.error.field}` : frame.kind,
				);
		}
	}
	return story;
};
const message = (body = "", name = "Content-Length") =>
	options({ [name]: String(body.length) }, body);

test("RFC 3261 §18.3 MSG-25: messages on a stream end at Content-Length", () => {
	const [a, b] = [message("one"), message("", "l")];
	assert.deepEqual(read(a + b), [a, b]);
	assert.deepEqual(read(a.slice(0, 30), a.slice(30) + b.slice(0, 5), b.slice(5)), [a, b]);
	const folded = options({ "Content-Length": "\r\n  3 " }, "abc");
	assert.deepEqual(read(folded + a), [folded, a]);
});

test("RFC 3261 §7.5 MSG-28 TR-23: empty lines before a message are ignored", () => {
	const a = message();
	assert.deepEqual(read(`\r\n${a}`), [a]);
	assert.deepEqual(read(`${a}\r\n${a}`), [a, a]);
	assert.deepEqual(read(`\r\n\r\n${a}`), ["ping", a]);
});

test("RFC 5626 §4.4.1 TR-23: CR LF CR LF between messages is a ping, one CR LF may be a pong", () => {
	const a = message();
	assert.deepEqual(read("\r\n\r\n"), ["ping"]);
	assert.deepEqual(read("\r\n\r\n\r\n\r\n"), ["ping", "ping"]);
	assert.deepEqual(read("\r\n"), ["pong"]);
	assert.deepEqual(read(`${a}\r\n\r\n${a}\r\n\r\n`), [a, "ping", a, "ping"]);
	assert.deepEqual(read("\r", "\n\r", "\n"), ["ping"]);
	assert.deepEqual(read("\r\n", "\r\n"), ["pong", "ping"]);
	assert.deepEqual(read("\r\n\r", "\n\r\n"), ["ping", "pong"], "three, split over segments");
	assert.deepEqual(read("\r\n", a, "\r\n"), ["pong", a, "pong"]);
});

test("RFC 5626 §4.4.1 TR-24: a CR LF CR LF inside a body is body", () => {
	const a = message("\r\n\r\n");
	assert.deepEqual(read(a), [a]);
	assert.deepEqual(read(...a), [a]);
});

test("RFC 4475 §3.1.2.3, §3.3.9 MSG-27: without a sound Content-Length the stream cannot be followed", () => {
	for (const value of ["-1", "x", "", "1 2"])
		assert.deepEqual(read(options({ "Content-Length": value })), ["400 Content-Length"], value);
	assert.deepEqual(read(options()), ["400 Content-Length"]);
	assert.deepEqual(read(options({ "Content-Length": "0", l: "0" })), ["400 Content-Length"]);
});

test("RFC 3261 §18.3 MSG-27: what follows an error is not read, and the head can be answered", () => {
	const framer = new StreamFramer();
	framer.push(options({ "Content-Length": "-1" }) + message());
	const frame = framer.next();
	assert.equal(frame?.kind, "error");
	framer.push(message());
	assert.equal(framer.next(), undefined);
	assert.equal(framer.buffered, 0);
	const bad = parseMessage(frame?.kind === "error" ? frame.text : "", "stream");
	assert.equal(bad.kind, "malformed");
	assert.ok(bad.kind === "malformed" && buildResponse(bad, 400)?.startsWith("SIP/2.0 400 "));
});

test("RFC 3261 §25.1 MSG-29: lone CR or LF, or what cannot begin a message, ends the stream", () => {
	assert.deepEqual(read(message().replaceAll("\r\n", "\n")), ["400 stream"]);
	for (const noise of ["\n", "\r\r", "\rA", "\r\n\n", "\x16\x03\x01", " A", "\0"])
		assert.deepEqual(read(noise).at(-1), "400 stream", JSON.stringify(noise));
	assert.deepEqual(read("OPTIONS", "\n"), ["400 stream"]);
	assert.deepEqual(read("OPTIONS\r", "\n\n"), ["400 stream"]);
});

test("RFC 3261 §18.1.1 MSG-39: sizes are bounded before a message is whole", () => {
	const line = `X: ${"x".repeat(MAX_LINE)}`;
	assert.deepEqual(read(`OPTIONS sip:a SIP/2.0\r\n${line}`), ["513 stream"]);
	assert.deepEqual(read("x".repeat(MAX_LINE + 1)), ["513 stream"]);
	const many = `X: ${"x".repeat(1000)}\r\n`.repeat(MAX_HEAD / 1000 + 1);
	assert.deepEqual(read(`OPTIONS sip:a SIP/2.0\r\n${many}`), ["513 stream"]);
	assert.deepEqual(read(options({ "Content-Length": "300000" })), ["513 stream"]);
	assert.deepEqual(read(options({ "Content-Length": "9".repeat(500) })), ["513 stream"]);
	const size = MAX_STREAM_MESSAGE - message().length - 5;
	const largest = options({ "Content-Length": String(size) }, "x".repeat(size));
	assert.equal(largest.length, MAX_STREAM_MESSAGE);
	assert.deepEqual(read(largest), [largest]);
});

test("RFC 3261 §18.3: however a stream is cut, the frames are the same", () => {
	const stream = `${message("a")}\r\n\r\n${message("\r\n\r\n")}${message("", "L")}\r\n\r\n${message("z")}`;
	const whole = read(stream);
	assert.equal(whole.length, 6);
	assert.deepEqual(
		read(...stream).filter((frame) => frame !== "pong"),
		whole,
	);
	for (let seed = 1; seed <= 300; seed += 1) {
		const random = seeded(seed);
		const chunks: string[] = [];
		for (let at = 0; at < stream.length; ) {
			const size = 1 + random.below(120);
			chunks.push(stream.slice(at, at + size));
			at += size;
		}
		assert.deepEqual(
			read(...chunks).filter((frame) => frame !== "pong"),
			whole,
			`seed ${seed}`,
		);
	}
});

test("RFC 3261 §18.3: buffered counts what waits, started tells a message in progress", () => {
	const framer = new StreamFramer();
	framer.push("\r");
	assert.equal(framer.next(), undefined);
	assert.equal(framer.started, false);
	framer.push(`\n${message("abc").slice(0, -1)}`);
	assert.equal(framer.buffered, message("abc").length);
	assert.equal(framer.next(), undefined);
	assert.equal(framer.started, true);
	assert.equal(framer.buffered, message("abc").length - 1);
	framer.push("c");
	assert.equal(framer.next()?.kind, "message");
	assert.equal(framer.started, false);
	assert.equal(framer.buffered, 0);
});

test("MSG-40: a message that arrives octet by octet costs linear time", () => {
	const slow = options(
		{ "Content-Length": "100000", "X-A": Array(60).fill("y".repeat(1000)) },
		"x".repeat(100_000),
	);
	const framer = new StreamFramer();
	const most = 500 * slowness(threadTime);
	const before = threadTime();
	let frames = 0;
	for (let at = 0; at < slow.length; at += 1) {
		framer.push(slow.charAt(at));
		if (framer.next() !== undefined) frames += 1;
	}
	assert.equal(frames, 1);
	assert.ok(threadTime() - before < most, "160,000 pushes in half a second of this thread");
});
