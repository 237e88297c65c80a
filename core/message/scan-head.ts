/**
 * The one scan over the header lines: RFC 3261 §7.3 and §7.3.1. Fills an Int32Array of offsets;
 * no value is looked into. Line ends are CR LF; a lone CR or LF ends nothing and is refused, since
 * two hops that read it differently see two different messages.
 */
import { headerIdAt } from "./headers.ts";
import { MAX_HEAD, MAX_HEADERS, MAX_LINE } from "./limits.ts";
import { ParseError } from "./parse-error.ts";
import { isSpace, tokenEnd } from "./scanner.ts";

/** Numbers kept per header line. */
export const STRIDE = 6;
export const LINE_START = 0;
export const NAME_END = 1;
export const VALUE_START = 2;
export const VALUE_END = 3;
/** Behind the CR LF that ends the line and its continuation lines. */
export const LINE_END = 4;
export const ID = 5;

export type ScannedHead = {
	readonly lines: Int32Array;
	readonly count: number;
	/** Offset of the empty line; of the fault when there is one. */
	readonly end: number;
	readonly error: ParseError | undefined;
};

// One message is scanned at a time, and the result copied out: no allocation while scanning.
const scratch = new Int32Array(MAX_HEADERS * STRIDE);

/** Scans from the first header line; what was read before a fault is kept, to answer with. */
export function scanHead(text: string, start: number): ScannedHead {
	let at = start;
	let count = 0;
	let error: ParseError | undefined;
	while (error === undefined && !isEmptyLine(text, at)) {
		const end = lineEnd(text, at);
		error = typeof end === "number" ? readLine(text, at, end, count) : end;
		if (error !== undefined) break;
		count += 1;
		at = end as number;
		if (at - start > MAX_HEAD) error = tooLarge("header block", at);
	}
	return { lines: scratch.slice(0, count * STRIDE), count, end: at, error };
}

/** Behind the CR LF that ends the physical line at `at`, or the fault. */
export function physicalLineEnd(text: string, at: number): number | ParseError {
	const lf = text.indexOf("\n", at);
	if (lf === -1) return fault("no empty line after the headers", text.length);
	if (text.charCodeAt(lf - 1) !== 13) return fault("line feed without carriage return", lf);
	const cr = text.indexOf("\r", at);
	if (cr !== lf - 1) return fault("carriage return without line feed", cr);
	return lf + 1;
}

export function isEmptyLine(text: string, at: number): boolean {
	return text.charCodeAt(at) === 13 && text.charCodeAt(at + 1) === 10;
}

function lineEnd(text: string, at: number): number | ParseError {
	let end = physicalLineEnd(text, at);
	while (typeof end === "number" && isFold(text, end)) end = physicalLineEnd(text, end);
	return end;
}

/** A line that begins with SP or HT continues the line before it. */
function isFold(text: string, at: number): boolean {
	const code = text.charCodeAt(at);
	return code === 32 || code === 9;
}

function readLine(text: string, at: number, end: number, count: number): ParseError | undefined {
	if (end - at > MAX_LINE) return tooLarge("header line", at);
	if (count === MAX_HEADERS) return tooLarge("number of headers", at);
	const nameEnd = tokenEnd(text, at, end);
	if (nameEnd === at) return fault("expected a header name", at);
	let colon = nameEnd;
	while (isFold(text, colon)) colon += 1;
	if (text.charCodeAt(colon) !== 58) return fault('expected ":" after the header name', colon);

	let valueEnd = end - 2;
	let valueStart = colon + 1;
	while (valueStart < valueEnd && isSpace(text.charCodeAt(valueStart))) valueStart += 1;
	while (valueEnd > valueStart && isSpace(text.charCodeAt(valueEnd - 1))) valueEnd -= 1;

	const base = count * STRIDE;
	scratch[base + LINE_START] = at;
	scratch[base + NAME_END] = nameEnd;
	scratch[base + VALUE_START] = valueStart;
	scratch[base + VALUE_END] = valueEnd;
	scratch[base + LINE_END] = end;
	scratch[base + ID] = headerIdAt(text, at, nameEnd);
	return undefined;
}

function fault(reason: string, offset: number): ParseError {
	return new ParseError(reason, { field: "header", offset });
}

function tooLarge(what: string, offset: number): ParseError {
	return new ParseError(`${what} above the limit`, { field: "header", offset, status: 513 });
}
