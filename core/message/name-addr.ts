/**
 * Addresses in header fields: `name-addr` and `addr-spec` with header parameters, RFC 3261 §20.10
 * and §25.1, RFC 8217. Without `<>`, a semicolon begins header parameters, not URI parameters.
 */
import { NO_PARAMS, type Params, readParams } from "./params.ts";
import { isSpace, Scanner } from "./scanner.ts";

/** All offsets are into the text it was parsed from. */
export type NameAddress = {
	readonly text: string;
	readonly start: number;
	readonly end: number;
	/** `Contact: *`. */
	readonly star: boolean;
	/** Whether the URI stands in `<>`; `uriStart` and `uriEnd` leave the brackets out. */
	readonly bracketed: boolean;
	readonly uriStart: number;
	readonly uriEnd: number;
	readonly uri: string;
	/** What stands before `<`, as sent, trimmed; "" when there is nothing. */
	readonly display: string;
	/** Where the header parameters begin: behind `>`, or behind a bare URI. */
	readonly paramsStart: number;
	readonly params: Params;
};

/**
 * `" , ; > \`: where these stand unquoted, others read the value differently. The grammar allows
 * tokens and spaces only, but octets above ASCII and signs such as `(` occur and do no harm.
 */
const NOT_IN_DISPLAY = [34, 44, 59, 62, 92];

export function parseNameAddress(
	field: string,
	text: string,
	start = 0,
	stop = text.length,
): NameAddress {
	let end = stop;
	while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
	const scan = new Scanner(field, text, start, end);
	scan.skipSpace();
	const from = scan.offset;
	const first = scan.peek();
	if (first === 42 && isStar(scan)) return star(text, from, end);

	const bracket = first === 60 ? from : findBracket(scan);
	if (bracket === -1) return readBare(scan, from, end);

	let displayEnd = bracket;
	while (displayEnd > from && text.charCodeAt(displayEnd - 1) <= 32) displayEnd -= 1;
	const uriStart = bracket + 1;
	const uriEnd = text.indexOf(">", uriStart);
	if (uriEnd === -1 || uriEnd >= end) scan.fail('missing ">"');
	checkUri(scan, uriStart, uriEnd);
	scan.offset = uriEnd + 1;
	const params = readParams(scan);
	scan.finish();
	return {
		text,
		start: from,
		end,
		star: false,
		bracketed: true,
		uriStart,
		uriEnd,
		uri: text.slice(uriStart, uriEnd),
		display: text.slice(from, displayEnd),
		paramsStart: uriEnd + 1,
		params,
	};
}

/** Finds the `<` behind a display name; -1 when the value is a bare addr-spec. */
function findBracket(scan: Scanner): number {
	if (scan.peek() === 34) {
		scan.quoted();
		scan.skipSpace();
		if (scan.peek() !== 60) scan.fail('expected "<"');
		return scan.offset;
	}
	for (let at = scan.offset; at < scan.end; at += 1) {
		const code = scan.text.charCodeAt(at);
		if (code === 60) return at;
		if (code === 58) return -1;
		if (NOT_IN_DISPLAY.includes(code)) {
			scan.offset = at;
			scan.fail("unquoted display name");
		}
	}
	return -1;
}

/** A bare addr-spec ends at `;`. It may not hold `?` or a comma (RFC 8217 §3). */
function readBare(scan: Scanner, from: number, end: number): NameAddress {
	const { text } = scan;
	let uriEnd = from;
	while (uriEnd < end && text.charCodeAt(uriEnd) !== 59 && text.charCodeAt(uriEnd) > 32) {
		const code = text.charCodeAt(uriEnd);
		if (code === 63 || code === 44) {
			scan.offset = uriEnd;
			scan.fail("a URI with this character needs <>");
		}
		uriEnd += 1;
	}
	checkUri(scan, from, uriEnd);
	scan.offset = uriEnd;
	const params = readParams(scan);
	scan.finish();
	const uri = text.slice(from, uriEnd);
	const place = { text, start: from, end, star: false, bracketed: false };
	return { ...place, uriStart: from, uriEnd, uri, display: "", paramsStart: uriEnd, params };
}

/** A URI begins with a scheme and holds no white space, quote or bracket. */
function checkUri(scan: Scanner, start: number, end: number): void {
	let colon = -1;
	for (let at = start; at < end; at += 1) {
		const code = scan.text.charCodeAt(at);
		if (code <= 32 || code === 34 || code === 60 || code === 62) {
			scan.offset = at;
			scan.fail("character not allowed in a URI");
		}
		if (colon === -1 && code === 58) colon = at;
	}
	if (colon > start) return;
	scan.offset = start;
	scan.fail("expected a URI");
}

function isStar(scan: Scanner): boolean {
	for (let at = scan.offset + 1; at < scan.end; at += 1) {
		if (scan.text.charCodeAt(at) > 32) return false;
	}
	return true;
}

function star(text: string, start: number, end: number): NameAddress {
	const place = { text, start, end, uriStart: start, uriEnd: start + 1, uri: "*" };
	return {
		...place,
		star: true,
		bracketed: false,
		display: "",
		paramsStart: end,
		params: NO_PARAMS,
	};
}
