/** Header values that are one number or word: RFC 3261 §20.8, §20.16, §20.19, §20.22 and §25.1. */
import { methodAt } from "./methods.ts";
import { ParseError } from "./parse-error.ts";
import { digitsEnd, isSpace, isToken, spaceEnd, tokenEnd, unfold } from "./scanner.ts";

export type CSeq = { readonly number: number; readonly method: string };

const MAX_UINT32 = 4_294_967_295;

/** `1*DIGIT LWS Method`. Leading zeros are allowed, 2^32 and above is not (§8.1.1.5). */
export function parseCSeq(value: string): CSeq {
	let at = 0;
	while (isDigit(value.charCodeAt(at))) at += 1;
	const number = at === 0 ? -1 : Number(value.slice(0, at));
	if (number < 0 || number > MAX_UINT32) fail("CSeq", "number out of range", 0);
	const digits = at;
	while (isSpace(value.charCodeAt(at))) at += 1;
	const method = value.slice(at);
	if (at === digits || !isToken(method)) fail("CSeq", "expected a method", at);
	return { number, method };
}

/** The same as a span of a text, which may be folded. */
export function cseqAt(text: string, start: number, end: number): CSeq {
	const digits = digitsEnd(text, start, end);
	const method = spaceEnd(text, digits, end);
	const plain = digits > start && digits - start < 10 && method > digits && method < end;
	if (!plain || tokenEnd(text, method, end) !== end) return parseCSeq(valueAt(text, start, end));
	let number = 0;
	for (let at = start; at < digits; at += 1) number = number * 10 + text.charCodeAt(at) - 48;
	return { number, method: methodAt(text, method, end) };
}

/** `word [ "@" word ]`, read widely: any text without white space, compared octet by octet (§20.8). */
export function parseCallId(value: string): string {
	if (value.length === 0) fail("Call-ID", "empty", 0);
	for (let at = 0; at < value.length; at += 1) {
		if (value.charCodeAt(at) <= 32) fail("Call-ID", "white space", at);
	}
	return value;
}

/** The same as a span of a text, which may be folded. */
export function callIdAt(text: string, start: number, end: number): string {
	let at = start;
	while (at < end && text.charCodeAt(at) > 32) at += 1;
	return at === end && at > start ? text.slice(start, end) : parseCallId(valueAt(text, start, end));
}

/** 0 to 255 (§20.22). */
export function parseMaxForwards(value: string): number {
	const number = parseUnsigned(value);
	if (number === undefined || number > 255) return fail("Max-Forwards", "expected 0 to 255", 0);
	return number;
}

/** A positive integer (RFC 5393 §5.3.1). */
export function parseMaxBreadth(value: string): number {
	const number = parseUnsigned(value);
	if (number === undefined || number === 0)
		return fail("Max-Breadth", "expected a positive number", 0);
	return number;
}

/** Expires and its like: seconds, held at 2^32-1 however many digits are sent; undefined when it is no number. */
export function parseDeltaSeconds(value: string): number | undefined {
	const number = parseUnsigned(value);
	return number === undefined ? undefined : Math.min(number, MAX_UINT32);
}

/** A `q` value, 0 to 1 with at most three decimals, in thousandths; undefined when it is none. */
export function parseQ(value: string): number | undefined {
	const point = value.indexOf(".");
	const whole = point === -1 ? value : value.slice(0, point);
	const decimals = point === -1 ? "" : value.slice(point + 1);
	if ((whole !== "0" && whole !== "1") || decimals.length > 3) return undefined;
	const thousandths = decimals === "" ? 0 : parseUnsigned(decimals.padEnd(3, "0"));
	if (thousandths === undefined) return undefined;
	const q = Number(whole) * 1000 + thousandths;
	return q <= 1000 ? q : undefined;
}

/** Digits only; a number too long for a double's integers becomes some large number. */
export function parseUnsigned(value: string): number | undefined {
	if (value.length === 0) return undefined;
	for (let at = 0; at < value.length; at += 1) {
		if (!isDigit(value.charCodeAt(at))) return undefined;
	}
	return Number(value);
}

/** What is not as usual is read as it says on its own: so its faults have the same places. */
function valueAt(text: string, start: number, end: number): string {
	return unfold(text.slice(start, end));
}

function isDigit(code: number): boolean {
	return code >= 48 && code <= 57;
}

function fail(field: string, reason: string, offset: number): never {
	throw new ParseError(reason, { field, offset });
}
