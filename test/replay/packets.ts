/** Writes captures for tests: IP packets of UDP and TCP, frames around them, and the files that hold those. */
import { isIPv4 } from "node:net";

export type Ends = {
	readonly from?: string;
	readonly fromPort?: number;
	readonly to?: string;
	readonly toPort?: number;
};

const TCP = 6;
const UDP = 17;

export function udp(text: string, ends: Ends = {}): Buffer {
	const payload = Buffer.from(text, "latin1");
	const header = Buffer.alloc(8);
	header.writeUInt16BE(ends.fromPort ?? 5060, 0);
	header.writeUInt16BE(ends.toPort ?? 5060, 2);
	header.writeUInt16BE(8 + payload.length, 4);
	return ip(UDP, Buffer.concat([header, payload]), ends);
}

export const FIN = 1;
export const SYN = 2;
export const RST = 4;

export function tcp(text: string, sequence: number, ends: Ends = {}, flags = 0): Buffer {
	const header = Buffer.alloc(24);
	header.writeUInt16BE(ends.fromPort ?? 40_000, 0);
	header.writeUInt16BE(ends.toPort ?? 5060, 2);
	header.writeUInt32BE(sequence >>> 0, 4);
	// With four octets of options.
	header.writeUInt8(6 << 4, 12);
	header.writeUInt8(flags, 13);
	return ip(TCP, Buffer.concat([header, Buffer.from(text, "latin1")]), ends);
}

type Part = { readonly offset: number; readonly more: boolean; readonly id: number };

/** One packet; `part`: a fragment of one. */
export function ip(protocol: number, payload: Buffer, ends: Ends = {}, part?: Part): Buffer {
	const { from = "192.0.2.7", to = "192.0.2.1" } = ends;
	return isIPv4(from)
		? ipv4(protocol, payload, from, to, part)
		: ipv6(protocol, payload, from, to, part);
}

/** The same packet in pieces of at most so many octets of payload. */
export function fragments(packet: Buffer, size: number, id = 7): readonly Buffer[] {
	const four = packet.readUInt8(0) >> 4 === 4;
	const payload = packet.subarray(four ? 20 : 40);
	const protocol = packet.readUInt8(four ? 9 : 6);
	const ends = four
		? { from: [...packet.subarray(12, 16)].join("."), to: [...packet.subarray(16, 20)].join(".") }
		: { from: groups(packet, 8), to: groups(packet, 24) };
	const parts: Buffer[] = [];
	for (let offset = 0; offset < payload.length; offset += size) {
		const more = offset + size < payload.length;
		parts.push(ip(protocol, payload.subarray(offset, offset + size), ends, { offset, more, id }));
	}
	return parts;
}

function ipv4(protocol: number, payload: Buffer, from: string, to: string, part?: Part): Buffer {
	const header = Buffer.alloc(20);
	header.writeUInt8(0x45, 0);
	header.writeUInt16BE(20 + payload.length, 2);
	header.writeUInt16BE(part?.id ?? 0, 4);
	if (part !== undefined) header.writeUInt16BE((part.offset / 8) | (part.more ? 0x2000 : 0), 6);
	header.writeUInt8(64, 8);
	header.writeUInt8(protocol, 9);
	header.set(from.split(".").map(Number), 12);
	header.set(to.split(".").map(Number), 16);
	return Buffer.concat([header, payload]);
}

function ipv6(protocol: number, payload: Buffer, from: string, to: string, part?: Part): Buffer {
	const fragment = Buffer.alloc(part === undefined ? 0 : 8);
	if (part !== undefined) {
		fragment.writeUInt8(protocol, 0);
		fragment.writeUInt16BE(part.offset | (part.more ? 1 : 0), 2);
		fragment.writeUInt32BE(part.id, 4);
	}
	const header = Buffer.alloc(40);
	header.writeUInt8(0x60, 0);
	header.writeUInt16BE(fragment.length + payload.length, 4);
	header.writeUInt8(part === undefined ? protocol : 44, 6);
	header.writeUInt8(64, 7);
	header.set(octetsOf(from), 8);
	header.set(octetsOf(to), 24);
	return Buffer.concat([header, fragment, payload]);
}

function octetsOf(address: string): Buffer {
	const [before = "", behind] = address.split("::");
	const words = (text: string) => (text === "" ? [] : text.split(":"));
	const [left, right] = [words(before), words(behind ?? "")];
	const zeros = Array<string>(behind === undefined ? 0 : 8 - left.length - right.length).fill("0");
	const octets = Buffer.alloc(16);
	[...left, ...zeros, ...right].forEach((word, at) => {
		octets.writeUInt16BE(Number.parseInt(word, 16), at * 2);
	});
	return octets;
}

function groups(packet: Buffer, at: number): string {
	return Array.from({ length: 8 }, (_, group) =>
		packet.readUInt16BE(at + group * 2).toString(16),
	).join(":");
}

const etherType = (packet: Buffer) => (packet.readUInt8(0) >> 4 === 4 ? 0x0800 : 0x86dd);

function words16(...words: readonly number[]): Buffer {
	const octets = Buffer.alloc(words.length * 2);
	for (const [at, word] of words.entries()) octets.writeUInt16BE(word, at * 2);
	return octets;
}

/** What stands around an IP packet, by LINKTYPE. */
export const FRAMES: Readonly<Record<string, { type: number; frame(packet: Buffer): Buffer }>> = {
	ethernet: {
		type: 1,
		frame: (packet) => Buffer.concat([Buffer.alloc(12), words16(etherType(packet)), packet]),
	},
	vlan: {
		type: 1,
		frame: (packet) =>
			Buffer.concat([Buffer.alloc(12), words16(0x88a8, 7, 0x8100, 8, etherType(packet)), packet]),
	},
	cooked: {
		type: 113,
		frame: (packet) => Buffer.concat([Buffer.alloc(14), words16(etherType(packet)), packet]),
	},
	"cooked 2": {
		type: 276,
		frame: (packet) => Buffer.concat([words16(etherType(packet)), Buffer.alloc(18), packet]),
	},
	raw: { type: 101, frame: (packet) => packet },
	loopback: { type: 0, frame: (packet) => Buffer.concat([Buffer.from([2, 0, 0, 0]), packet]) },
};

export type Timed = { readonly time: number; readonly frame: Buffer };

export type FileOptions = {
	readonly type?: number;
	/** The order of the octets: that of this machine is low. */
	readonly low?: boolean;
	readonly nanoseconds?: boolean;
};

/** Frames a second apart. */
export function timed(
	frames: readonly Buffer[],
	start = Date.UTC(2026, 2, 2, 9),
): readonly Timed[] {
	return frames.map((frame, at) => ({ time: start + at * 1_000, frame }));
}

export function pcap(
	frames: readonly Timed[],
	{ type = 101, low = true, nanoseconds = false }: FileOptions = {},
): Buffer {
	const write = writer(low);
	const header = Buffer.concat([
		write.long(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4),
		write.short(2, 4),
		write.long(0, 0, 262_144, type),
	]);
	const packets = frames.map(({ time, frame }) => {
		const fraction = (time % 1_000) * (nanoseconds ? 1e6 : 1e3);
		const head = write.long(Math.floor(time / 1_000), fraction, frame.length, frame.length);
		return Buffer.concat([head, frame]);
	});
	return Buffer.concat([header, ...packets]);
}

export function pcapng(
	frames: readonly Timed[],
	{ type = 101, low = true, nanoseconds = false }: FileOptions = {},
): Buffer {
	const write = writer(low);
	const block = (kind: number, body: Buffer) => {
		const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
		const length = padded.length + 12;
		return Buffer.concat([write.long(kind, length), padded, write.long(length)]);
	};
	const section = block(
		0x0a0d0d0a,
		Buffer.concat([write.long(0x1a2b3c4d), write.short(1, 0), write.long(0xffffffff, 0xffffffff)]),
	);
	const resolution = Buffer.concat([write.short(9, 1), Buffer.from([9, 0, 0, 0])]);
	const options = Buffer.concat([nanoseconds ? resolution : Buffer.alloc(0), write.short(0, 0)]);
	const card = block(1, Buffer.concat([write.short(type, 0), write.long(0), options]));
	const packets = frames.map(({ time, frame }) => {
		const units = BigInt(time) * (nanoseconds ? 1_000_000n : 1_000n);
		const [high, lower] = [Number(units >> 32n), Number(units & 0xffffffffn)];
		return block(6, Buffer.concat([write.long(0, high, lower, frame.length, frame.length), frame]));
	});
	// A block that nobody has to know.
	return Buffer.concat([section, card, block(0x0bad, Buffer.from("x")), ...packets]);
}

function writer(low: boolean) {
	const write =
		(size: 2 | 4) =>
		(...words: readonly number[]) => {
			const octets = Buffer.alloc(words.length * size);
			for (const [at, word] of words.entries()) {
				const value = word >>> 0;
				if (low) octets.writeUIntLE(value, at * size, size);
				else octets.writeUIntBE(value, at * size, size);
			}
			return octets;
		};
	return { short: write(2), long: write(4) };
}
