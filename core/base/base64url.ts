/** Base64 with the URL alphabet and without padding: RFC 4648 §5. Octets are one latin1 string, as everywhere in the core. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
const VALUES = new Int8Array(128).fill(-1);
for (let index = 0; index < 64; index += 1) VALUES[ALPHABET.charCodeAt(index)] = index;

export function encode(octets: string): string {
	let text = "";
	let at = 0;
	// Nine octets a turn: the fewer the pieces, the fewer there are to be joined.
	for (; at + 9 <= octets.length; at += 9) {
		const a = group(octets, at);
		const b = group(octets, at + 3);
		const c = group(octets, at + 6);
		text += String.fromCharCode(
			code(a >> 18),
			code(a >> 12),
			code(a >> 6),
			code(a),
			code(b >> 18),
			code(b >> 12),
			code(b >> 6),
			code(b),
			code(c >> 18),
			code(c >> 12),
			code(c >> 6),
			code(c),
		);
	}
	for (; at < octets.length; at += 3) {
		const left = octets.length - at;
		const a = group(octets, at);
		text += String.fromCharCode(code(a >> 18), code(a >> 12));
		if (left > 1) text += String.fromCharCode(code(a >> 6));
		if (left > 2) text += String.fromCharCode(code(a));
	}
	return text;
}

/** Undefined for a wrong character, a wrong length, or leftover bits: each value has one spelling only. */
export function decode(text: string): string | undefined {
	if (text.length % 4 === 1) return undefined;
	let octets = "";
	let at = 0;
	for (; at + 8 <= text.length; at += 8) {
		const a = bits(text, at);
		const b = bits(text, at + 4);
		if ((a | b) < 0) return undefined;
		octets += String.fromCharCode(
			a >> 16,
			(a >> 8) & 255,
			a & 255,
			b >> 16,
			(b >> 8) & 255,
			b & 255,
		);
	}
	if (at + 4 <= text.length) {
		const a = bits(text, at);
		if (a < 0) return undefined;
		octets += String.fromCharCode(a >> 16, (a >> 8) & 255, a & 255);
		at += 4;
	}
	return at === text.length ? octets : withTail(octets, text, at);
}

/** The last two characters hold one octet and 4 bits more, the last three two octets and 2 bits more. */
function withTail(octets: string, text: string, at: number): string | undefined {
	const a = bits(text, at);
	const two = text.length - at === 2;
	if (a < 0 || (a & (two ? 0xffff : 0xff)) !== 0) return undefined;
	return (
		octets + (two ? String.fromCharCode(a >> 16) : String.fromCharCode(a >> 16, (a >> 8) & 255))
	);
}

function code(value: number): number {
	return CODES[value & 63] ?? 0;
}

/** Three octets, those past the end 0. */
function group(octets: string, at: number): number {
	return (octet(octets, at) << 16) | (octet(octets, at + 1) << 8) | octet(octets, at + 2);
}

function octet(octets: string, at: number): number {
	return at < octets.length ? octets.charCodeAt(at) & 255 : 0;
}

/** Four characters, those past the end 0; negative when one is not of the alphabet. */
function bits(text: string, at: number): number {
	return (
		(value(text, at) << 18) |
		(value(text, at + 1) << 12) |
		(value(text, at + 2) << 6) |
		value(text, at + 3)
	);
}

function value(text: string, at: number): number {
	return at < text.length ? (VALUES[text.charCodeAt(at)] ?? -1) : 0;
}
