/**
 * SIP and SIPS URIs: RFC 3261 §19.1.1 and §25.1. The text is kept, so a URI that is not changed
 * leaves as it came; escapes stay as written (RFC 4475 §3.1.1.3).
 *
 *     ( "sip" / "sips" ) ":" [ user [ ":" password ] "@" ] host [ ":" port ] *( ";" param ) [ "?" headers ]
 */
import { MAX_URI_PARAMS } from "./limits.ts";
import { ParseError } from "./parse-error.ts";
import { Scanner } from "./scanner.ts";

export type Uri = {
	readonly text: string;
	/** Lower case. */
	readonly scheme: string;
	/** As written, without the password. */
	readonly user: string | undefined;
	readonly password: string | undefined;
	/** As written; IPv6 in brackets. Empty for a scheme that is neither sip nor sips. */
	readonly host: string;
	readonly port: number | undefined;
	readonly params: readonly UriParam[];
	/** What follows `?`. */
	readonly headers: string | undefined;
	/** Where the host begins in `text`; the scheme's length plus one for a scheme that is not ours. */
	readonly hostStart: number;
	/** Where host and port end in `text`: parameters follow. */
	readonly hostEnd: number;
};

export type UriParam = {
	/** Lower case. */
	readonly name: string;
	readonly value: string | undefined;
	/** As written, without the `;`. */
	readonly text: string;
	/** Offset of the `;` in the URI's text. */
	readonly start: number;
};

/** A scheme other than sip and sips is well-formed but opaque (§19.1, RFC 4475 §3.3.2). */
export function parseUri(text: string): Uri {
	const colon = text.indexOf(":");
	const scheme = readScheme(text, colon);
	checkCharacters(text);
	if (scheme !== "sip" && scheme !== "sips") return opaque(text, scheme, colon + 1);

	const at = text.indexOf("@", colon);
	const hostStart = at === -1 ? colon + 1 : at + 1;
	const scan = new Scanner("URI", text, hostStart);
	const host = scan.host();
	let port: number | undefined;
	if (scan.peek() === 58) {
		scan.offset += 1;
		port = scan.number(65_535);
		if (port === 0) scan.fail("port 0");
	}
	const hostEnd = scan.offset;

	const question = text.indexOf("?", hostEnd);
	const paramsEnd = question === -1 ? text.length : question;
	const params = readUriParams(text, hostEnd, paramsEnd);
	const headers = question === -1 ? undefined : text.slice(question + 1);
	const rest = { host, port, params, headers, hostStart, hostEnd };
	if (at === -1) return { text, scheme, user: undefined, password: undefined, ...rest };
	return { text, scheme, ...readUserInfo(text, colon + 1, at), ...rest };
}

export function uriParam(uri: Uri, name: string): UriParam | undefined {
	for (const param of uri.params) if (param.name === name) return param;
	return undefined;
}

/** `%HH` resolved, once (RFC 4475 §3.1.1.3); what is no escape stays as it is. */
export function unescapeUser(user: string): string {
	let at = user.indexOf("%");
	if (at === -1) return user;
	let text = "";
	let from = 0;
	while (at !== -1) {
		const code = escapedCode(user, at);
		if (code === -1) text += user.slice(from, at + 1);
		else text += user.slice(from, at) + String.fromCharCode(code);
		from = at + (code === -1 ? 1 : 3);
		at = user.indexOf("%", from);
	}
	return text + user.slice(from);
}

/** The octet that `%HH` at `at` stands for; -1 when it is no escape. */
export function escapedCode(text: string, at: number): number {
	const high = hexDigit(text.charCodeAt(at + 1));
	const low = hexDigit(text.charCodeAt(at + 2));
	return high === -1 || low === -1 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
	if (code >= 48 && code <= 57) return code - 48;
	const folded = code | 32;
	return folded >= 97 && folded <= 102 ? folded - 87 : -1;
}

function readScheme(text: string, colon: number): string {
	if (colon < 1) return fail(text, "expected a scheme", 0);
	for (let at = 0; at < colon; at += 1) {
		const code = text.charCodeAt(at);
		const folded = code | 32;
		const letter = folded >= 97 && folded <= 122 && code >= 65;
		const other = code === 43 || code === 45 || code === 46 || (code >= 48 && code <= 57);
		if (!letter && (at === 0 || !other)) return fail(text, "expected a scheme", at);
	}
	return text.slice(0, colon).toLowerCase();
}

function checkCharacters(text: string): void {
	for (let at = 0; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		if (code <= 32 || code === 127 || code === 34 || code === 60 || code === 62)
			fail(text, "character not allowed in a URI", at);
	}
}

function readUserInfo(text: string, start: number, at: number) {
	if (at === start) fail(text, "empty user", at);
	const colon = text.indexOf(":", start);
	const userEnd = colon < at && colon !== -1 ? colon : at;
	const password = userEnd === at ? undefined : text.slice(userEnd + 1, at);
	return { user: text.slice(start, userEnd), password };
}

function readUriParams(text: string, start: number, end: number): readonly UriParam[] {
	if (start === end) return NO_PARAMS;
	const params: UriParam[] = [];
	let at = start;
	while (at < end) {
		if (text.charCodeAt(at) !== 59) fail(text, 'expected ";"', at);
		if (params.length === MAX_URI_PARAMS) fail(text, "too many parameters", at);
		const next = text.indexOf(";", at + 1);
		const stop = next === -1 || next > end ? end : next;
		const param = readUriParam(text, at, stop);
		if (params.some((other) => other.name === param.name))
			fail(text, `duplicate parameter "${param.name}"`, at);
		params.push(param);
		at = stop;
	}
	return params;
}

const NO_PARAMS: readonly UriParam[] = [];

function readUriParam(text: string, start: number, end: number): UriParam {
	const whole = text.slice(start + 1, end);
	const equals = whole.indexOf("=");
	const name = (equals === -1 ? whole : whole.slice(0, equals)).toLowerCase();
	if (name.length === 0) fail(text, "empty parameter", start);
	return { name, value: equals === -1 ? undefined : whole.slice(equals + 1), text: whole, start };
}

function opaque(text: string, scheme: string, start: number): Uri {
	const none = { user: undefined, password: undefined, port: undefined, headers: undefined };
	return { text, scheme, ...none, host: "", params: NO_PARAMS, hostStart: start, hostEnd: start };
}

function fail(text: string, reason: string, offset: number): never {
	throw new ParseError(reason, { field: "URI", offset: Math.min(offset, text.length) });
}
