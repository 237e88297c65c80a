/** The To tag of a stateless response: the same for each repeat of a request (RFC 3261 §8.2.7). */

/** FNV-1a, twice 32 bits, in hexadecimal. `text` begins with a secret, so that tags cannot be foretold. */
export function statelessTag(text: string): string {
	return hash(text, OFFSET) + hash(text, ~OFFSET);
}

function hash(text: string, offset: number): string {
	let value = offset;
	for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), PRIME);
	return (value >>> 0).toString(16).padStart(8, "0");
}

/** Their length. */
export const TAG_DIGITS = 16;

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;
