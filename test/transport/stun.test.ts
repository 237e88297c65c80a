import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { answerBinding, isStun } from "../../core/transport/stun.ts";
import { seeded } from "../support/seeded.ts";
import { bench, LOOPBACKS, message, PATIENCE_MS, Peer } from "./harness.ts";

const COOKIE = "2112a442";
const ID = "b7e7a701bc34d686fa87dfae";
const UDP = { transport: "udp", address: "127.0.0.1", port: 0 } as const;
const SEED = 8489;

/** Octets, and blanks between them. */
function hex(text: string): Buffer {
	return Buffer.from(text.replaceAll(/\s/g, ""), "hex");
}

function stun(type: string, attributes = "", length = hex(attributes).length): Buffer {
	return hex(`${type} ${length.toString(16).padStart(4, "0")} ${COOKIE} ${ID} ${attributes}`);
}

function answered(datagram: Buffer, host = "192.0.2.1", port = 32_853): string | undefined {
	assert.equal(isStun(datagram), true);
	const answer = answerBinding(datagram, host, port);
	return answer && Buffer.from(answer).toString("hex");
}

/** RFC 5769 §2.1, as far as FINGERPRINT, with PRIORITY of RFC 8445 in it. */
const SAMPLE_REQUEST = `0001 0058 ${COOKIE} ${ID}
	8022 0010 5354554e 20746573 7420636c 69656e74
	0024 0004 6e0001ff
	8029 0008 932ff9b1 51263b36
	0006 0009 6576746a 3a683676 59202020
	0008 0014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
	8028 0004 e57a3bcf`;

async function udpPeer(host = "127.0.0.1"): Promise<Socket> {
	const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
	socket.bind(0, host);
	await once(socket, "listening");
	return socket;
}

async function received(socket: Socket): Promise<Buffer> {
	const [datagram] = await once(socket, "message", { signal: AbortSignal.timeout(PATIENCE_MS) });
	return datagram;
}

test("RFC 5626 §8, RFC 8489 §14.2 TR-26: a Binding request is told the address it came from, as RFC 5769 §2.2 and §2.3 write it", () => {
	assert.equal(answered(stun("0001")), `0101000c${COOKIE}${ID}002000080001a147e112a643`);
	assert.equal(
		answered(stun("0001"), "2001:db8:1234:5678:11:2233:4455:6677"),
		`01010018${COOKIE}${ID}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`,
	);
	assert.equal(
		answered(stun("0001"), "fe80::1%eth0"),
		answered(stun("0001"), "fe80::1"),
		"a zone means something on one machine only",
	);
});

test("RFC 8489 §6.3 TR-26: two zero bits and the magic cookie make STUN, and nothing else does", () => {
	assert.equal(isStun(stun("0001")), true);
	assert.equal(isStun(stun("3fff")), true);
	for (const other of [
		stun("4001"),
		stun("0001").subarray(0, 19),
		hex(`0001 0000 00000000 ${ID}`),
		Buffer.from("OPTIONS sip:a@example.com SIP/2.0\r\n\r\n"),
		Buffer.alloc(0),
		Buffer.alloc(20),
	])
		assert.equal(isStun(other), false, other.toString("hex"));
});

test("RFC 8489 §6.3.1 §9 §14.8 §14.13 §18.3.1 TR-27: what has to be understood and is not gets 420 with its name, what need not be is ignored", () => {
	const success = answered(stun("0001"));
	assert.equal(answered(stun("0001", "7777 0000")), refused("7777"));
	assert.equal(
		answered(stun("0001", "7777 0001 01000000 8777 0000 0024 0004 00000000")),
		refused("7777 0024"),
	);
	assert.equal(answered(stun("0001", "8777 0003 01020300")), success);
	assert.equal(
		answered(stun("0001", "0006 0001 61000000")),
		success,
		"no credentials are asked for",
	);
	const behind = `0008 0014 ${"00".repeat(20)} 7777 0000`;
	assert.equal(answered(stun("0001", behind)), success, "behind MESSAGE-INTEGRITY all is ignored");
	assert.equal(answered(hex(SAMPLE_REQUEST)), refused("0024"), "RFC 5769 §2.1 is for ICE");
});

function refused(unknown: string): string {
	const list = hex(unknown);
	const padded = (list.length + 3) & ~3;
	const attributes = Buffer.concat([
		hex("0009 0015 00000414"),
		Buffer.from("Unknown Attribute"),
		hex("000000 000a"),
		hex(list.length.toString(16).padStart(4, "0")),
		list,
		Buffer.alloc(padded - list.length),
	]);
	return stun("0111", attributes.toString("hex")).toString("hex");
}

test("RFC 8489 §5 §6.3 TR-27: malformed requests, indications, responses and other methods get no answer", () => {
	for (const [what, datagram] of [
		["a length above what came", stun("0001", "", 4)],
		["a length below what came", stun("0001", "8777 0000", 0)],
		["a length that is no multiple of four", stun("0001", "010203")],
		["an attribute without room for its header", stun("0001", "8777")],
		["an attribute longer than the message", stun("0001", "8777 0008 00000000")],
		["an attribute without its padding", stun("0001", "8777 0002 0102")],
		["more attributes than anybody sends", stun("0001", "8777 0000".repeat(33))],
		["an indication", stun("0011")],
		["a success response", stun("0101")],
		["an error response", stun("0111")],
		["another method", stun("0003")],
	] as const)
		assert.equal(answered(datagram), undefined, what);
});

test(`RFC 8489 §6.3 TR-27 TR-60: whatever comes, the answer is well-formed or none, and never three times as long (seed ${SEED})`, () => {
	const { below } = seeded(SEED);
	const samples = [stun("0001"), stun("0001", "7777 0000"), hex(SAMPLE_REQUEST)];
	for (let round = 0; round < 20_000; round += 1) {
		const whole = Buffer.from(samples[below(samples.length)] ?? "");
		for (let count = below(4); count > 0; count -= 1) whole[below(whole.length)] = below(256);
		const datagram = whole.subarray(0, whole.length - (below(3) === 0 ? below(whole.length) : 0));
		if (!isStun(datagram)) continue;
		const answer = answerBinding(datagram, "2001:db8::1", 1 + below(65_535));
		if (answer === undefined) continue;
		assert.equal(answer.length, 20 + 256 * (answer[2] ?? 0) + (answer[3] ?? 0));
		assert.equal(answer.length % 4, 0);
		assert.ok(answer.length <= 3 * datagram.length, `${answer.length} for ${datagram.length}`);
		assert.deepEqual(Buffer.from(answer.subarray(4, 20)), datagram.subarray(4, 20));
	}
});

for (const address of LOOPBACKS)
	test(`RFC 5626 §5.4 TR-26 TR-27: over ${address} STUN and SIP share the port, and a repeat is answered again`, async () => {
		await using one = await bench([{ ...UDP, address }]);
		const { port } = one.listener("udp");
		const peer = await udpPeer(address);
		const expected = answered(stun("0001"), address, peer.address().port);
		for (let repeat = 0; repeat < 2; repeat += 1) {
			peer.send(stun("0001"), port, address);
			assert.equal((await received(peer)).toString("hex"), expected);
		}
		peer.send(stun("0011"), port, address);
		peer.send(hex(`0001 0000 00000000 ${ID}`), port, address);
		peer.send(message(), port, address);
		await one.user.nth(1);
		const { stunAnswered, stunDropped } = one.transports.counters;
		assert.deepEqual([stunAnswered, stunDropped], [2, 1]);
		const [tried, sip] = one.user.messages.map(({ text }) => text);
		assert.equal(tried?.slice(0, 2), "\0\x01", "without the cookie it is tried as SIP");
		assert.equal(sip, message());
		peer.close();
	});

test("RFC 5626 §5.4 TR-26: on a dual-stack listener an IPv4 client is told its IPv4 address", async () => {
	if (!LOOPBACKS.includes("::1")) return;
	await using one = await bench([{ ...UDP, address: "::" }]);
	const peer = await udpPeer();
	peer.send(stun("0001"), one.listener("udp").port, "127.0.0.1");
	assert.equal(
		(await received(peer)).toString("hex"),
		answered(stun("0001"), "127.0.0.1", peer.address().port),
	);
	peer.close();
});

test("RFC 5626 §4.4.1 TR-28: STUN is not offered on a stream: the connection closes without an answer", async () => {
	await using one = await bench([{ ...UDP, transport: "tcp" }]);
	const peer = await Peer.connect(one.listener("tcp").port);
	peer.write(stun("0001").toString("latin1"));
	await peer.ended;
	assert.equal(peer.received, "");
	assert.equal(one.user.framingErrors.length, 1);
	assert.equal(one.transports.counters.stunAnswered, 0);
});

test("RFC 5626 §4.4.2 TR-28: CR LF is no keep-alive on UDP: it gets no pong", async () => {
	await using one = await bench([UDP]);
	const { port } = one.listener("udp");
	const peer = await udpPeer();
	peer.send("\r\n\r\n", port, "127.0.0.1");
	peer.send(stun("0001"), port, "127.0.0.1");
	assert.equal((await received(peer))[0], 1, "the first that comes back is for the STUN request");
	assert.equal(one.transports.counters.pings, 0);
	peer.close();
});
