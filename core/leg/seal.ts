/**
 * Signed values in URIs of ours: RFC 5626 §5.2 asks that nobody else can make or change them.
 *
 * A sealed value is base64url of: version and key id (one byte), the body, and the first 80 bits
 * of HMAC-SHA-256 over purpose, dialog and both. It is signed, not encrypted.
 */
import { decode, encode } from "../base/base64url.ts";
import type { Hmac } from "../base/hash.ts";
import { flat } from "../base/own-text.ts";
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
	return flat(encode(text + mac.slice(0, SIGNATURE_BYTES)));
}

/** The body, or undefined when this value was not sealed by one of our keys for this purpose and dialog. */
export function unseal(
	purpose: string,
	value: string,
	dialog: Dialog,
	signing: Signing,
): string | undefined {
	const octets = decode(value);
	if (octets === undefined || octets.length <= SIGNATURE_BYTES) return undefined;
	const header = octets.charCodeAt(0);
	if (header >>> 4 !== VERSION) return undefined;
	const key = signing.keys.all.find(({ id }) => id === (header & 0xf));
	if (key === undefined) return undefined;

	const split = octets.length - SIGNATURE_BYTES;
	const text = octets.slice(0, split);
	const mac = signing.hmac(key.secret, signed(purpose, text, dialog));
	return isSignature(mac, octets, split) ? text.slice(1) : undefined;
}

/** NUL stands in no Call-ID and no tag, so the parts cannot run into each other. Tags match without case. */
function signed(purpose: string, text: string, { callId, tag }: Dialog): string {
	return `${purpose}\0${callId}\0${tag.toLowerCase()}\0${text}`;
}

/** Takes the same time wherever the difference is. */
function isSignature(mac: string, octets: string, from: number): boolean {
	let difference = 0;
	for (let at = 0; at < SIGNATURE_BYTES; at += 1)
		difference |= mac.charCodeAt(at) ^ octets.charCodeAt(from + at);
	return difference === 0;
}
