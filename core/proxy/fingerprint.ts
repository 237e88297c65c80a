/** A hash of a few texts for branch parameters: RFC 3261 §16.6 step 8, §16.11. Not for security. */

/** 64 bits in lower-case hexadecimal: two FNV-1a lanes, stirred at the end. */
export function fingerprint(texts: readonly string[]): string {
	let a = 0x811c9dc5;
	let b = 0x1b873593;
	for (const text of texts) {
		for (let at = 0; at < text.length; at += 1) {
			const code = text.charCodeAt(at);
			a = Math.imul(a ^ code, 0x01000193);
			b = Math.imul(b ^ code, 0x85ebca6b);
		}
		// A separator that no octet is: "ab","c" differs from "a","bc".
		a = Math.imul(a ^ 0x100, 0x01000193);
		b = Math.imul(b ^ 0x100, 0x85ebca6b);
	}
	return hex(stir(a ^ (b >>> 15))) + hex(stir(b ^ (a >>> 13)));
}

function stir(value: number): number {
	const once = Math.imul(value ^ (value >>> 16), 0x2c1b3c6d);
	return once ^ (once >>> 13);
}

function hex(value: number): string {
	return (value >>> 0).toString(16).padStart(8, "0");
}
