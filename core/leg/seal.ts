/**
 * Signed values in URIs of ours: RFC 5626 §5.2 asks that nobody else can make or change them.
 *
 * A sealed value is base64url of: version and key id (one byte), the body, and the first 80 bits
 * of HMAC-SHA-256 over purpose, dialog and both. It is signed, not encrypted.
 */
import { decode, encode } from "../base/base64url.ts";
import type { Hmac } from "../base/hash.ts";
import type { Dialog } from "./leg.ts";

export type Key = {
	/** 0 to 15: it rides in what the key signed. */
	readonly id: number;
	readonly secret: Uint8Array;
};

/** The newest key signs; every key verifies for as long as a call may last. */
export type Keys = { readonly current: Key; readonly all: readonly Key[] };

/** What making and checking signatures takes. */
export type Signing = {
	readonly keys: Keys;
	readonly hmac: Hmac;
	/** 32 bits drawn when the process starts: connection ids of an earlier run are recognised as dead. */
	readonly boot: number;
};

const VERSION = 1;
const SIGNATURE_BYTES = 10;

/** `purpose` keeps kinds of values apart, so that none can stand for another. */
export function seal(purpose: string, body: string, dialog: Dialog, signing: Signing): string {
	const key = signing.keys.current;
	const text = String.fromCharCode((VERSION << 4) | key.id) + body;
	const mac = signing.hmac(key.secret, signed(purpose, text, dialog));
	const bytes = new Uint8Array(text.length + SIGNATURE_BYTES);
	for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
	bytes.set(mac.subarray(0, SIGNATURE_BYTES), text.length);
	return encode(bytes);
}

/** The body, or undefined when this value was not sealed by one of our keys for this purpose and dialog. */
export function unseal(
	purpose: string,
	value: string,
	dialog: Dialog,
	signing: Signing,
): string | undefined {
	const bytes = decode(value);
	if (bytes === undefined || bytes.length <= SIGNATURE_BYTES) return undefined;
	const header = bytes[0] ?? 0;
	if (header >>> 4 !== VERSION) return undefined;
	const key = signing.keys.all.find(({ id }) => id === (header & 0xf));
	if (key === undefined) return undefined;

	const split = bytes.length - SIGNATURE_BYTES;
	let text = "";
	for (let at = 0; at < split; at += 1) text += String.fromCharCode(bytes[at] ?? 0);
	const mac = signing.hmac(key.secret, signed(purpose, text, dialog));
	return startsWith(mac, bytes.subarray(split)) ? text.slice(1) : undefined;
}

/** NUL stands in no Call-ID and no tag, so the parts cannot run into each other. Tags match without case. */
function signed(purpose: string, text: string, { callId, tag }: Dialog): string {
	return `${purpose}\0${callId}\0${tag.toLowerCase()}\0${text}`;
}

/** Takes the same time wherever the difference is. */
function startsWith(mac: Uint8Array, signature: Uint8Array): boolean {
	let difference = 0;
	for (let at = 0; at < signature.length; at += 1)
		difference |= (mac[at] ?? 0) ^ (signature[at] ?? 0);
	return difference === 0;
}
