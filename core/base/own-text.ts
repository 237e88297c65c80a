/**
 * Texts that are kept: strings as V8 holds them. A slice keeps the whole text that it was cut from, and a
 * joined text its pieces. What outlives its message by half a minute must keep neither.
 */

/** The same text in one piece: what was joined is copied together, once. Octets only. */
export function flat(text: string): string {
	// To look at one character V8 joins a text for good; a look whose result is not used, it leaves out.
	if (text.charCodeAt(0) > 255) throw new RangeError("not a text of octets");
	return text;
}

/** The same text in a string of its own. */
export function own(text: string): string {
	return text.length < SHORTEST_SLICE ? text : flat(` ${text}`).slice(1);
}

/** V8 copies what is shorter. */
const SHORTEST_SLICE = 13;
