/** Request-Line and Status-Line: RFC 3261 §7.1, §7.2 and §25.1. Exactly one SP between the parts. */
import { MAX_URI } from "./limits.ts";
import { methodAt } from "./methods.ts";
import { ParseError } from "./parse-error.ts";
import { tokenEnd } from "./scanner.ts";

export type RequestLine = {
	readonly method: string;
	readonly uriStart: number;
	readonly uriEnd: number;
};
export type StatusLine = { readonly status: number; readonly reason: string };

/** Whether the line is a Status-Line, or was meant to be one. */
export function isStatusLine(text: string): boolean {
	return isVersionName(text, 0);
}

/** The method of a Request-Line whose rest may be wrong. */
export function readMethod(text: string, end: number): string | undefined {
	const at = tokenEnd(text, 0, end);
	return at > 0 && text.charCodeAt(at) === 32 ? methodAt(text, 0, at) : undefined;
}

/** `end` is where the line's CR LF begins; `method` is what `readMethod` found. */
export function readRequestLine(
	text: string,
	end: number,
	method: string | undefined = readMethod(text, end),
): RequestLine {
	if (method === undefined) return fail("expected a method and a space", 0);
	const uriStart = method.length + 1;
	const uriEnd = text.indexOf(" ", uriStart);
	if (uriEnd === -1 || uriEnd >= end) return fail("expected a URI and a space", uriStart);
	if (uriEnd === uriStart) return fail("more than one space", uriStart);
	if (uriEnd - uriStart > MAX_URI) return fail("Request-URI above the limit", uriStart, 414);
	readVersion(text, uriEnd + 1, end);
	return { method, uriStart, uriEnd };
}

/** `end` is where the line's CR LF begins. */
export function readStatusLine(text: string, end: number): StatusLine {
	const space = text.indexOf(" ");
	if (space === -1 || space > end) return fail("expected a space", end);
	readVersion(text, 0, space);
	const digits = space + 4;
	const status = Number(text.slice(space + 1, digits));
	// NaN and numbers written otherwise fail here or at the digits: 1e2 is no status code.
	if (!(status >= 100 && status <= 699) || !isNumber(text, space + 1, digits))
		return fail("status code out of range", space + 1);
	if (text.charCodeAt(digits) !== 32) return fail("expected a space", digits);
	return { status, reason: text.slice(digits + 1, end) };
}

function readVersion(text: string, start: number, end: number): void {
	if (end - start === 7 && text.startsWith("SIP/2.0", start)) return;
	if (!isVersionName(text, start)) fail("expected SIP/2.0", start);
	const dot = text.indexOf(".", start + 4);
	if (dot === -1 || !isNumber(text, start + 4, dot) || !isNumber(text, dot + 1, end))
		fail("expected SIP/2.0", start);
	if (Number(text.slice(start + 4, dot)) !== 2 || Number(text.slice(dot + 1, end)) !== 0)
		fail("version not supported", start, 505);
}

/** "SIP/" compares without case (§7.1). */
function isVersionName(text: string, at: number): boolean {
	return (
		text.charCodeAt(at + 3) === 47 &&
		(text.charCodeAt(at) | 32) === 115 &&
		(text.charCodeAt(at + 1) | 32) === 105 &&
		(text.charCodeAt(at + 2) | 32) === 112
	);
}

function isNumber(text: string, start: number, end: number): boolean {
	for (let at = start; at < end; at += 1) {
		const code = text.charCodeAt(at);
		if (code < 48 || code > 57) return false;
	}
	return end > start;
}

function fail(reason: string, offset: number, status?: ParseError["status"]): never {
	const at = { field: "start line", offset };
	throw new ParseError(reason, status === undefined ? at : { ...at, status });
}
