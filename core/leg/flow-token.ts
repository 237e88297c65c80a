/**
 * Flows inside signed values: the flow token of RFC 5626 §5.2.
 *
 * A connection id means something only to the process that gave it, so it rides with that
 * process' boot number. After a restart the connection is recognised as gone, and the address is
 * what remains. A UDP flow outlives a restart.
 */
import type { Flow, TransportName } from "../base/flow.ts";
import { canonicalAddress, isIpv4 } from "../base/ip-address.ts";
import { type ByteReader, byte, counted, uint16, uint32, varint } from "./bytes.ts";

export type RememberedFlow = Flow & {
	/** It was a connection of an earlier run: `connection` is 0, and only the address is left. */
	readonly stale: boolean;
};

const TRANSPORTS: readonly TransportName[] = ["udp", "tcp", "tls", "ws", "wss"];

// First byte: bits 0-2 transport, bits 3-4 form of the address, then these.
const CONNECTION = 0x20;
const SERVER_NAME = 0x40;
const STALE = 0x80;
const IPV4 = 0;
const IPV6 = 1;
const TEXT = 2;
const DOT = 46;
const ZERO = 48;

export function encodeFlow(flow: Flow | RememberedFlow, boot: number): string {
	const { transport, listener, connection, host, port, serverName } = flow;
	const plain = connection === 0 && serverName === undefined && !("stale" in flow && flow.stale);
	if (plain && listener < 0x80 && isIpv4(host)) return encodeIpv4(flow);
	const { form, address } = packAddress(host);
	let first = TRANSPORTS.indexOf(transport) | (form << 3);
	if (connection !== 0) first |= CONNECTION;
	if (serverName !== undefined) first |= SERVER_NAME;
	if ("stale" in flow && flow.stale) first |= STALE;
	return (
		byte(first) +
		varint(listener) +
		address +
		uint16(port) +
		(connection === 0 ? "" : uint32(boot) + varint(connection)) +
		(serverName === undefined ? "" : counted(serverName))
	);
}

/** The usual case, written at once. */
function encodeIpv4({ transport, listener, host, port }: Flow): string {
	let octet = 0;
	let address = 0;
	for (let at = 0; at < host.length; at += 1) {
		const code = host.charCodeAt(at);
		if (code === DOT) {
			address = address * 0x100 + octet;
			octet = 0;
		} else octet = octet * 10 + code - ZERO;
	}
	return String.fromCharCode(
		TRANSPORTS.indexOf(transport) | (IPV4 << 3),
		listener,
		(address >>> 16) & 0xff,
		(address >>> 8) & 0xff,
		address & 0xff,
		octet,
		port >>> 8,
		port & 0xff,
	);
}

/** Undefined for bytes that `encodeFlow` does not write. */
export function decodeFlow(reader: ByteReader, boot: number): RememberedFlow | undefined {
	const first = reader.byte();
	const transport = TRANSPORTS[first & 7];
	const listener = reader.varint();
	const host = unpackAddress(reader, (first >>> 3) & 3);
	const port = reader.uint16();
	const ofThisRun = (first & CONNECTION) === 0 || reader.uint32() === boot >>> 0;
	const connection = (first & CONNECTION) === 0 ? 0 : reader.varint();
	const serverName = (first & SERVER_NAME) === 0 ? undefined : reader.counted();
	if (!reader.ok || transport === undefined || host === undefined) return undefined;
	const stale = !ofThisRun || (first & STALE) !== 0;
	return { transport, listener, host, port, serverName, stale, connection: stale ? 0 : connection };
}

/** Whether a message on `actual` came along the flow we remember: connection 0 stands for any to that address. */
export function sameFlow(remembered: Flow, actual: Flow): boolean {
	return (
		remembered.transport === actual.transport &&
		remembered.listener === actual.listener &&
		remembered.port === actual.port &&
		remembered.host === actual.host &&
		(remembered.connection === actual.connection ||
			remembered.connection === 0 ||
			actual.connection === 0)
	);
}

/** Packed only where unpacking gives the same text; a zone or a mapped address stays text. */
function packAddress(host: string): { form: number; address: string } {
	if (isIpv4(host)) return { form: IPV4, address: host.split(".").map(Number).map(byte).join("") };
	if (canonicalAddress(host) === host && !host.includes("."))
		return { form: IPV6, address: groups(host).map(uint16).join("") };
	return { form: TEXT, address: counted(host) };
}

function unpackAddress(reader: ByteReader, form: number): string | undefined {
	switch (form) {
		case IPV4:
			return `${reader.byte()}.${reader.byte()}.${reader.byte()}.${reader.byte()}`;
		case IPV6:
			return canonicalAddress(
				Array.from({ length: 8 }, () => reader.uint16().toString(16)).join(":"),
			);
		case TEXT:
			return reader.counted();
		default:
			return undefined;
	}
}

/** The eight groups of an IPv6 address in its canonical text. */
function groups(address: string): readonly number[] {
	const [before = "", after = ""] = address.split("::");
	const head = before === "" ? [] : before.split(":");
	const tail = after === "" ? [] : after.split(":");
	const gap = new Array<string>(8 - head.length - tail.length).fill("0");
	return [...head, ...gap, ...tail].map((group) => Number.parseInt(group, 16));
}
