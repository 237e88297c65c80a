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
import { type CSeq, parseCallId, parseCSeq, parseMaxBreadth, parseMaxForwards } from "./scalars.ts";
import { ID, LINE_END, LINE_START, NAME_END, STRIDE, VALUE_END, VALUE_START } from "./scan-head.ts";
import { unfold } from "./scanner.ts";
import { parseFirstVia, type Via } from "./via.ts";

export class Head {
	readonly text: string;
	/** Header lines. */
	readonly count: number;
	/** Offset of the empty line behind the last header. */
	readonly end: number;
	readonly #lines: Int32Array;

	#via: Via | undefined;
	#from: NameAddress | undefined;
	#to: NameAddress | undefined;
	#cseq: CSeq | undefined;
	#callId: string | undefined;
	#contacts: readonly NameAddress[] | undefined;
	#routes: readonly NameAddress[] | undefined;
	#recordRoutes: readonly NameAddress[] | undefined;
	#elements: Map<string, readonly Element[]> | undefined;

	constructor(text: string, lines: Int32Array, count: number, end: number) {
		this.text = text;
		this.#lines = lines;
		this.count = count;
		this.end = end;
	}

	/** The same lines of the same message, whose text ends earlier. */
	withText(text: string): Head {
		return new Head(text, this.#lines, this.count, this.end);
	}

	/** The same lines with another text from `start` to `end`, a span of the first Via line's value. */
	withTopVia(start: number, end: number, value: string): Head {
		const text = this.text.slice(0, start) + value + this.text.slice(end);
		const delta = value.length - (end - start);
		const lines = this.#lines.slice();
		for (let at = 0; at < lines.length; at += 1) {
			if (at % STRIDE !== ID && (lines[at] as number) >= end)
				lines[at] = (lines[at] as number) + delta;
		}
		const head = new Head(text, lines, this.count, this.end + delta);
		head.#callId = this.#callId;
		head.#cseq = this.#cseq;
		return head;
	}

	/** Index of the first line of this name, or -1. */
	first(name: HeaderName): number {
		return this.#find(headerId(name), name, 0);
	}

	/** The next line of the same name as `line`, or -1. */
	next(line: number): number {
		const id = this.#at(line, ID);
		return this.#find(id, id === UNKNOWN ? this.name(line).toLowerCase() : "", line + 1);
	}

	has(name: HeaderName): boolean {
		return this.first(name) !== -1;
	}

	/** The value of a line, trimmed, folded lines made one. */
	value(line: number): string {
		return unfold(this.text.slice(this.valueStart(line), this.valueEnd(line)));
	}

	/** The value of the first line of this name. */
	text1(name: HeaderName): string | undefined {
		const line = this.first(name);
		return line === -1 ? undefined : this.value(line);
	}

	/** The name as sent. */
	name(line: number): string {
		return this.text.slice(this.lineStart(line), this.#at(line, NAME_END));
	}

	/** The long name in lower case, whatever the spelling. */
	canonicalName(line: number): HeaderName {
		return headerName(this.#at(line, ID)) ?? this.name(line).toLowerCase();
	}

	lineStart(line: number): number {
		return this.#at(line, LINE_START);
	}

	/** Behind the CR LF, continuation lines included. */
	lineEnd(line: number): number {
		return this.#at(line, LINE_END);
	}

	valueStart(line: number): number {
		return this.#at(line, VALUE_START);
	}

	valueEnd(line: number): number {
		return this.#at(line, VALUE_END);
	}

	/**
	 * The values of all lines of this name, in order. Lines are split at commas when the header is
	 * a list; a line of any other header, known or not, is one element (§7.3.1).
	 */
	elements(name: HeaderName): readonly Element[] {
		let elements = this.#elements?.get(name);
		if (elements === undefined) {
			elements = this.#split(name);
			this.#elements ??= new Map();
			this.#elements.set(name, elements);
		}
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
		this.#callId ??= parseCallId(this.value(this.#required(CALL_ID, "Call-ID")));
		return this.#callId;
	}

	get cseq(): CSeq {
		this.#cseq ??= parseCSeq(this.value(this.#required(CSEQ, "CSeq")));
		return this.#cseq;
	}

	get maxForwards(): number | undefined {
		const line = this.#find(MAX_FORWARDS, "", 0);
		return line === -1 ? undefined : parseMaxForwards(this.value(line));
	}

	get maxBreadth(): number | undefined {
		const line = this.#find(MAX_BREADTH, "", 0);
		if (line === -1) return undefined;
		if (this.#find(MAX_BREADTH, "", line + 1) === -1) return parseMaxBreadth(this.value(line));
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

	#at(line: number, what: number): number {
		return this.#lines[line * STRIDE + what] ?? -1;
	}

	#find(id: number, name: string, from: number): number {
		for (let line = from; line < this.count; line += 1) {
			if (this.#lines[line * STRIDE + ID] !== id) continue;
			if (id !== UNKNOWN || this.#isNamed(line, name)) return line;
		}
		return -1;
	}

	#isNamed(line: number, name: string): boolean {
		const start = this.lineStart(line);
		return this.#at(line, NAME_END) - start === name.length && equalsFolded(this.text, start, name);
	}

	#required(id: number, field: string): number {
		const line = this.#find(id, "", 0);
		if (line === -1) throw new ParseError("missing", { field, offset: this.end });
		return line;
	}

	#split(name: HeaderName): readonly Element[] {
		const elements: Element[] = [];
		const list = isList(headerId(name));
		for (let line = this.first(name); line !== -1; line = this.next(line)) {
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
		if (address.star || (address.params.has("tag") && address.params.get("tag") === undefined))
			throw new ParseError("no address with a tag", { field, offset: address.start });
		return address;
	}

	#addresses(id: number, field: string, name: HeaderName): readonly NameAddress[] {
		if (this.#find(id, "", 0) === -1) return NONE;
		return this.elements(name).map(({ start, end }) =>
			parseNameAddress(field, this.text, start, end),
		);
	}
}

const NONE: readonly NameAddress[] = [];
