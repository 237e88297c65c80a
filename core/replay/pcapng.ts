/**
 * Packets of a pcapng file (draft-ietf-opsawg-pcapng): blocks, each with its type and its length before
 * and after it. Sections say in which order octets stand, interface blocks what a packet of theirs is.
 */
import { CaptureError } from "./captured.ts";
import { INTERFACES_MAX, PACKET_BYTES_MAX } from "./limits.ts";
import type { Packet } from "./packet.ts";

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
const BLOCK_MIN = 12;
const BLOCK_MAX = 16 * 1024 * 1024;

type Interface = {
	readonly linkType: number;
	readonly snapLength: number;
	/** Of a number of its units of time. */
	milliseconds(units: bigint): number;
	/** Of the epoch. */
	readonly offsetMs: number;
};

type Numbers = { short(at: number): number; long(at: number): number };

export function isPcapng(file: Buffer): boolean {
	return file.length >= BLOCK_MIN && file.readUInt32BE(0) === SECTION;
}

export function* readPcapng(file: Buffer): Generator<Packet> {
	let numbers = numbersOf(file, true);
	const interfaces: Interface[] = [];
	for (let at = 0; at + BLOCK_MIN <= file.length; ) {
		if (file.readUInt32BE(at) === SECTION) {
			numbers = numbersOf(file, file.readUInt32LE(at + 8) === BYTE_ORDER);
			interfaces.length = 0;
		}
		const length = numbers.long(at + 4);
		if (length < BLOCK_MIN || length > BLOCK_MAX || length % 4 !== 0) throw damaged(at, length);
		// A capture that was cut off ends within a block.
		if (at + length > file.length) return;
		const block = { type: numbers.long(at), start: at + 8, end: at + length - 4 };
		if (block.type === INTERFACE) addInterface(interfaces, readInterface(file, numbers, block));
		const packet = readPacket(file, numbers, block, interfaces);
		if (packet !== undefined) yield packet;
		at += length;
	}
}

function addInterface(interfaces: Interface[], one: Interface): void {
	if (interfaces.length >= INTERFACES_MAX)
		throw new CaptureError(
			`the pcapng file has more than ${INTERFACES_MAX} interfaces`,
			"capture on fewer, or take a part of it with editcap",
		);
	interfaces.push(one);
}

type Block = { readonly type: number; readonly start: number; readonly end: number };

function readPacket(
	file: Buffer,
	numbers: Numbers,
	block: Block,
	interfaces: readonly Interface[],
): Packet | undefined {
	const { type, start, end } = block;
	if (type === SIMPLE_PACKET) return readSimple(file, numbers, block, interfaces[0]);
	if (type !== ENHANCED_PACKET && type !== OBSOLETE_PACKET) return undefined;
	if (start + 20 > end) return undefined;
	const { short, long } = numbers;
	const on = interfaces[type === ENHANCED_PACKET ? long(start) : short(start)];
	const length = long(start + 12);
	if (on === undefined || !fits(start + 20, length, end)) return undefined;
	const units = (BigInt(long(start + 4)) << 32n) | BigInt(long(start + 8));
	return {
		time: on.offsetMs + on.milliseconds(units),
		linkType: on.linkType,
		octets: file.subarray(start + 20, start + 20 + length),
	};
}

/** Without a time, and as long as the interface says or the packet was. */
function readSimple(
	file: Buffer,
	{ long }: Numbers,
	{ start, end }: Block,
	on: Interface | undefined,
): Packet | undefined {
	if (on === undefined || start + 4 > end) return undefined;
	const most = on.snapLength === 0 ? PACKET_BYTES_MAX : on.snapLength;
	const length = Math.min(long(start), most, end - start - 4);
	if (!fits(start + 4, length, end)) return undefined;
	const octets = file.subarray(start + 4, start + 4 + length);
	return { time: undefined, linkType: on.linkType, octets };
}

function fits(from: number, length: number, end: number): boolean {
	return length <= PACKET_BYTES_MAX && from + length <= end;
}

/** As a power of ten. */
const MICROSECOND = 6;
const OPTION_END = 0;
const OPTION_RESOLUTION = 9;
const OPTION_OFFSET = 14;

function readInterface(file: Buffer, { short, long }: Numbers, { start, end }: Block): Interface {
	if (start + 8 > end) throw damaged(start - 8, end + 4 - start + 8);
	let milliseconds = unitOf(MICROSECOND);
	let offsetMs = 0;
	for (let at = start + 8; at + 4 <= end; ) {
		const [code, length] = [short(at), short(at + 2)];
		if (code === OPTION_END || at + 4 + length > end) break;
		if (code === OPTION_RESOLUTION && length === 1) milliseconds = unitOf(file.readUInt8(at + 4));
		// A signed number of 64 bits, whose upper half nobody needs for some centuries.
		if (code === OPTION_OFFSET && length === 8) offsetMs = seconds(long, at + 4) * 1_000;
		at += 4 + length + ((4 - (length % 4)) % 4);
	}
	return { linkType: short(start), snapLength: long(start + 4), milliseconds, offsetMs };
}

/** A negative power of ten, or of two where the highest bit is set. Nanoseconds of the epoch are no exact doubles. */
function unitOf(exponent: number): Interface["milliseconds"] {
	const binary = BigInt(exponent & 0x7f);
	if (exponent & 0x80) return (units) => Number((units * 1_000n) >> binary);
	const unitsPerSecond = 10n ** BigInt(exponent);
	return (units) => Number((units * 1_000n) / unitsPerSecond);
}

/** Low or high half first, as the section has it: the other one is 0. */
function seconds(long: Numbers["long"], at: number): number {
	return Math.max(long(at), long(at + 4));
}

function numbersOf(file: Buffer, low: boolean): Numbers {
	return low
		? { short: (at) => file.readUInt16LE(at), long: (at) => file.readUInt32LE(at) }
		: { short: (at) => file.readUInt16BE(at), long: (at) => file.readUInt32BE(at) };
}

function damaged(at: number, length: number): CaptureError {
	return new CaptureError(
		`the pcapng file is damaged: a block of ${length} octets at ${at}`,
		"capture it again, or convert it with editcap",
	);
}
