/**
 * The header that a balancer puts before the octets of a client: the PROXY protocol, versions 1 and
 * 2, of HAProxy's proxy-protocol.txt. It says where the client's connection comes from, which is
 * the address that the Via is compared with (RFC 3261 §18.2.1).
 *
 *     PROXY TCP4 192.0.2.7 203.0.113.5 40000 5061\r\n
 *     \r\n\r\n\0\r\nQUIT\n  version|command  family|protocol  length  addresses  …
 *
 * No I/O: octets in, a reading out. What follows the addresses in version 2 is skipped.
 */
import { canonicalAddress, isIpv4, isUnicast, unmapped } from "../base/ip-address.ts";

/** Octets of a header. "Always smaller than an MSS", says the protocol. */
export const PROXY_HEADER_MAX = 2_048;

export type ProxiedPeer = { readonly host: string; readonly port: number };

export type ProxyHeader =
	/** So far it may become one: more has to come. */
	| { readonly kind: "incomplete" }
	| { readonly kind: "malformed"; readonly reason: string }
	/** `length` octets are the header. Without a peer the balancer speaks for itself. */
	| { readonly kind: "header"; readonly length: number; readonly peer: ProxiedPeer | undefined };

const INCOMPLETE: ProxyHeader = { kind: "incomplete" };

/** Reads the header at the beginning of what came so far. */
export function readProxyHeader(octets: Uint8Array): ProxyHeader {
	if (octets.length === 0) return INCOMPLETE;
	if (octets[0] === BINARY[0]) return startsLike(octets, BINARY) ? readBinary(octets) : NEITHER;
	return startsLike(octets, TEXT) ? readText(octets) : NEITHER;
}

/** As far as both go. */
function startsLike(octets: Uint8Array, signature: readonly number[]): boolean {
	return signature.every((octet, at) => at >= octets.length || octets[at] === octet);
}

/** Version 1: one line, at most so long. */
function readText(octets: Uint8Array): ProxyHeader {
	const within = octets.subarray(0, LINE_MAX);
	const end = within.indexOf(LF);
	if (end === -1) return octets.length < LINE_MAX ? INCOMPLETE : malformed("the line does not end");
	if (octets[end - 1] !== CR) return malformed("the line does not end in CR LF");
	return readLine(String.fromCharCode(...within.subarray(0, end - 1)), end + 1);
}

/** Six fields with one space between them; whatever stands behind UNKNOWN is to be ignored. */
function readLine(line: string, length: number): ProxyHeader {
	const [, family, ...fields] = line.split(" ");
	if (family === "UNKNOWN") return { kind: "header", length, peer: undefined };
	if (family !== "TCP4" && family !== "TCP6")
		return malformed("the protocol is neither TCP4, TCP6 nor UNKNOWN");
	const isAddress = family === "TCP4" ? isIpv4 : isIpv6;
	const [source = "", destination = "", sourcePort = "", destinationPort = ""] = fields;
	if (fields.length !== 4) return malformed("not two addresses and two ports");
	if (![source, destination].every(isAddress)) return malformed("no address of that family");
	if (![sourcePort, destinationPort].every(isPort)) return malformed("no port");
	return header(length, canonicalAddress(source) ?? source, Number(sourcePort));
}

function isIpv6(address: string): boolean {
	return /^[0-9a-f.]*:/i.test(address) && canonicalAddress(address) !== undefined;
}

function isPort(text: string): boolean {
	return /^(0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** Version 2: twelve octets of signature, four that say what follows, and what follows. */
function readBinary(octets: Uint8Array): ProxyHeader {
	if (octets.length < FIXED) return INCOMPLETE;
	const [version, command] = nibbles(octets[12]);
	const [family, protocol] = nibbles(octets[13]);
	const length = FIXED + uint16(octets, 14);
	if (version !== 2 || command > PROXIED) return malformed("an unknown version or command");
	const addresses = ADDRESSES[family];
	if (addresses === undefined || protocol > DATAGRAM)
		return malformed("an unknown family or protocol");
	if (length > PROXY_HEADER_MAX) return malformed("the header is too long");
	if (octets.length < length) return INCOMPLETE;
	// LOCAL is a connection of the balancer's own, such as a health check.
	if (command === LOCAL || protocol === UNSPECIFIED)
		return { kind: "header", length, peer: undefined };
	if (length - FIXED < addresses.size) return malformed("the addresses are cut short");
	// Families and protocols that are not ours count as unspecified.
	if (addresses.each === 0 || protocol === DATAGRAM)
		return { kind: "header", length, peer: undefined };
	return readAddress(octets, addresses.each, length);
}

/** The source address; the ports stand behind both addresses. */
function readAddress(octets: Uint8Array, each: number, length: number): ProxyHeader {
	const source = octets.subarray(FIXED, FIXED + each);
	const port = uint16(octets, FIXED + 2 * each);
	return header(length, each === 4 ? source.join(".") : ipv6(source), port);
}

function nibbles(octet = 0): readonly [high: number, low: number] {
	return [octet >> 4, octet & 15];
}

function uint16(octets: Uint8Array, at: number): number {
	return (octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0);
}

function ipv6(source: Uint8Array): string {
	const groups = Array.from({ length: 8 }, (_, at) => uint16(source, 2 * at).toString(16));
	const text = groups.join(":");
	return canonicalAddress(text) ?? text;
}

function header(length: number, address: string, port: number): ProxyHeader {
	const host = unmapped(address);
	// Nobody connects from there, and nothing could be sent back.
	if (!isUnicast(host)) return malformed(`${host} is no address of a client`);
	return { kind: "header", length, peer: { host, port } };
}

function malformed(reason: string): ProxyHeader {
	return { kind: "malformed", reason };
}

function octetsOf(text: string): readonly number[] {
	return Array.from(text, (character) => character.charCodeAt(0));
}

const TEXT = octetsOf("PROXY ");
const BINARY = octetsOf("\r\n\r\n\0\r\nQUIT\n");
const NEITHER = malformed("it begins with no PROXY header");
/** With CR and LF. */
const LINE_MAX = 107;
const LF = 10;
const CR = 13;

/** Octets before the addresses. */
const FIXED = 16;
const LOCAL = 0;
const PROXIED = 1;
const UNSPECIFIED = 0;
const DATAGRAM = 2;

/** By family: octets of both addresses and ports, and of one IP address; the last family is that of UNIX sockets. */
const NO_ADDRESS = { size: 0, each: 0 };
const ADDRESSES = [
	NO_ADDRESS,
	{ size: 12, each: 4 },
	{ size: 36, each: 16 },
	{ size: 216, each: 0 },
];
