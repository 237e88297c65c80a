/** The scheme token of a URI, letter case included: RFC 3261 §19.1.1. It is all that From and To ever lose. */
import type { Scheme } from "../base/scheme.ts";
import type { NameAddress } from "../message/name-addr.ts";
import type { Patch } from "../message/patch.ts";

/** As written (`sip`, `SIPS`, `Sip`); "" for any other scheme. */
export type SchemeToken = string;

const COLON = 58;

export function schemeToken(uri: string): SchemeToken {
	return uri.slice(0, tokenLength(uri, 0));
}

/** Undefined for any other scheme. */
export function schemeOf(uri: string): Scheme | undefined {
	return schemeAt(uri, 0);
}

/** The scheme of the URI that begins at `start` of a longer text. */
export function schemeAt(text: string, start: number): Scheme | undefined {
	switch (tokenLength(text, start)) {
		case 3:
			return "sip";
		case 4:
			return "sips";
		default:
			return undefined;
	}
}

/** 3, 4, or 0 for any other scheme. */
export function tokenLength(text: string, start: number): number {
	if (lower(text, start) !== 115) return 0;
	if (lower(text, start + 1) !== 105 || lower(text, start + 2) !== 112) return 0;
	if (text.charCodeAt(start + 3) === COLON) return 3;
	return lower(text, start + 3) === 115 && text.charCodeAt(start + 4) === COLON ? 4 : 0;
}

/** Another token for the URI of an address. */
export function replaceToken(patch: Patch, { text, uriStart }: NameAddress, token: string): void {
	patch.replace(uriStart, uriStart + tokenLength(text, uriStart), token);
}

/** One bit for each letter that is in upper case. */
export function upperCase(token: SchemeToken): number {
	let mask = 0;
	for (let index = 0; index < token.length; index += 1)
		if (token.charCodeAt(index) < 97) mask |= 1 << index;
	return mask;
}

/** The inverse of `upperCase`: the token of `scheme` with these letters in upper case. */
export function withCase(scheme: Scheme, mask: number): SchemeToken {
	if (mask === 0) return scheme;
	let token = "";
	for (let index = 0; index < scheme.length; index += 1) {
		const letter = scheme.charAt(index);
		token += (mask & (1 << index)) === 0 ? letter : letter.toUpperCase();
	}
	return token;
}

/** A token in one byte, for the cookie: bits 0 and 1 say which, the rest its upper-case letters. */
export function tokenByte(token: SchemeToken): number {
	if (token === "") return 0;
	return (upperCase(token) << 2) | (token.length - 2);
}

/** Undefined for a byte that `tokenByte` does not make. */
export function byteToken(byte: number): SchemeToken | undefined {
	if (byte === 0) return "";
	const which = byte & 3;
	if (which !== 1 && which !== 2) return undefined;
	const token = withCase(which === 1 ? "sip" : "sips", byte >>> 2);
	return tokenByte(token) === byte ? token : undefined;
}

function lower(text: string, at: number): number {
	return text.charCodeAt(at) | 32;
}
