/** Comma-separated header values: RFC 3261 §7.3.1. Commas in quotes and in `<>` separate nothing (§25.1). */
import { ParseError } from "./parse-error.ts";

/** The place of one list element, white space around it left out. */
export type Element = { readonly line: number; readonly start: number; readonly end: number };

/** Adds the elements of one line's value to `into`; empty ones are left out. */
export function splitList(
	text: string,
	line: number,
	start: number,
	end: number,
	into: Element[],
): void {
	let from = start;
	let at = start;
	while (at < end) {
		const code = text.charCodeAt(at);
		if (code === 44) {
			pushTrimmed(text, line, from, at, into);
			from = at + 1;
			at += 1;
		} else if (code === 34) {
			at = behindQuote(text, at, end);
		} else if (code === 60) {
			at = behindBracket(text, at, end);
		} else {
			at += 1;
		}
	}
	pushTrimmed(text, line, from, end, into);
}

function behindQuote(text: string, start: number, end: number): number {
	let at = start + 1;
	while (at < end && text.charCodeAt(at) !== 34) at += text.charCodeAt(at) === 92 ? 2 : 1;
	if (at >= end)
		throw new ParseError("unterminated quoted string", { field: "list", offset: start });
	return at + 1;
}

function behindBracket(text: string, start: number, end: number): number {
	const at = text.indexOf(">", start);
	if (at === -1 || at >= end) throw new ParseError('missing ">"', { field: "list", offset: start });
	return at + 1;
}

function pushTrimmed(text: string, line: number, from: number, to: number, into: Element[]): void {
	let start = from;
	let end = to;
	while (start < end && text.charCodeAt(start) <= 32) start += 1;
	while (end > start && text.charCodeAt(end - 1) <= 32) end -= 1;
	if (start < end) into.push({ line, start, end });
}
