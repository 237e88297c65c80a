/** STUN Binding beside SIP on a UDP port: RFC 5626 §5.4 and §8, RFC 8489 §5, §6.3, §14. No socket, no state. */
import { addressOctets } from "../base/ip-address.ts";

const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;

const MESSAGE_INTEGRITY = 0x0008;
const MESSAGE_INTEGRITY_SHA256 = 0x001c;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
/** From here on an attribute that nobody knows may be ignored. */
const OPTIONAL = 0x8000;

/**
 * What RFC 8489 §18.3.1 lists as required to be understood. We ask for no credentials, so those
 * that come are known but not expected, and ignored (§6.3).
 */
const KNOWN = new Set([
	0x0001, 0x0006, 0x0008, 0x0009, 0x000a, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e, 0x0020,
]);
/** More attributes than any client sends. Beyond: not answered. */
const ATTRIBUTES_MAX = 32;

/** Two zero bits and the magic cookie: what has not both may still be SIP (RFC 8489 §6.3). */
export function isStun(datagram: Uint8Array): boolean {
	if (datagram.length < HEADER_BYTES || (datagram[0] ?? 255) >= 64) return false;
	return viewOf(datagram).getUint32(4) === MAGIC_COOKIE;
}

/**
 * The response to a Binding request from there; undefined for anything else that `isStun`:
 * malformed, an indication, a response, another method. A repeat gets the same answer again.
 * At most 2.3 octets leave for one that came.
 */
export function answerBinding(
	datagram: Uint8Array,
	host: string,
	port: number,
): Uint8Array | undefined {
	const view = viewOf(datagram);
	if (view.getUint16(0) !== BINDING_REQUEST) return undefined;
	if (view.getUint16(2) !== datagram.length - HEADER_BYTES) return undefined;
	const unknown = unknownAttributes(view);
	if (unknown === undefined) return undefined;
	const id = datagram.subarray(4, HEADER_BYTES);
	if (unknown.length > 0) return response(BINDING_ERROR, id, refusal(unknown));
	const address = xorMappedAddress(host, port, id);
	return address === undefined ? undefined : response(BINDING_SUCCESS, id, address);
}

/** Undefined when the attributes do not fill the message exactly, each to a multiple of four octets (RFC 8489 §5, §14). */
function unknownAttributes(view: DataView): readonly number[] | undefined {
	const unknown: number[] = [];
	let protectedFrom = false;
	let at = HEADER_BYTES;
	for (let count = 0; at < view.byteLength; count += 1) {
		if (at + 4 > view.byteLength || count === ATTRIBUTES_MAX) return undefined;
		const type = view.getUint16(at);
		// What stands behind MESSAGE-INTEGRITY is not to be looked at (RFC 8489 §9).
		if (type < OPTIONAL && !protectedFrom && !KNOWN.has(type)) unknown.push(type);
		protectedFrom ||= type === MESSAGE_INTEGRITY || type === MESSAGE_INTEGRITY_SHA256;
		at += 4 + padded(view.getUint16(at + 2));
	}
	return at === view.byteLength ? unknown : undefined;
}

/** RFC 8489 §14.8 and §14.13: 420, and which they were. */
function refusal(unknown: readonly number[]): readonly number[] {
	const reason = [...new TextEncoder().encode("Unknown Attribute")];
	return [
		...attribute(ERROR_CODE, [0, 0, 4, 20, ...reason]),
		...attribute(UNKNOWN_ATTRIBUTES, unknown.flatMap(octets)),
	];
}

/** RFC 8489 §14.2: the address as seen here, hidden from NATs that rewrite addresses wherever they see them. */
function xorMappedAddress(
	host: string,
	port: number,
	cookieAndId: Uint8Array,
): readonly number[] | undefined {
	const address = addressOctets(host);
	if (address === undefined) return undefined;
	const family = address.length === 4 ? 1 : 2;
	const hidden = address.map((octet, index) => octet ^ (cookieAndId[index] ?? 0));
	return attribute(XOR_MAPPED_ADDRESS, [
		0,
		family,
		...octets(port ^ (MAGIC_COOKIE >>> 16)),
		...hidden,
	]);
}

function response(type: number, cookieAndId: Uint8Array, attributes: readonly number[]) {
	return Uint8Array.from([
		...octets(type),
		...octets(attributes.length),
		...cookieAndId,
		...attributes,
	]);
}

function attribute(type: number, value: readonly number[]): readonly number[] {
	const padding = new Array<number>(padded(value.length) - value.length).fill(0);
	return [...octets(type), ...octets(value.length), ...value, ...padding];
}

function octets(number: number): readonly number[] {
	return [number >> 8, number & 255];
}

function padded(length: number): number {
	return (length + 3) & ~3;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
	return new DataView(buffer, byteOffset, byteLength);
}
