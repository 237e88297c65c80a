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
const CLASSES = new Uint8Array(256);
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
mark(`${LETTERS}0123456789-.!%*_+\`'~`, TOKEN);
mark(`${LETTERS}0123456789-._`, HOST); // "_" is no host character, but container names have it
mark("0123456789", DIGIT);
mark("ABCDEFabcdef0123456789:.", REFERENCE);
mark(`${LETTERS}0123456789-.!%*_+\`'~=:/@[]&$#?{}|^()`, VALUE);
mark(" \t\r\n", SPACE);
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
		return this.#run(TOKEN, "token");
	}

	host(): string {
		return this.peek() === 91 ? this.#reference() : this.#run(HOST, "host");
	}

	/** `gen-value`: a token, a host or a quoted string (quotes kept). */
	value(): string {
		const first = this.peek();
		if (first === 34) return this.quoted();
		return this.#run(VALUE, "value");
	}

	number(max: number): number {
		const value = Number(this.#run(DIGIT, "number"));
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

	/** `quoted-string` with its quotes: a backslash takes the next character as it is. */
	quoted(): string {
		const start = this.offset;
		this.offset += 1;
		while (this.offset < this.end && this.peek() !== 34) this.offset += this.peek() === 92 ? 2 : 1;
		if (this.offset >= this.end) this.fail("unterminated quoted string");
		this.offset += 1;
		return this.text.slice(start, this.offset);
	}

	finish(): void {
		this.skipSpace();
		if (this.offset !== this.end) this.fail("unexpected text");
	}

	skipSpace(): void {
		while (this.#is(SPACE)) this.offset += 1;
	}

	fail(reason: string): never {
		throw new ParseError(reason, { field: this.field, offset: this.offset });
	}

	#run(mask: number, what: string): string {
		const start = this.offset;
		while (this.#is(mask)) this.offset += 1;
		if (this.offset === start) this.fail(`expected ${what}`);
		return this.text.slice(start, this.offset);
	}

	#reference(): string {
		const start = this.offset;
		this.offset += 1;
		while (this.#is(REFERENCE)) this.offset += 1;
		if (this.peek() !== 93) this.fail('expected "]"');
		this.offset += 1;
		return this.text.slice(start, this.offset);
	}

	#is(mask: number): boolean {
		return (
			this.offset < this.end &&
			((CLASSES[this.text.charCodeAt(this.offset)] as number) & mask) !== 0
		);
	}
}

/** Where the run of token characters that begins at `start` ends. */
export function tokenEnd(text: string, start: number, end: number): number {
	let at = start;
	while (at < end && ((CLASSES[text.charCodeAt(at)] as number) & TOKEN) !== 0) at += 1;
	return at;
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
