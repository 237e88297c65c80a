/**
 * The header lines of a message: RFC 3261 §7.3 and §20. Offsets come from the one scan; a value is
 * parsed when it is asked for, and the parse is kept. Offsets are into `text`, the whole message.
 */

import {
	CALL_ID,
	CONTACT,
	CSEQ,
	equalsFolded,
	FROM,
	type HeaderName,
	headerId,
	headerName,
	isList,
	MAX_BREADTH,
	MAX_FORWARDS,
	RECORD_ROUTE,
	ROUTE,
	TO,
	UNKNOWN,
	VIA,
} from "./headers.ts";
import { type Element, splitList } from "./list.ts";
import { type NameAddress, parseNameAddress } from "./name-addr.ts";
import { ParseError } from "./parse-error.ts";
import { type CSeq, callIdAt, cseqAt, parseMaxBreadth, parseMaxForwards } from "./scalars.ts";
import * as scan from "./scan-head.ts";
import { tokenEnd, unfold, unsignedAt } from "./scanner.ts";
import { parseFirstVia, type Via } from "./via.ts";

/** The values of one header that were asked for, and those of the headers before it. */
type Split = {
	readonly name: string;
	readonly elements: readonly Element[];
	readonly next: Split | undefined;
};

export class Head {
	readonly text: string;
	/** Header lines. */
	readonly count: number;
	/** Offset of the empty line behind the last header. */
	readonly end: number;
	readonly #lines: scan.Lines;

	#via: Via | undefined;
	#from: NameAddress | undefined;
	#to: NameAddress | undefined;
	#cseq: CSeq | undefined;
	#callId: string | undefined;
	#contacts: readonly NameAddress[] | undefined;
	#routes: readonly NameAddress[] | undefined;
	#recordRoutes: readonly NameAddress[] | undefined;
	#splits: Split | undefined;

	constructor(text: string, lines: scan.Lines, count: number, end: number) {
		this.text = text;
		this.#lines = lines;
		this.count = count;
		this.end = end;
	}

	/** The same lines of the same message, whose text ends earlier. */
	withText(text: string): Head {
		const head = new Head(text, this.#lines, this.count, this.end);
		head.#callId = this.#callId;
		head.#cseq = this.#cseq;
		return head;
	}

	/** The same lines with another text from `start` to `end`, a span of the first Via line's value. */
	withTopVia(start: number, end: number, value: string): Head {
		// Joined, not added up: the text of a message is read octet by octet.
		const text = [this.text.slice(0, start), value, this.text.slice(end)].join("");
		const delta = value.length - (end - start);
		const lines = scan.stretched(this.#lines, this.firstOf(VIA), delta);
		const head = new Head(text, lines, this.count, this.end + delta);
		head.#callId = this.#callId;
		head.#cseq = this.#cseq;
		head.#from = moved(this.#from, text, start, delta);
		head.#to = moved(this.#to, text, start, delta);
		return head;
	}

	/** Index of the first line of this name, or -1. */
	first(name: HeaderName): number {
		const id = headerId(name);
		return id === UNKNOWN ? this.#findNamed(name, 0) : scan.findLine(this.#lines, id, 0);
	}

	/** The same by the id of a header that we know. */
	firstOf(id: number): number {
		return scan.findLine(this.#lines, id, 0);
	}

	/** The next line of the same name as `line`, or -1. */
	next(line: number): number {
		const id = this.#id(line);
		if (id !== UNKNOWN) return scan.findLine(this.#lines, id, line + 1);
		return this.#findNamed(this.name(line).toLowerCase(), line + 1);
	}

	has(name: HeaderName): boolean {
		return this.first(name) !== -1;
	}

	/** False when none of the headers whose bits (`idBit`) these are has two lines. */
	mayRepeat(bits: number): boolean {
		return scan.mayRepeat(this.#lines, bits);
	}

	/** The value of a line, trimmed, folded lines made one. */
	value(line: number): string {
		const value = this.text.slice(this.valueStart(line), this.valueEnd(line));
		return this.#has(line) && !scan.isFolded(this.#lines, line) ? value : unfold(value);
	}

	/** The value of the first line of this name. */
	text1(name: HeaderName): string | undefined {
		const line = this.first(name);
		return line === -1 ? undefined : this.value(line);
	}

	/** The name as sent. */
	name(line: number): string {
		const start = this.lineStart(line);
		return this.text.slice(start, tokenEnd(this.text, start, this.valueStart(line)));
	}

	/** The long name in lower case, whatever the spelling. */
	canonicalName(line: number): HeaderName {
		return headerName(this.#id(line)) ?? this.name(line).toLowerCase();
	}

	lineStart(line: number): number {
		return this.#has(line) ? scan.lineStart(this.#lines, line) : -1;
	}

	/** Behind the CR LF, continuation lines included. */
	lineEnd(line: number): number {
		return this.#has(line) ? scan.lineEnd(this.#lines, line) : -1;
	}

	valueStart(line: number): number {
		return this.#has(line) ? scan.valueStart(this.#lines, line) : -1;
	}

	valueEnd(line: number): number {
		return this.#has(line) ? scan.valueEnd(this.#lines, line) : -1;
	}

	/**
	 * The values of all lines of this name, in order. Lines are split at commas when the header is
	 * a list; a line of any other header, known or not, is one element (§7.3.1).
	 */
	elements(name: HeaderName): readonly Element[] {
		let split = this.#splits;
		while (split !== undefined && split.name !== name) split = split.next;
		if (split !== undefined) return split.elements;
		const first = this.first(name);
		if (first === -1) return NO_ELEMENTS;
		const elements = this.#split(name, first);
		this.#splits = { name, elements, next: this.#splits };
		return elements;
	}

	/** The tokens of a list such as Supported, in lower case. */
	tokens(name: HeaderName): readonly string[] {
		return this.elements(name).map(({ start, end }) => this.text.slice(start, end).toLowerCase());
	}

	/** The top Via. */
	get via(): Via {
		if (this.#via === undefined) {
			const line = this.#required(VIA, "Via");
			this.#via = parseFirstVia(this.text, this.valueStart(line), this.valueEnd(line));
		}
		return this.#via;
	}

	get from(): NameAddress {
		this.#from ??= this.#address(FROM, "From");
		return this.#from;
	}

	get to(): NameAddress {
		this.#to ??= this.#address(TO, "To");
		return this.#to;
	}

	get fromTag(): string | undefined {
		return this.from.params.get("tag");
	}

	get toTag(): string | undefined {
		return this.to.params.get("tag");
	}

	get callId(): string {
		if (this.#callId === undefined) {
			const line = this.#required(CALL_ID, "Call-ID");
			this.#callId = callIdAt(this.text, this.valueStart(line), this.valueEnd(line));
		}
		return this.#callId;
	}

	get cseq(): CSeq {
		if (this.#cseq === undefined) {
			const line = this.#required(CSEQ, "CSeq");
			this.#cseq = cseqAt(this.text, this.valueStart(line), this.valueEnd(line));
		}
		return this.#cseq;
	}

	get maxForwards(): number | undefined {
		const line = this.firstOf(MAX_FORWARDS);
		if (line === -1) return undefined;
		const number = unsignedAt(this.text, this.valueStart(line), this.valueEnd(line));
		return number >= 0 && number <= 255 ? number : parseMaxForwards(this.value(line));
	}

	get maxBreadth(): number | undefined {
		const line = this.firstOf(MAX_BREADTH);
		if (line === -1) return undefined;
		if (this.next(line) === -1) return parseMaxBreadth(this.value(line));
		throw new ParseError("more than one", { field: "Max-Breadth", offset: this.lineStart(line) });
	}

	get contacts(): readonly NameAddress[] {
		this.#contacts ??= this.#addresses(CONTACT, "Contact", "contact");
		return this.#contacts;
	}

	get routes(): readonly NameAddress[] {
		this.#routes ??= this.#addresses(ROUTE, "Route", "route");
		return this.#routes;
	}

	get recordRoutes(): readonly NameAddress[] {
		this.#recordRoutes ??= this.#addresses(RECORD_ROUTE, "Record-Route", "record-route");
		return this.#recordRoutes;
	}

	#has(line: number): boolean {
		return line >= 0 && line < this.count;
	}

	#id(line: number): number {
		return this.#has(line) ? scan.idOf(this.#lines, line) : UNKNOWN;
	}

	#findNamed(name: string, from: number): number {
		let line = scan.findLine(this.#lines, UNKNOWN, from);
		while (line !== -1 && !this.#isNamed(line, name))
			line = scan.findLine(this.#lines, UNKNOWN, line + 1);
		return line;
	}

	#isNamed(line: number, name: string): boolean {
		const start = this.lineStart(line);
		if (!equalsFolded(this.text, start, name)) return false;
		return tokenEnd(this.text, start, this.valueStart(line)) - start === name.length;
	}

	#required(id: number, field: string): number {
		const line = this.firstOf(id);
		if (line === -1) throw new ParseError("missing", { field, offset: this.end });
		return line;
	}

	#split(name: HeaderName, first: number): readonly Element[] {
		const elements: Element[] = [];
		const list = isList(headerId(name));
		for (let line = first; line !== -1; line = this.next(line)) {
			const start = this.valueStart(line);
			const end = this.valueEnd(line);
			if (list) splitList(this.text, line, start, end, elements);
			else elements.push({ line, start, end });
		}
		return elements;
	}

	#address(id: number, field: string): NameAddress {
		const line = this.#required(id, field);
		const address = parseNameAddress(field, this.text, this.valueStart(line), this.valueEnd(line));
		// `*` is for Contact alone; a tag without a value stands where one would be added (§20, §25.1).
		if (address.star || address.params.isBare("tag"))
			throw new ParseError("no address with a tag", { field, offset: address.start });
		return address;
	}

	#addresses(id: number, field: string, name: HeaderName): readonly NameAddress[] {
		if (this.firstOf(id) === -1) return NONE;
		return this.elements(name).map(({ start, end }) =>
			parseNameAddress(field, this.text, start, end),
		);
	}
}

/** An address that was read, in another text where what is behind `at` stands `by` further on. */
function moved(
	address: NameAddress | undefined,
	text: string,
	at: number,
	by: number,
): NameAddress | undefined {
	return address?.movedTo(text, address.start > at ? by : 0);
}

const NONE: readonly NameAddress[] = [];
const NO_ELEMENTS: readonly Element[] = [];
