/** Header parameters: RFC 3261 §7.3.1, `*( SEMI generic-param )`. */
import { equalsFolded } from "./headers.ts";
import { ParseError } from "./parse-error.ts";
import { Scanner, spaceEnd, tokenEnd, valueEnd } from "./scanner.ts";

const SEMICOLON = 59;
const EQUALS = 61;
/** More names than this are told apart by a table. */
const FEW = 16;

// The parameter that was read last. Numbers of the module: an object for each would be garbage at once.
let nameStart = 0;
let nameStop = 0;
/** -1 where it has no value. */
let valueStart = -1;
let valueStop = -1;

/**
 * `;name=value` and `;name`, in order. Names are in lower case and unique (§7.3.1); quoted values
 * keep their quotes. They were checked when this was made, and only the place of the first is kept:
 * nearly every value has none or one or two, and most are never asked for.
 */
export class Params {
	/** Behind the last and the white space that follows it. */
	readonly stop: number;
	readonly #text: string;
	readonly #nameStart: number;
	readonly #nameStop: number;
	readonly #valueStart: number;
	readonly #valueStop: number;
	/** The semicolon of the second. */
	readonly #rest: number;

	constructor(
		text: string,
		nameFrom: number,
		nameTo: number,
		valueFrom: number,
		valueTo: number,
		rest: number,
		stop: number,
	) {
		this.#text = text;
		this.#nameStart = nameFrom;
		this.#nameStop = nameTo;
		this.#valueStart = valueFrom;
		this.#valueStop = valueTo;
		this.#rest = rest;
		this.stop = stop;
	}

	/** The same parameters in another text, where they stand `by` further on. */
	movedTo(text: string, by: number): Params {
		if (this === NO_PARAMS) return this;
		return new Params(
			text,
			this.#nameStart + by,
			this.#nameStop + by,
			this.#valueStart === -1 ? -1 : this.#valueStart + by,
			this.#valueStop + by,
			this.#rest + by,
			this.stop + by,
		);
	}

	get size(): number {
		let size = 0;
		for (const _ of this) size += 1;
		return size;
	}

	/** Leaves the parameter that was found as the one read last. */
	has(name: string): boolean {
		nameStart = this.#nameStart;
		nameStop = this.#nameStop;
		valueStart = this.#valueStart;
		valueStop = this.#valueStop;
		if (isNamed(this.#text, name)) return true;
		let at = this.#rest;
		while (at < this.stop) {
			at = readParam("", this.#text, spaceEnd(this.#text, at + 1, this.stop), this.stop);
			if (isNamed(this.#text, name)) return true;
		}
		return false;
	}

	/** Undefined for a parameter without a value, too. */
	get(name: string): string | undefined {
		return this.has(name) ? lastValue(this.#text) : undefined;
	}

	/** Whether it is there without a value. */
	isBare(name: string): boolean {
		return this.has(name) && valueStart === -1;
	}

	*[Symbol.iterator](): Generator<[name: string, value: string | undefined]> {
		const { stop } = this;
		const text = this.#text;
		let at = this.#nameStart;
		if (at === this.#nameStop) return;
		while (at < stop) {
			const next = readParam("", text, at, stop);
			yield [lastName(text), lastValue(text)];
			at = spaceEnd(text, next + 1, stop);
		}
	}
}

/** Where one parameter stands: `start` is the offset of its `;` (white space before it left out). */
export type ParamSpan = {
	readonly name: string;
	readonly value: string | undefined;
	readonly start: number;
	readonly end: number;
};

/** What an address or a Via without parameters has. */
export const NO_PARAMS: Params = new Params("", 0, 0, -1, -1, 0, 0);

/** Reads the parameters of which the first has its semicolon at `start`. */
export function readParams(field: string, text: string, start: number, end: number): Params {
	const first = spaceEnd(text, start + 1, end);
	const rest = readParam(field, text, first, end);
	const [nameTo, valueFrom, valueTo] = [nameStop, valueStart, valueStop];
	const stop = isSemicolon(text, rest, end) ? checkRest(field, text, first, rest, end) : rest;
	return new Params(text, first, nameTo, valueFrom, valueTo, rest, stop);
}

/** Whether a parameter begins at `at`, where no white space is. */
export function isSemicolon(text: string, at: number, end: number): boolean {
	return at < end && text.charCodeAt(at) === SEMICOLON;
}

/** Reads the parameter whose name begins at `start`; answers where the white space behind it ends. */
function readParam(field: string, text: string, start: number, end: number): number {
	nameStart = start;
	nameStop = tokenEnd(text, start, end);
	valueStart = -1;
	if (nameStop === start) throw new ParseError("expected token", { field, offset: start });
	const at = spaceEnd(text, nameStop, end);
	if (at === end || text.charCodeAt(at) !== EQUALS) return at;
	valueStart = spaceEnd(text, at + 1, end);
	valueStop = valueEnd(field, text, valueStart, end);
	return spaceEnd(text, valueStop, end);
}

/** Reads the parameters behind the one that was read, whose name is at `first`; answers where they end. */
function checkRest(field: string, text: string, first: number, rest: number, end: number): number {
	let seen = nameBit(text);
	let at = rest;
	let names: Set<string> | undefined;
	for (let count = 1; isSemicolon(text, at, end); count += 1) {
		at = readParam(field, text, spaceEnd(text, at + 1, end), end);
		if (count === FEW) names = namesBefore(text, first, end);
		const bit = nameBit(text);
		if (
			names === undefined ? (seen & bit) !== 0 && isRepeated(text, first, end) : !isNew(names, text)
		)
			throw duplicate(field, text, at);
		seen |= bit;
	}
	return at;
}

/** Different bits are of different names; equal bits may be. */
function nameBit(text: string): number {
	const letter = text.charCodeAt(nameStart) | 32;
	return 1 << ((letter + (nameStop - nameStart) * 5) & 31);
}

/** Whether a parameter before the one that was read, which stays the one read last, has its name. */
function isRepeated(text: string, first: number, end: number): boolean {
	const start = nameStart;
	const name = lastName(text);
	let at = readParam("", text, first, end);
	while (nameStart < start) {
		if (isNamed(text, name)) {
			readParam("", text, start, end);
			return true;
		}
		at = readParam("", text, spaceEnd(text, at + 1, end), end);
	}
	return false;
}

/** Those before the one that was read, which stays the one read last. */
function namesBefore(text: string, first: number, end: number): Set<string> {
	const start = nameStart;
	const names = new Set<string>();
	let at = readParam("", text, first, end);
	while (nameStart < start) {
		names.add(lastName(text));
		at = readParam("", text, spaceEnd(text, at + 1, end), end);
	}
	return names;
}

function isNew(names: Set<string>, text: string): boolean {
	const { size } = names;
	return names.add(lastName(text)).size > size;
}

function duplicate(field: string, text: string, at: number): ParseError {
	const offset = valueStart === -1 ? at : valueStop;
	return new ParseError(`duplicate parameter "${lastName(text)}"`, { field, offset });
}

function isNamed(text: string, name: string): boolean {
	const length = nameStop - nameStart;
	return length > 0 && length === name.length && equalsFolded(text, nameStart, name);
}

function lastName(text: string): string {
	return text.slice(nameStart, nameStop).toLowerCase();
}

function lastValue(text: string): string | undefined {
	return valueStart === -1 ? undefined : text.slice(valueStart, valueStop);
}

/** The parameters between `start` (at the first `;` or the space before it) and `end`, with their places. */
export function paramSpans(
	field: string,
	text: string,
	start = 0,
	end = text.length,
): readonly ParamSpan[] {
	const scan = new Scanner(field, text, start, end);
	const spans: ParamSpan[] = [];
	scan.skipSpace();
	while (scan.peek() === 59) {
		const from = scan.offset;
		scan.maybe(";");
		const name = scan.token().toLowerCase();
		let to = scan.offset;
		let value: string | undefined;
		if (scan.maybe("=")) {
			value = scan.value();
			to = scan.offset;
		}
		spans.push({ name, value, start: from, end: to });
		scan.skipSpace();
	}
	scan.finish();
	return spans;
}

/** The text inside a quoted string, backslashes resolved; any other text as it is (§25.1). */
export function unquote(value: string): string {
	if (value.charCodeAt(0) !== 34) return value;
	const inside = value.slice(1, -1);
	let at = inside.indexOf("\\");
	if (at === -1) return inside;
	let text = "";
	let from = 0;
	while (at !== -1) {
		text += inside.slice(from, at);
		from = at + 1;
		at = inside.indexOf("\\", from + 1);
	}
	return text + inside.slice(from);
}
