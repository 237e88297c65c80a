/** Messages out of captures: link types, fragments, TCP as it comes, both kinds of file, and what is damaged. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Captured, CaptureError, Tally } from "../../core/replay/captured.ts";
import { SEGMENTS_AHEAD_MAX } from "../../core/replay/limits.ts";
import { readCapture } from "../../core/replay/read-capture.ts";
import { request } from "../script/harness.ts";
import { seeded } from "../support/seeded.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { FIN, FRAMES, fragments, pcap, pcapng, RST, SYN, tcp, timed, udp } from "./packets.ts";

const INVITE = request("INVITE", "sip:5000@192.0.2.1", { body: "v=0\r\n" });
const OPTIONS = request("OPTIONS", "sip:192.0.2.1");
const SIX = { from: "2001:db8::7", to: "2001:db8::1" };

type Read = { messages: readonly Captured[]; skipped: Readonly<Record<string, number>> };

async function read(t: TestContext, file: Buffer | string): Promise<Read> {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const path = join(folder.path, "capture");
	writeFileSync(path, file);
	const tally = new Tally();
	const messages = [...(await readCapture(path, tally))];
	return { messages, skipped: Object.fromEntries(tally.counts) };
}

const textsOf = ({ messages }: Read) => messages.map(({ text }) => text);
const raw = (packets: readonly Buffer[]) => pcap(timed(packets));

const WAYS_TO_WRITE = [true, false].flatMap((low) =>
	[true, false].flatMap((nanoseconds) =>
		[pcap, pcapng].map((write) => ({ write, low, nanoseconds })),
	),
);

for (const { write, low, nanoseconds } of WAYS_TO_WRITE)
	test(`a datagram is read in every kind of frame, IPv4 and IPv6: ${write.name}, ${low ? "low" : "high"} octet first, ${nanoseconds ? "nano" : "micro"}seconds`, async (t) => {
		const time = Date.UTC(2026, 2, 2, 9) + 123;
		for (const [name, { type, frame }] of Object.entries(FRAMES))
			for (const [from, to] of [
				["192.0.2.7", "192.0.2.1"],
				["2001:db8::7", "2001:db8::1"],
			] as const) {
				const frames = timed([frame(udp(INVITE, { from, to }))], time);
				const { messages } = await read(t, write(frames, { type, low, nanoseconds }));
				const [source, destination] = [from, to].map((host) => ({ host, port: 5060 }));
				const expected = { time, transport: "udp", source, destination, text: INVITE };
				assert.deepEqual(messages, [expected], `${name} ${from}`);
			}
	});

test("RFC 791 §3.2, RFC 8200 §4.5: fragments are put together in any order; one that is missing is told", async (t) => {
	const large = request("INVITE", "sip:5000@192.0.2.1", { body: "x".repeat(3_000) });
	for (const ends of [{}, SIX]) {
		const parts = fragments(udp(large, ends), 1_480);
		assert.equal(parts.length, 3);
		const [one, two, three] = parts as [Buffer, Buffer, Buffer];
		for (const order of [parts, [three, one, two], [two, two, three, one]])
			assert.deepEqual(textsOf(await read(t, raw(order))), [large]);
		const { messages, skipped } = await read(t, raw([one, three, udp(OPTIONS, ends)]));
		assert.deepEqual(
			messages.map(({ text }) => text),
			[OPTIONS],
		);
		assert.deepEqual(skipped, { "datagrams with a fragment missing": 1 });
	}
});

test("RFC 3261 §18.3, RFC 9293 §3.4: messages on TCP are read however they are cut, reordered and sent again, across the end of the sequence numbers", async (t) => {
	const stream = `${INVITE}\r\n\r\n${OPTIONS}${INVITE}`;
	for (let seed = 1; seed <= 60; seed += 1) {
		const random = seeded(seed);
		const start = 2 ** 32 - random.below(stream.length * 2);
		const segments: Buffer[] = [];
		for (let at = 0; at < stream.length; ) {
			const length = 1 + random.below(400);
			segments.push(tcp(stream.slice(at, at + length), (start + 1 + at) % 2 ** 32));
			if (random.below(4) === 0)
				segments.push(tcp(stream.slice(at, at + length), (start + 1 + at) % 2 ** 32));
			at += length;
		}
		for (let swaps = 0; swaps < 5; swaps += 1) {
			const at = random.below(segments.length - 1);
			const [one, two] = [segments[at], segments[at + 1]];
			if (one !== undefined && two !== undefined) segments.splice(at, 2, two, one);
		}
		const packets = [tcp("", start, {}, SYN), ...segments, tcp("", 0, {}, RST)];
		const got = textsOf(await read(t, raw(packets)));
		assert.deepEqual(got, [INVITE, OPTIONS, INVITE], `seed ${seed}`);
	}
});

test("a capture that begins within a message on TCP, or misses a segment, goes on with the next message", async (t) => {
	const middle = tcp(INVITE.slice(100), 1_000);
	const next = tcp(OPTIONS, 1_000 + INVITE.length - 100);
	assert.deepEqual(textsOf(await read(t, raw([middle, next]))), [OPTIONS]);

	const much = "x".repeat(60_000);
	const large = request("MESSAGE", "sip:5000@192.0.2.1", { body: much });
	const packets: Buffer[] = [tcp(INVITE.slice(0, 50), 0)];
	for (let at = 0; at < 20; at += 1) packets.push(tcp(large, 5_000 + at * large.length));
	const { messages, skipped } = await read(t, raw(packets));
	assert.equal(messages.length, 20);
	assert.deepEqual(skipped, { "gaps in TCP connections": 1 });
});

test("segments of single octets behind one that is missing are not kept without end, and one that is longer counts", async (t) => {
	const first = tcp(OPTIONS.slice(0, 50), 0);
	const octets = Array.from({ length: SEGMENTS_AHEAD_MAX + 1 }, (_, at) => tcp("x", 1_000 + at));
	const after = tcp(INVITE, 1_000 + octets.length);
	const cut = await read(t, raw([first, ...octets, after]));
	assert.deepEqual(textsOf(cut), [INVITE]);
	assert.deepEqual(cut.skipped, { "gaps in TCP connections": 1 });
	const short = tcp(OPTIONS.slice(100, 101), 100);
	const whole = [short, tcp(OPTIONS.slice(100), 100), short, tcp(OPTIONS.slice(50, 100), 50)];
	assert.deepEqual(textsOf(await read(t, raw([first, ...whole]))), [OPTIONS]);
});

test("media, HTTP and TLS beside SIP are passed over; what cannot be read is told", async (t) => {
	const tls = { fromPort: 40_001, toPort: 5061 };
	const http = { fromPort: 40_002, toPort: 80 };
	const { messages, skipped } = await read(
		t,
		raw([
			udp("\x80\x00rtp", { fromPort: 8_000, toPort: 9_000 }),
			udp("\r\n\r\n"),
			tcp("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1, http),
			tcp("\x16\x03\x01\x02\x00", 1, tls),
			tcp("more of it", 6, tls),
			tcp("INVITE sip:a@b SIP/2.0\r\nbroken", 1, { fromPort: 40_003 }, FIN),
			udp(INVITE),
		]),
	);
	assert.deepEqual(
		messages.map(({ text }) => text),
		[INVITE],
	);
	assert.deepEqual(skipped, {
		"encrypted connections, which nobody can read": 1,
		"messages on TCP that are not whole": 1,
	});
});

test("a capture that ends within a packet is read up to there; one that is damaged is refused, and so is what is none", async (t) => {
	for (const write of [pcap, pcapng]) {
		const whole = write(timed([udp(INVITE), udp(OPTIONS)]));
		for (const cut of [1, 50, 200])
			assert.deepEqual(textsOf(await read(t, whole.subarray(0, whole.length - cut))), [INVITE]);
	}
	const damaged = pcap(timed([udp(INVITE)]));
	damaged.writeUInt32LE(0x7fffffff, 32);
	const refused = async (file: Buffer | string, message: RegExp) =>
		assert.rejects(
			read(t, file),
			(error) => error instanceof CaptureError && message.test(error.message),
		);
	await refused(damaged, /the pcap file is damaged: a packet of 2147483647 octets/);
	const blocks = pcapng(timed([udp(INVITE)]));
	blocks.writeUInt32LE(3, 4);
	await refused(blocks, /the pcapng file is damaged: a block of 3 octets/);
	await refused(
		"nothing of the kind\n",
		/neither pcap nor pcapng, and no line of it begins a SIP message/,
	);
	await refused(Buffer.from([0x1f, 0x8b, 8, 0]), /is compressed/);
	await assert.rejects(readCapture("/nowhere/x.pcap", new Tally()), /cannot be read \(ENOENT\)/);
});

test("whatever octets a capture has, it is read to its end or refused with an error of ours", async (t) => {
	const good = [pcap, pcapng].map((write) =>
		write(timed([udp(INVITE), tcp(OPTIONS, 1), ...fragments(udp(INVITE), 200)])),
	);
	for (let seed = 1; seed <= 300; seed += 1) {
		const random = seeded(seed);
		const file = Buffer.from(random.pick(good));
		for (let changes = 0; changes < 8; changes += 1)
			file.writeUInt8(random.below(256), 4 + random.below(file.length - 4));
		await read(t, file).catch((error) =>
			assert.ok(error instanceof CaptureError, `seed ${seed}: ${error}`),
		);
	}
});

test("captures of Wireshark's own tools are read", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const dump = INVITE.split("")
		.map((one) => one.charCodeAt(0).toString(16).padStart(2, "0"))
		.join(" ");
	const input = folder.write("dump.txt", `2026-03-02T09:00:00.250000Z\n000000 ${dump}\n`);
	for (const [kind, protocol] of [
		["pcap", "-u"],
		["pcapng", "-T"],
	] as const) {
		const output = join(folder.path, kind);
		const args = ["-F", kind, "-4", "192.0.2.7,192.0.2.1", protocol, "5070,5060", "-t", "ISO"];
		const made = spawnSync("text2pcap", [...args, input, output], { encoding: "utf8" });
		if (made.error !== undefined) {
			t.skip("text2pcap is not installed");
			return;
		}
		const { messages } = await read(t, readFileSync(output));
		assert.equal(messages.length, 1, made.stderr);
		assert.deepEqual(
			[messages[0]?.text, messages[0]?.source, messages[0]?.time],
			[INVITE, { host: "192.0.2.7", port: 5070 }, Date.UTC(2026, 2, 2, 9) + 250],
		);
	}
});
