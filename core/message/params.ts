/** Header parameters: RFC 3261 §7.3.1, `*( SEMI generic-param )`. */
import { Scanner } from "./scanner.ts";

type Param = {
	readonly name: string;
	readonly value: string | undefined;
	next: Param | undefined;
};

/** More than this many are looked up by a table. */
const FEW = 16;

/**
 * `;name=value` and `;name`, in order. Names are in lower case and unique (§7.3.1); quoted values
 * keep their quotes. Nearly every value has none or one or two: a chain of them is made and read
 * faster than a Map.
 */
export class Params {
	#first: Param | undefined;
	#last: Param | undefined;
	#size = 0;
	#table: Map<string, Param> | undefined;

	get size(): number {
		return this.#size;
	}

	has(name: string): boolean {
		return this.#find(name) !== undefined;
	}

	/** Undefined for a parameter without a value, too. */
	get(name: string): string | undefined {
		return this.#find(name)?.value;
	}

	/** False for a name that is there. */
	add(name: string, value: string | undefined): boolean {
		if (this.#find(name) !== undefined) return false;
		const param: Param = { name, value, next: undefined };
		if (this.#last === undefined) this.#first = param;
		else this.#last.next = param;
		this.#last = param;
		this.#size += 1;
		this.#table?.set(name, param);
		return true;
	}

	*[Symbol.iterator](): Generator<[name: string, value: string | undefined]> {
		for (let param = this.#first; param !== undefined; param = param.next)
			yield [param.name, param.value];
	}

	#find(name: string): Param | undefined {
		if (this.#size > FEW) return this.#lookUp(name);
		for (let param = this.#first; param !== undefined; param = param.next)
			if (param.name === name) return param;
		return undefined;
	}

	#lookUp(name: string): Param | undefined {
		if (this.#table === undefined) {
			this.#table = new Map();
			for (let param = this.#first; param !== undefined; param = param.next)
				this.#table.set(param.name, param);
		}
		return this.#table.get(name);
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
export const NO_PARAMS: Params = new Params();

export function readParams(scan: Scanner): Params {
	if (!scan.maybe(";")) return NO_PARAMS;
	const params = new Params();
	do {
		const name = scan.token().toLowerCase();
		const value = scan.maybe("=") ? scan.value() : undefined;
		if (!params.add(name, value)) scan.fail(`duplicate parameter "${name}"`);
	} while (scan.maybe(";"));
	return params;
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
