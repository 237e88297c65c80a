/** Nonces that carry their own proof, so that a challenge costs no memory: RFC 7616 §3.3, §5.4 and §5.5. */
import { encode } from "../base/base64url.ts";
import type { Milliseconds } from "../base/clock.ts";
import type { Hmac } from "../base/hash.ts";
import type { Random } from "../base/random.ts";

export type NonceOptions = {
	/** The first one signs, all are accepted: so keys are rotated without asking every phone again. */
	readonly keys: readonly [Uint8Array, ...Uint8Array[]];
	readonly hmac: Hmac;
	readonly random: Random;
};

/** Where a nonce holds. `source` is an IP address, or "" for any. */
export type NonceScope = { readonly realm: string; readonly source: string };

/** 11 hex digits of time, 12 of chance so that no two clients share a count, and 22 characters of signature. */
export function makeNonce(options: NonceOptions, scope: NonceScope, now: Milliseconds): string {
	const stamp = Math.floor(now).toString(16).padStart(TIME, "0") + options.random.hex(CHANCE);
	return stamp + sign(options, options.keys[0], stamp, scope);
}

/** When the nonce was made; undefined when it is not one of ours for this scope. */
export function openNonce(
	options: NonceOptions,
	nonce: string,
	scope: NonceScope,
): Milliseconds | undefined {
	if (nonce.length !== TIME + CHANCE + SIGNATURE_CHARACTERS) return undefined;
	const stamp = nonce.slice(0, TIME + CHANCE);
	const signature = nonce.slice(TIME + CHANCE);
	// What the comparison tells by its time is worth nothing: 128 bits are not guessed one by one.
	if (!options.keys.some((key) => sign(options, key, stamp, scope) === signature)) return undefined;
	return Number.parseInt(stamp.slice(0, TIME), 16);
}

function sign(
	options: NonceOptions,
	key: Uint8Array,
	stamp: string,
	{ realm, source }: NonceScope,
): string {
	const mac = options.hmac(key, `digest nonce\n${stamp}\n${realm}\n${source}`);
	return encode(mac.slice(0, SIGNATURE));
}

/** Octets. */
const SIGNATURE = 16;
const SIGNATURE_CHARACTERS = 22;
const TIME = 11;
const CHANCE = 12;
