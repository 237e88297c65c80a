/**
 * SIP and SIPS URIs: RFC 3261 §19.1.1 and §25.1. The text is kept, so a URI that is not changed
 * leaves as it came; escapes stay as written (RFC 4475 §3.1.1.3).
 *
 *     ( "sip" / "sips" ) ":" [ user [ ":" password ] "@" ] host [ ":" port ] *( ";" param ) [ "?" headers ]
 */
import { equalsFolded } from "./headers.ts";
import { MAX_URI_PARAMS } from "./limits.ts";
import { ParseError } from "./parse-error.ts";
import { digitsEnd, hostEnd, portOf, uriFault } from "./scanner.ts";

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
	const bad = uriFault(text, 0, text.length);
	if (bad < text.length) throw fault("character not allowed in a URI", bad);
	return new ParsedUri(text, scheme, colon + 1);
}

/** User, password and the rest are cut out when they are asked for. */
class ParsedUri implements Uri {
	readonly text: string;
	readonly scheme: string;
	readonly port: number | undefined;
	readonly hostStart: number;
	readonly hostEnd: number;
	/** Behind the colon of the scheme. */
	readonly #start: number;
	/** Behind the host. */
	readonly #hostStop: number;
	/** Of the question mark; -1 where there is none. */
	readonly #question: number;
	#user: string | undefined;
	#host: string | undefined;
	#params: readonly UriParam[] | undefined;

	constructor(text: string, scheme: string, start: number) {
		this.text = text;
		this.scheme = scheme;
		this.#start = start;
		this.#user = undefined;
		this.#host = undefined;
		if (scheme !== "sip" && scheme !== "sips") {
			this.hostStart = start;
			this.hostEnd = start;
			this.port = undefined;
			this.#params = NO_PARAMS;
			this.#hostStop = start;
			this.#question = -1;
			return;
		}
		const { length } = text;
		const at = text.indexOf("@", start);
		const host = at === -1 ? start : at + 1;
		const hostStop = hostEnd("URI", text, host, length);
		const colon = text.charCodeAt(hostStop) === COLON;
		const stop = colon ? digitsEnd(text, hostStop + 1, length) : hostStop;
		this.hostStart = host;
		this.hostEnd = stop;
		this.#hostStop = hostStop;
		this.port = colon ? portOf("URI", text, hostStop + 1, stop) : undefined;
		this.#question = stop === length ? -1 : text.indexOf("?", stop);
		const paramsEnd = this.#question === -1 ? length : this.#question;
		const later = isOneParam(text, stop, paramsEnd);
		this.#params = later ? undefined : readUriParams(text, stop, paramsEnd);
		if (at === start) throw fault("empty user", at);
	}

	get user(): string | undefined {
		if (this.#user === undefined && this.hostStart > this.#start)
			this.#user = this.text.slice(
				this.#start,
				userEnd(this.text, this.#start, this.hostStart - 1),
			);
		return this.#user;
	}

	get password(): string | undefined {
		const at = this.hostStart - 1;
		const end = userEnd(this.text, this.#start, at);
		return end < at ? this.text.slice(end + 1, at) : undefined;
	}

	get host(): string {
		this.#host ??= this.text.slice(this.hostStart, this.#hostStop);
		return this.#host;
	}

	get params(): readonly UriParam[] {
		const end = this.#question === -1 ? this.text.length : this.#question;
		this.#params ??= readUriParams(this.text, this.hostEnd, end);
		return this.#params;
	}

	get headers(): string | undefined {
		return this.#question === -1 ? undefined : this.text.slice(this.#question + 1);
	}
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
	if (colon < 1) throw fault("expected a scheme", 0);
	if (colon === 3 && equalsFolded(text, 0, "sip")) return "sip";
	if (colon === 4 && equalsFolded(text, 0, "sips")) return "sips";
	for (let at = 0; at < colon; at += 1)
		if (!isSchemeCode(text.charCodeAt(at), at === 0)) throw fault("expected a scheme", at);
	return text.slice(0, colon).toLowerCase();
}

function isSchemeCode(code: number, first: boolean): boolean {
	const folded = code | 32;
	if (folded >= 97 && folded <= 122 && code >= 65) return true;
	return !first && (code === 43 || code === 45 || code === 46 || (code >= 48 && code <= 57));
}

/** Where the password, or else what is in front of the host, begins. */
function userEnd(text: string, start: number, at: number): number {
	const colon = text.indexOf(":", start);
	return colon !== -1 && colon < at ? colon : at;
}

/** One that nothing is wrong with: it is read when it is asked for. */
function isOneParam(text: string, start: number, end: number): boolean {
	if (end - start < 2 || text.charCodeAt(start) !== SEMICOLON) return false;
	const next = text.indexOf(";", start + 1);
	return (next === -1 || next >= end) && text.charCodeAt(start + 1) !== EQUALS;
}

function readUriParams(text: string, start: number, end: number): readonly UriParam[] {
	if (start === end) return NO_PARAMS;
	const params: UriParam[] = [];
	let at = start;
	while (at < end) {
		if (text.charCodeAt(at) !== 59) throw fault('expected ";"', at);
		if (params.length === MAX_URI_PARAMS) throw fault("too many parameters", at);
		const next = text.indexOf(";", at + 1);
		const stop = next === -1 || next > end ? end : next;
		const param = readUriParam(text, at, stop);
		if (params.some((other) => other.name === param.name))
			throw fault(`duplicate parameter "${param.name}"`, at);
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
	if (name.length === 0) throw fault("empty parameter", start);
	return { name, value: equals === -1 ? undefined : whole.slice(equals + 1), text: whole, start };
}

function fault(reason: string, offset: number): ParseError {
	return new ParseError(reason, { field: "URI", offset });
}

const COLON = 58;
const SEMICOLON = 59;
const EQUALS = 61;
