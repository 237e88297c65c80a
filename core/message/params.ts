/** Header parameters: RFC 3261 §7.3.1, `*( SEMI generic-param )`. */
import { Scanner } from "./scanner.ts";

/** `;name=value` and `;name`. Names are in lower case and unique (§7.3.1); quoted values keep their quotes. */
export type Params = ReadonlyMap<string, string | undefined>;

/** Where one parameter stands: `start` is the offset of its `;` (white space before it left out). */
export type ParamSpan = {
	readonly name: string;
	readonly value: string | undefined;
	readonly start: number;
	readonly end: number;
};

const NONE: Params = new Map();

export function readParams(scan: Scanner): Params {
	if (!scan.maybe(";")) return NONE;
	const params = new Map<string, string | undefined>();
	do {
		const name = scan.token().toLowerCase();
		if (params.has(name)) scan.fail(`duplicate parameter "${name}"`);
		params.set(name, scan.maybe("=") ? scan.value() : undefined);
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
