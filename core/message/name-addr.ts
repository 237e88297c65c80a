/**
 * Addresses in header fields: `name-addr` and `addr-spec` with header parameters, RFC 3261 §20.10
 * and §25.1, RFC 8217. Without `<>`, a semicolon begins header parameters, not URI parameters.
 */
import { isSemicolon, NO_PARAMS, type Params, readParams } from "./params.ts";
import { ParseError } from "./parse-error.ts";
import { endsDisplay, isSpace, quotedEnd, spaceEnd, uriFault } from "./scanner.ts";

/** All offsets are into the text it was parsed from. Parts are cut out of it when they are asked for. */
export class NameAddress {
	readonly text: string;
	readonly start: number;
	readonly end: number;
	/** Whether the URI stands in `<>`; `uriStart` and `uriEnd` leave the brackets out. */
	readonly bracketed: boolean;
	readonly uriStart: number;
	readonly uriEnd: number;
	readonly params: Params;
	#uri: string | undefined;

	constructor(
		text: string,
		start: number,
		end: number,
		bracketed: boolean,
		uriStart: number,
		uriEnd: number,
		params: Params,
	) {
		this.text = text;
		this.start = start;
		this.end = end;
		this.bracketed = bracketed;
		this.uriStart = uriStart;
		this.uriEnd = uriEnd;
		this.params = params;
		this.#uri = undefined;
	}

	/** The same address in another text, where it stands `by` further on. */
	movedTo(text: string, by: number): NameAddress {
		return new NameAddress(
			text,
			this.start + by,
			this.end + by,
			this.bracketed,
			this.uriStart + by,
			this.uriEnd + by,
			this.params.movedTo(text, by),
		);
	}

	/** `Contact: *`: no URI is that short. */
	get star(): boolean {
		return this.uriEnd - this.uriStart === 1;
	}

	get uri(): string {
		this.#uri ??= this.text.slice(this.uriStart, this.uriEnd);
		return this.#uri;
	}

	/** What stands before `<`, as sent, trimmed; "" when there is nothing. */
	get display(): string {
		if (!this.bracketed) return "";
		let end = this.uriStart - 1;
		while (end > this.start && this.text.charCodeAt(end - 1) <= 32) end -= 1;
		return this.text.slice(this.start, end);
	}

	/** Where the header parameters begin: behind `>`, or behind a bare URI. */
	get paramsStart(): number {
		if (this.star) return this.end;
		return this.bracketed ? this.uriEnd + 1 : this.uriEnd;
	}
}

export function parseNameAddress(
	field: string,
	text: string,
	start = 0,
	stop = text.length,
): NameAddress {
	let end = stop;
	while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
	const from = spaceEnd(text, start, end);
	const first = from < end ? text.charCodeAt(from) : -1;
	if (first === 42 && isStar(text, from, end))
		return new NameAddress(text, from, end, false, from, from + 1, NO_PARAMS);

	const bracket = first === 60 ? from : findBracket(field, text, from, end);
	if (bracket === -1) return readBare(field, text, from, end);

	const uriEnd = text.indexOf(">", bracket + 1);
	if (uriEnd === -1 || uriEnd >= end)
		throw fault(field, 'missing ">"', first === 34 ? bracket : from);
	checkUri(field, text, bracket + 1, uriEnd);
	const params = paramsBehind(field, text, uriEnd + 1, end);
	return new NameAddress(text, from, end, true, bracket + 1, uriEnd, params);
}

/** Finds the `<` behind a display name; -1 when the value is a bare addr-spec. */
function findBracket(field: string, text: string, start: number, end: number): number {
	if (start < end && text.charCodeAt(start) === 34) {
		const at = spaceEnd(text, quotedEnd(field, text, start, end), end);
		if (at < end && text.charCodeAt(at) === 60) return at;
		throw fault(field, 'expected "<"', at);
	}
	for (let at = start; at < end; at += 1) {
		const code = text.charCodeAt(at);
		if (code === 60) return at;
		if (code === 58) return -1;
		// These are read differently by others. The grammar allows tokens and spaces only, but octets
		// above ASCII and signs such as `(` occur and do no harm.
		if (endsDisplay(code)) throw fault(field, "unquoted display name", at);
	}
	return -1;
}

/** A bare addr-spec ends at `;`. It may not hold `?` or a comma (RFC 8217 §3). */
function readBare(field: string, text: string, from: number, end: number): NameAddress {
	let uriEnd = from;
	while (uriEnd < end && text.charCodeAt(uriEnd) !== 59 && text.charCodeAt(uriEnd) > 32) {
		const code = text.charCodeAt(uriEnd);
		if (code === 63 || code === 44)
			throw fault(field, "a URI with this character needs <>", uriEnd);
		uriEnd += 1;
	}
	checkUri(field, text, from, uriEnd);
	const params = paramsBehind(field, text, uriEnd, end);
	return new NameAddress(text, from, end, false, from, uriEnd, params);
}

/** All that follows a URI is parameters. */
function paramsBehind(field: string, text: string, start: number, end: number): Params {
	if (start === end) return NO_PARAMS;
	const at = spaceEnd(text, start, end);
	const some = isSemicolon(text, at, end);
	const params = some ? readParams(field, text, at, end) : NO_PARAMS;
	const stop = some ? params.stop : at;
	if (stop === end) return params;
	throw fault(field, "unexpected text", stop);
}

/** A URI begins with a scheme and holds no white space, quote or bracket. */
function checkUri(field: string, text: string, start: number, end: number): void {
	let at = uriFault(text, start, end);
	// DEL is left to whoever reads the URI.
	while (at < end && text.charCodeAt(at) === 127) at = uriFault(text, at + 1, end);
	if (at < end) throw fault(field, "character not allowed in a URI", at);
	const colon = text.indexOf(":", start);
	if (colon <= start || colon >= end) throw fault(field, "expected a URI", start);
}

function isStar(text: string, start: number, end: number): boolean {
	for (let at = start + 1; at < end; at += 1) if (text.charCodeAt(at) > 32) return false;
	return true;
}

function fault(field: string, reason: string, offset: number): ParseError {
	return new ParseError(reason, { field, offset });
}

/** What to write in the place of the URI: without brackets a parameter would be one of the header field (§20.10). */
export function inPlace({ bracketed }: NameAddress, uri: string): string {
	return bracketed || !uri.includes(";") ? uri : `<${uri}>`;
}
