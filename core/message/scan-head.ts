/**
 * The one scan over the header lines: RFC 3261 §7.3 and §7.3.1. Keeps where each line, its name and its
 * value are; no value is looked into. Line ends are CR LF; a lone CR or LF ends nothing and is refused,
 * since two hops that read it differently see two different messages.
 */
import { headerIdAt, idBit, UNKNOWN } from "./headers.ts";
import { MAX_HEAD, MAX_HEADERS, MAX_LINE } from "./limits.ts";
import { ParseError } from "./parse-error.ts";
import { isSpace, spaceEnd, tokenEnd } from "./scanner.ts";

/**
 * What is known of the header lines, in one list of small numbers: a message has one, and a typed array
 * costs ten times as much to make. First where the lines begin, the bits of the headers that are there,
 * and those of the headers that may be there twice; then two numbers for each line: where it ends, behind
 * the CR LF and its continuation lines, with its id; and how far its value is from both its ends.
 */
export type Lines = readonly number[];

const START = 0;
const SEEN = 1;
const REPEATED = 2;
const FIRST = 3;
const STRIDE = 2;

const ID_MASK = 127;
const FOLDED = 128;
const END_SHIFT = 8;
/** A line has fewer than 2^15 octets. */
const VALUE_SHIFT = 15;
const TAIL_MASK = 32_767;

export type ScannedHead = {
	readonly lines: Lines;
	readonly count: number;
	/** Offset of the empty line; of the fault when there is one. */
	readonly end: number;
	readonly error: ParseError | undefined;
};

// One message is scanned at a time, and the result copied out: no list grows while scanning.
const scratch: number[] = Array.from({ length: FIRST + MAX_HEADERS * STRIDE }, () => 0);

/** Scans from the first header line; what was read before a fault is kept, to answer with. */
export function scanHead(text: string, start: number): ScannedHead {
	scratch[START] = start;
	scratch[SEEN] = 0;
	scratch[REPEATED] = 0;
	let at = start;
	let count = 0;
	let error: ParseError | undefined;
	while (error === undefined && !isEmptyLine(text, at)) {
		const first = crlfEnd(text, at);
		const end = isFold(text, first) ? foldedEnd(text, first) : first;
		error = end === -1 ? lineFault(text, at) : readLine(text, at, end, count, end !== first);
		if (error !== undefined) break;
		count += 1;
		at = end;
		if (at - start > MAX_HEAD) error = tooLarge("header block", at);
	}
	return { lines: scratch.slice(0, FIRST + count * STRIDE), count, end: at, error };
}

/** Behind the CR LF that ends the physical line at `at`, or the fault. */
export function physicalLineEnd(text: string, at: number): number | ParseError {
	const end = crlfEnd(text, at);
	return end === -1 ? lineFault(text, at) : end;
}

/** The next line from `line` on that may be of this header, -1 when there is none. */
export function findLine(lines: Lines, id: number, line: number): number {
	if (((lines[line === 0 ? SEEN : REPEATED] as number) & idBit(id)) === 0) return -1;
	for (let at = FIRST + line * STRIDE; at < lines.length; at += STRIDE)
		if (((lines[at] as number) & ID_MASK) === id) return (at - FIRST) / STRIDE;
	return -1;
}

/** Whether there may be two lines of one of the headers whose bits these are. */
export function mayRepeat(lines: Lines, bits: number): boolean {
	return ((lines[REPEATED] as number) & bits) !== 0;
}

export function idOf(lines: Lines, line: number): number {
	return (lines[FIRST + line * STRIDE] as number) & ID_MASK;
}

export function isFolded(lines: Lines, line: number): boolean {
	return ((lines[FIRST + line * STRIDE] as number) & FOLDED) !== 0;
}

export function lineStart(lines: Lines, line: number): number {
	return line === 0 ? (lines[START] as number) : lineEnd(lines, line - 1);
}

export function lineEnd(lines: Lines, line: number): number {
	return (lines[START] as number) + ((lines[FIRST + line * STRIDE] as number) >>> END_SHIFT);
}

export function valueStart(lines: Lines, line: number): number {
	return lineStart(lines, line) + ((lines[FIRST + line * STRIDE + 1] as number) >>> VALUE_SHIFT);
}

export function valueEnd(lines: Lines, line: number): number {
	return lineEnd(lines, line) - ((lines[FIRST + line * STRIDE + 1] as number) & TAIL_MASK);
}

/** With the value of line `line` longer by `by`. */
export function stretched(lines: Lines, line: number, by: number): Lines {
	const moved = lines.slice();
	for (let at = FIRST + line * STRIDE; at < moved.length; at += STRIDE)
		moved[at] = (moved[at] as number) + by * (1 << END_SHIFT);
	return moved;
}

/** As `physicalLineEnd`, -1 for a fault. */
function crlfEnd(text: string, at: number): number {
	const lf = text.indexOf("\n", at);
	return lf > at && text.indexOf("\r", at) === lf - 1 ? lf + 1 : -1;
}

/** Behind the continuation lines that begin at `at`. */
function foldedEnd(text: string, at: number): number {
	let end = at;
	while (end !== -1 && isFold(text, end)) end = crlfEnd(text, end);
	return end;
}

/** What is wrong with the line at `at`. */
function lineFault(text: string, at: number): ParseError {
	let start = at;
	for (let end = crlfEnd(text, start); end !== -1; end = crlfEnd(text, start)) start = end;
	const lf = text.indexOf("\n", start);
	if (lf === -1) return fault("no empty line after the headers", text.length);
	if (text.charCodeAt(lf - 1) !== 13) return fault("line feed without carriage return", lf);
	return fault("carriage return without line feed", text.indexOf("\r", start));
}

function isEmptyLine(text: string, at: number): boolean {
	return text.charCodeAt(at) === 13 && text.charCodeAt(at + 1) === 10;
}

function blankEnd(text: string, start: number): number {
	let at = start;
	while (isFold(text, at)) at += 1;
	return at;
}

/** A line that begins with SP or HT continues the line before it. */
function isFold(text: string, at: number): boolean {
	const code = text.charCodeAt(at);
	return code === 32 || code === 9;
}

function readLine(
	text: string,
	at: number,
	end: number,
	count: number,
	folded: boolean,
): ParseError | undefined {
	if (end - at > MAX_LINE) return tooLarge("header line", at);
	if (count === MAX_HEADERS) return tooLarge("number of headers", at);
	// Nearly every name is known, and its colon stands right behind it.
	let colon = text.indexOf(":", at);
	let id = colon === -1 ? UNKNOWN : headerIdAt(text, at, colon);
	if (id === UNKNOWN) {
		const nameEnd = tokenEnd(text, at, end);
		colon = blankEnd(text, nameEnd);
		if (nameEnd === at) return fault("expected a header name", at);
		if (text.charCodeAt(colon) !== 58) return fault('expected ":" after the header name', colon);
		id = headerIdAt(text, at, nameEnd);
	}
	const valueStart = spaceEnd(text, colon + 1, end - 2);
	let valueEnd = end - 2;
	while (valueEnd > valueStart && isSpace(text.charCodeAt(valueEnd - 1))) valueEnd -= 1;
	const base = FIRST + count * STRIDE;
	const reach = end - (scratch[START] as number);
	scratch[base] = (reach << END_SHIFT) | (folded ? FOLDED : 0) | id;
	scratch[base + 1] = ((valueStart - at) << VALUE_SHIFT) | (end - valueEnd);
	note(id);
	return undefined;
}

function note(id: number): void {
	const bit = idBit(id);
	const seen = scratch[SEEN] as number;
	if ((seen & bit) !== 0) scratch[REPEATED] = (scratch[REPEATED] as number) | bit;
	scratch[SEEN] = seen | bit;
}

function fault(reason: string, offset: number): ParseError {
	return new ParseError(reason, { field: "header", offset });
}

function tooLarge(what: string, offset: number): ParseError {
	return new ParseError(`${what} above the limit`, { field: "header", offset, status: 513 });
}
