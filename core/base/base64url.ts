/** Base64 with the URL alphabet and without padding: RFC 4648 §5. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Int8Array(128).fill(-1);
for (let index = 0; index < 64; index += 1) VALUES[ALPHABET.charCodeAt(index)] = index;

export function encode(bytes: Uint8Array): string {
	let text = "";
	for (let at = 0; at < bytes.length; at += 3) {
		const left = bytes.length - at;
		const group = (byte(bytes, at) << 16) | (byte(bytes, at + 1) << 8) | byte(bytes, at + 2);
		text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
		if (left > 1) text += ALPHABET.charAt((group >> 6) & 63);
		if (left > 2) text += ALPHABET.charAt(group & 63);
	}
	return text;
}

/** Undefined for a wrong character, a wrong length, or leftover bits: each value has one spelling only. */
export function decode(text: string): Uint8Array | undefined {
	const tail = text.length % 4;
	if (tail === 1) return undefined;
	const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
	let bits = 0;
	let held = 0;
	let at = 0;
	for (let index = 0; index < text.length; index += 1) {
		const value = VALUES[text.charCodeAt(index)] ?? -1;
		if (value < 0) return undefined;
		held = ((held << 6) | value) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes[at] = (held >> bits) & 255;
			at += 1;
		}
	}
	return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}

function byte(bytes: Uint8Array, at: number): number {
	return bytes[at] ?? 0;
}
