/**
 * Reads one header field value left to right: the basic rules of RFC 3261 §25.1. Each character
 * is read once: no regular expression and no way back. A folded line inside the value counts as
 * white space (§7.3.1). Every method either consumes or throws.
 */
import { ParseError } from "./parse-error.ts";

// Character classes, one bit each.
const TOKEN = 1;
const HOST = 2;
const DIGIT = 4;
const REFERENCE = 8; // the inside of an IPv6 reference
const VALUE = 16; // a parameter value: wider than token, since bare IPv6 and base64 occur
const SPACE = 32;
const NO_DISPLAY = 64; // not to stand in an unquoted display name
const NO_URI = 128;
const CLASSES = new Uint8Array(256);
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
mark(`${LETTERS}0123456789-.!%*_+\`'~`, TOKEN);
mark(`${LETTERS}0123456789-._`, HOST); // "_" is no host character, but container names have it
mark("0123456789", DIGIT);
mark("ABCDEFabcdef0123456789:.", REFERENCE);
mark(`${LETTERS}0123456789-.!%*_+\`'~=:/@[]&$#?{}|^()`, VALUE);
mark(" \t\r\n", SPACE);
mark('",;>\\', NO_DISPLAY);
mark('"<>\x7f', NO_URI);
for (let code = 0; code <= 32; code += 1) CLASSES[code] = (CLASSES[code] ?? 0) | NO_URI;
for (let code = 128; code < 256; code += 1) CLASSES[code] = VALUE;

export class Scanner {
	readonly field: string;
	readonly text: string;
	readonly end: number;
	offset: number;

	constructor(field: string, text: string, start = 0, end = text.length) {
		this.field = field;
		this.text = text;
		this.offset = start;
		this.end = end;
	}

	token(): string {
		return this.#take(tokenEnd(this.text, this.offset, this.end), "token");
	}

	host(): string {
		const start = this.offset;
		this.offset = hostEnd(this.field, this.text, start, this.end);
		return this.text.slice(start, this.offset);
	}

	/** `gen-value`: a token, a host or a quoted string (quotes kept). */
	value(): string {
		const start = this.offset;
		this.offset = valueEnd(this.field, this.text, start, this.end);
		return this.text.slice(start, this.offset);
	}

	number(max: number): number {
		const value = Number(this.#take(digitsEnd(this.text, this.offset, this.end), "number"));
		return value <= max ? value : this.fail(`number above ${max}`);
	}

	/** `SLASH`, `COLON`, `SEMI`, `EQUAL`: one character with optional LWS on both sides. */
	separator(char: string): void {
		if (!this.maybe(char)) this.fail(`expected "${char}"`);
	}

	/** Mandatory LWS: the grammar's bare space between two parts. */
	space(): void {
		const before = this.offset;
		this.skipSpace();
		if (this.offset === before) this.fail("expected a space");
	}

	maybe(char: string): boolean {
		this.skipSpace();
		if (this.peek() !== char.charCodeAt(0)) return false;
		this.offset += 1;
		this.skipSpace();
		return true;
	}

	/** The code of the next character, or -1 at the end. */
	peek(): number {
		return this.offset < this.end ? this.text.charCodeAt(this.offset) : -1;
	}

	finish(): void {
		this.skipSpace();
		if (this.offset !== this.end) this.fail("unexpected text");
	}

	skipSpace(): void {
		this.offset = spaceEnd(this.text, this.offset, this.end);
	}

	fail(reason: string): never {
		throw new ParseError(reason, { field: this.field, offset: this.offset });
	}

	#take(end: number, what: string): string {
		const start = this.offset;
		if (end === start) this.fail(`expected ${what}`);
		this.offset = end;
		return this.text.slice(start, end);
	}
}

/** Where the run of token characters that begins at `start` ends. */
export function tokenEnd(text: string, start: number, end: number): number {
	return runEnd(text, start, end, TOKEN);
}

export function digitsEnd(text: string, start: number, end: number): number {
	return runEnd(text, start, end, DIGIT);
}

/** Behind the white space at `start`, if any. */
export function spaceEnd(text: string, start: number, end: number): number {
	let at = start;
	while (at < end && isSpace(text.charCodeAt(at))) at += 1;
	return at;
}

/** Behind the host at `start`. */
export function hostEnd(field: string, text: string, start: number, end: number): number {
	const reference = start < end && text.charCodeAt(start) === 91;
	if (!reference) return atLeastOne(field, "host", start, runEnd(text, start, end, HOST));
	const at = runEnd(text, start + 1, end, REFERENCE);
	if (at === end || text.charCodeAt(at) !== 93)
		throw new ParseError('expected "]"', { field, offset: at });
	return at + 1;
}

/** The number from `start` to `end`; -1 for what is more or less than up to nine digits. */
export function unsignedAt(text: string, start: number, end: number): number {
	if (start === end || end - start > 9) return -1;
	let number = 0;
	for (let at = start; at < end; at += 1) {
		const digit = text.charCodeAt(at) - 48;
		if (!(digit >= 0 && digit <= 9)) return -1;
		number = number * 10 + digit;
	}
	return number;
}

/** The port whose digits stand from `start` to `end`. */
export function portOf(field: string, text: string, start: number, end: number): number {
	atLeastOne(field, "number", start, end);
	let port = 0;
	for (let at = start; at < end; at += 1) port = port * 10 + text.charCodeAt(at) - 48;
	if (port > 0 && port <= 65_535) return port;
	throw new ParseError(port === 0 ? "port 0" : "number above 65535", { field, offset: end });
}

/** Behind the `gen-value` at `start`. */
export function valueEnd(field: string, text: string, start: number, end: number): number {
	if (start < end && text.charCodeAt(start) === 34) return quotedEnd(field, text, start, end);
	return atLeastOne(field, "value", start, runEnd(text, start, end, VALUE));
}

/** Behind the `quoted-string` whose first quote is at `start`: a backslash takes the next character as it is. */
export function quotedEnd(field: string, text: string, start: number, end: number): number {
	let at = start + 1;
	while (at < end && text.charCodeAt(at) !== 34) at += text.charCodeAt(at) === 92 ? 2 : 1;
	if (at < end) return at + 1;
	throw new ParseError("unterminated quoted string", { field, offset: at });
}

/** The first character that cannot stand in a URI, `end` when there is none. */
export function uriFault(text: string, start: number, end: number): number {
	let at = start;
	while (at < end && ((CLASSES[text.charCodeAt(at)] as number) & NO_URI) === 0) at += 1;
	return at;
}

/** Whether the code cannot stand in an unquoted display name. */
export function endsDisplay(code: number): boolean {
	return ((CLASSES[code] as number) & NO_DISPLAY) !== 0;
}

function runEnd(text: string, start: number, end: number, mask: number): number {
	let at = start;
	while (at < end && ((CLASSES[text.charCodeAt(at)] as number) & mask) !== 0) at += 1;
	return at;
}

function atLeastOne(field: string, what: string, start: number, end: number): number {
	if (end > start) return end;
	throw new ParseError(`expected ${what}`, { field, offset: start });
}

/** Whether all of `text` is one token. */
export function isToken(text: string): boolean {
	return text.length > 0 && tokenEnd(text, 0, text.length) === text.length;
}

/** Whether the code is SP, HT, CR or LF. */
export function isSpace(code: number): boolean {
	return code === 32 || code === 9 || code === 13 || code === 10;
}

/** Folded lines made one: CR LF and the white space around it become one SP (§7.3.1). */
export function unfold(text: string): string {
	let at = text.indexOf("\r\n");
	if (at === -1) return text;
	let unfolded = "";
	let from = 0;
	while (at !== -1) {
		let end = at;
		while (end > from && isSpace(text.charCodeAt(end - 1))) end -= 1;
		unfolded += `${text.slice(from, end)} `;
		from = at;
		while (isSpace(text.charCodeAt(from))) from += 1;
		at = text.indexOf("\r\n", from);
	}
	return unfolded + text.slice(from);
}

function mark(characters: string, mask: number): void {
	for (const character of characters) {
		const code = character.charCodeAt(0);
		CLASSES[code] = (CLASSES[code] ?? 0) | mask;
	}
}
