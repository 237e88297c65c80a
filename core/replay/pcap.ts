/**
 * Packets of a pcap file (draft-ietf-opsawg-pcap): a header of 24 octets, whose first four say in which
 * order octets stand and what a fraction of a second is, and a header of 16 before each packet.
 *
 * Why not a package of npm: `pcap` captures live with native code, `pcap-parser` reads this format alone
 * and has not changed for years; neither reads pcapng, puts fragments together or follows TCP.
 */
import { CaptureError } from "./captured.ts";
import { PACKET_BYTES_MAX } from "./limits.ts";
import type { Packet } from "./packet.ts";

const FILE_HEADER = 24;
const PACKET_HEADER = 16;
/** Read from the low end: what the first four octets say. */
const MAGIC = new Map([
	[0xa1b2c3d4, { low: true, perMs: 1_000 }],
	[0xa1b23c4d, { low: true, perMs: 1_000_000 }],
	[0xd4c3b2a1, { low: false, perMs: 1_000 }],
	[0x4d3cb2a1, { low: false, perMs: 1_000_000 }],
]);

export function isPcap(file: Buffer): boolean {
	return file.length >= FILE_HEADER && MAGIC.has(file.readUInt32LE(0));
}

export function* readPcap(file: Buffer): Generator<Packet> {
	const form = MAGIC.get(file.readUInt32LE(0));
	if (form === undefined) return;
	const { low, perMs } = form;
	const number = (at: number) => (low ? file.readUInt32LE(at) : file.readUInt32BE(at));
	// The upper bits say how long a frame check sequence is.
	const linkType = number(20) & 0xffff;
	let at = FILE_HEADER;
	while (at + PACKET_HEADER <= file.length) {
		const [seconds, fraction, length] = [number(at), number(at + 4), number(at + 8)];
		if (length > PACKET_BYTES_MAX) throw damaged(at, length);
		at += PACKET_HEADER;
		// A capture that was cut off ends within a packet.
		if (at + length > file.length) return;
		const time = seconds * 1_000 + Math.floor(fraction / perMs);
		yield { time, linkType, octets: file.subarray(at, at + length) };
		at += length;
	}
}

function damaged(at: number, length: number): CaptureError {
	return new CaptureError(
		`the pcap file is damaged: a packet of ${length} octets at ${at}`,
		"capture it again, or mend it with pcapfix",
	);
}
