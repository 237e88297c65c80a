/** Header parameters: RFC 3261 §7.3.1, `*( SEMI generic-param )`. */
import { Scanner } from "./scanner.ts";

/** More than this many are looked up by a table. */
const FEW = 16;

/**
 * `;name=value` and `;name`, in order. Names are in lower case and unique (§7.3.1); quoted values
 * keep their quotes. Nearly every value has none or one or two: a list is read faster than a Map is made.
 */
export class Params {
	readonly #names: string[] = [];
	readonly #values: (string | undefined)[] = [];
	#table: Map<string, number> | undefined;

	get size(): number {
		return this.#names.length;
	}

	has(name: string): boolean {
		return this.#place(name) !== -1;
	}

	/** Undefined for a parameter without a value, too. */
	get(name: string): string | undefined {
		const place = this.#place(name);
		return place === -1 ? undefined : this.#values[place];
	}

	/** False for a name that is there. */
	add(name: string, value: string | undefined): boolean {
		if (this.#place(name) !== -1) return false;
		this.#table?.set(name, this.#names.length);
		this.#names.push(name);
		this.#values.push(value);
		return true;
	}

	*[Symbol.iterator](): Generator<[name: string, value: string | undefined]> {
		for (const [at, name] of this.#names.entries()) yield [name, this.#values[at]];
	}

	#place(name: string): number {
		const names = this.#names;
		if (names.length > FEW) {
			this.#table ??= new Map(names.map((one, at) => [one, at]));
			return this.#table.get(name) ?? -1;
		}
		for (let at = 0; at < names.length; at += 1) if (names[at] === name) return at;
		return -1;
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
