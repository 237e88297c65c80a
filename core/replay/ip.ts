/** IP packets put together: RFC 791 §3.2, RFC 8200 §4.5. What a datagram carries, from whom and to whom. */
import { BoundedMap } from "../base/bounded-map.ts";
import { canonicalAddress } from "../base/ip-address.ts";
import type { Tally } from "./captured.ts";
import { FRAGMENTED_MAX, FRAGMENTS_MAX } from "./limits.ts";

export type Datagram = {
	readonly protocol: number;
	readonly source: string;
	readonly destination: string;
	readonly payload: Buffer;
};

type Piece = Datagram & {
	readonly id: string;
	readonly offset: number;
	/** Others follow. */
	readonly more: boolean;
};

const IPV6_HEADER = 40;
const FRAGMENT_HEADER = 44;
/** Hop-by-hop options, routing, destination options: each says how long it is. */
const SKIPPED = [0, 43, 60];
const EXTENSIONS_MAX = 8;
const DATAGRAM_MAX = 65_535;

export class IpReader {
	readonly #tally: Tally;
	readonly #fragmented = new BoundedMap<string, Piece[]>("fragmented datagrams", FRAGMENTED_MAX);

	constructor(tally: Tally) {
		this.#tally = tally;
	}

	/** Undefined for what is no IP, and until the last fragment has come. */
	read(packet: Buffer): Datagram | undefined {
		const version = packet.length === 0 ? 0 : packet.readUInt8(0) >> 4;
		const piece = version === 4 ? readIpv4(packet) : version === 6 ? readIpv6(packet) : undefined;
		if (piece === undefined || (piece.offset === 0 && !piece.more)) return piece;
		return this.#join(piece);
	}

	/** Datagrams that are still not whole. */
	end(): void {
		this.#tally.add("datagrams with a fragment missing", this.#fragmented.size);
	}

	#join(piece: Piece): Datagram | undefined {
		const { source, destination, protocol } = piece;
		const key = `${source} ${destination} ${protocol} ${piece.id}`;
		const pieces = [...(this.#fragmented.get(key) ?? []), piece];
		const payload = joined(pieces);
		if (payload === undefined && pieces.length <= FRAGMENTS_MAX) {
			if (this.#fragmented.push(key, pieces)) this.#tally.add("datagrams with a fragment missing");
			return undefined;
		}
		this.#fragmented.delete(key);
		return payload && { protocol, source, destination, payload };
	}
}

/** Undefined while something is missing. */
function joined(pieces: readonly Piece[]): Buffer | undefined {
	const sorted = [...pieces].sort((a, b) => a.offset - b.offset);
	if (sorted.at(-1)?.more !== false) return undefined;
	const parts: Buffer[] = [];
	let end = 0;
	for (const { offset, payload } of sorted) {
		if (offset > end) return undefined;
		// A fragment that came twice, or overlaps the one before.
		const part = payload.subarray(Math.min(end - offset, payload.length));
		parts.push(part);
		end += part.length;
	}
	return end > DATAGRAM_MAX ? undefined : Buffer.concat(parts);
}

function readIpv4(packet: Buffer): Piece | undefined {
	if (packet.length < 20) return undefined;
	const header = (packet.readUInt8(0) & 15) * 4;
	const total = packet.readUInt16BE(2);
	// Offload of segments leaves the length out.
	const end = total === 0 ? packet.length : total;
	if (header < 20 || end < header || packet.length < end) return undefined;
	const flags = packet.readUInt16BE(6);
	return {
		protocol: packet.readUInt8(9),
		source: ipv4At(packet, 12),
		destination: ipv4At(packet, 16),
		id: String(packet.readUInt16BE(4)),
		offset: (flags & 0x1fff) * 8,
		more: (flags & 0x2000) !== 0,
		payload: packet.subarray(header, end),
	};
}

function readIpv6(packet: Buffer): Piece | undefined {
	if (packet.length < IPV6_HEADER) return undefined;
	const length = packet.readUInt16BE(4);
	const end = length === 0 ? packet.length : IPV6_HEADER + length;
	if (packet.length < end) return undefined;
	const carried = behindExtensions(packet, end);
	return (
		carried && {
			protocol: carried.protocol,
			source: ipv6At(packet, 8),
			destination: ipv6At(packet, 24),
			...carried.fragment,
			payload: packet.subarray(carried.start, end),
		}
	);
}

/** What stands behind the extension headers (RFC 8200 §4); undefined where they lead out of the packet. */
function behindExtensions(packet: Buffer, end: number) {
	let protocol = packet.readUInt8(6);
	let start = IPV6_HEADER;
	let fragment = { id: "", offset: 0, more: false };
	for (let seen = 0; seen < EXTENSIONS_MAX && isExtension(protocol); seen += 1) {
		if (start + 8 > end) return undefined;
		const isFragment = protocol === FRAGMENT_HEADER;
		if (isFragment) fragment = readFragment(packet, start);
		protocol = packet.readUInt8(start);
		start += isFragment ? 8 : (packet.readUInt8(start + 1) + 1) * 8;
	}
	return start > end ? undefined : { protocol, start, fragment };
}

function isExtension(protocol: number): boolean {
	return protocol === FRAGMENT_HEADER || SKIPPED.includes(protocol);
}

function readFragment(packet: Buffer, at: number) {
	const flags = packet.readUInt16BE(at + 2);
	const id = String(packet.readUInt32BE(at + 4));
	return { id, offset: flags & 0xfff8, more: (flags & 1) !== 0 };
}

function ipv4At(packet: Buffer, at: number): string {
	return [...packet.subarray(at, at + 4)].join(".");
}

function ipv6At(packet: Buffer, at: number): string {
	const groups = Array.from({ length: 8 }, (_, group) =>
		packet.readUInt16BE(at + group * 2).toString(16),
	);
	const text = groups.join(":");
	return canonicalAddress(text) ?? text;
}
