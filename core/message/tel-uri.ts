/**
 * tel URIs: RFC 3966 §3 to §5. A global number begins with `+`; a local one has to say where it is
 * one, with `phone-context`.
 */
import { MAX_URI_PARAMS } from "./limits.ts";
import { ParseError } from "./parse-error.ts";
import { escapedCode } from "./uri.ts";

export type TelUri = {
	/** Begins with `+` when it is global. Visual separators are left out, letters are lower case. */
	readonly number: string;
	/** Names and values in lower case, escapes of what needs none resolved; "" for no value. */
	readonly params: ReadonlyMap<string, string>;
};

const SEPARATORS = "-.()";
const LOCAL_DIGITS = "0123456789abcdef*#";
const ALPHANUM = "abcdefghijklmnopqrstuvwxyz0123456789";
/** `paramchar` of §3, beside escapes; `?` is the one sign more that an isub may hold, with `;` `=` and the rest escaped. */
const PARAM = `${ALPHANUM}-_.!~*'()[]/:&+$`;
const ISUB = `${PARAM}?@=,`;

/** Throws ParseError for what is no tel URI, a local number without its context included. */
export function parseTel(text: string): TelUri {
	const [subscriber = "", ...rest] = text.slice("tel:".length).toLowerCase().split(";");
	if (!/^tel:/i.test(text)) fail("expected tel:", 0);
	const number = withoutSeparators(subscriber);
	const global = number.startsWith("+");
	if (!consistsOf(global ? number.slice(1) : number, global ? "0123456789" : LOCAL_DIGITS))
		fail("expected a number", 4);
	if (rest.length > MAX_URI_PARAMS) fail("too many parameters", 4);
	const params = new Map<string, string>();
	for (const param of rest) {
		const [name, value] = readParam(param);
		if (params.has(name)) fail(`duplicate parameter "${name}"`, 4);
		params.set(name, value);
	}
	if (!global && !params.has("phone-context")) fail("a local number needs phone-context", 4);
	return { number, params };
}

/** RFC 3966 §4: order counts for nothing, and a parameter that only one of the two has makes them differ. */
export function sameTel(a: TelUri, b: TelUri): boolean {
	if (a.number !== b.number || a.params.size !== b.params.size) return false;
	for (const [name, value] of a.params) if (b.params.get(name) !== value) return false;
	return true;
}

/**
 * The tel URI as a SIP or SIPS URI at `host`, which may have a port: RFC 3261 §19.1.6. Equal tel URIs
 * become equal SIP URIs.
 */
export function telAsSip({ number, params }: TelUri, scheme: "sip" | "sips", host: string): string {
	const names = [...params.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
	const user = names.map((name) => {
		const value = params.get(name);
		return value === "" ? `;${name}` : `;${name}=${value}`;
	});
	return `${scheme}:${inUser(number + user.join(""))}@${host};user=phone`;
}

function rank(name: string): number {
	if (name === "isub") return 0;
	return name === "postd" ? 1 : 2;
}

/** What a tel URI may hold and the user part of a SIP URI may not (RFC 3261 §25.1). */
function inUser(text: string): string {
	let user = "";
	for (const char of text) user += ESCAPED.get(char) ?? char;
	return user;
}

const ESCAPED = new Map([..."#[]:@"].map((char) => [char, `%${hex(char)}`]));

function readParam(param: string): [string, string] {
	const equals = param.indexOf("=");
	const name = equals === -1 ? param : param.slice(0, equals);
	if (!consistsOf(name, `${ALPHANUM}-`)) fail("expected a parameter name", 4);
	if (equals === -1) return [name, ""];
	const value = param.slice(equals + 1);
	const read = resolved(value, name === "isub" ? ISUB : PARAM);
	if (name === "ext") return [name, digits(withoutSeparators(read))];
	if (name !== "phone-context") return [name, read];
	return [
		name,
		read.startsWith("+") ? `+${digits(withoutSeparators(read).slice(1))}` : domain(read),
	];
}

function digits(text: string): string {
	return consistsOf(text, "0123456789") ? text : fail("expected digits", 4);
}

function domain(name: string): string {
	return consistsOf(name, `${ALPHANUM}-.`) ? name : fail("expected a domain or a global number", 4);
}

/** Escapes of characters that need none are resolved: they mean the same (§3). The others stay, in upper case. */
function resolved(value: string, allowed: string): string {
	let text = "";
	for (let at = 0; at < value.length; at += 1) {
		const char = value.charAt(at);
		if (char !== "%") {
			if (!allowed.includes(char)) fail("character not allowed in a parameter", 4);
			text += char;
			continue;
		}
		const code = escapedCode(value, at);
		if (code === -1) fail("expected two hexadecimal digits", 4);
		const meant = String.fromCharCode(code).toLowerCase();
		text += `${ALPHANUM}-_.!~*'()`.includes(meant) ? meant : `%${hex(String.fromCharCode(code))}`;
		at += 2;
	}
	return text === "" ? fail("expected a value", 4) : text;
}

function withoutSeparators(text: string): string {
	let rest = "";
	for (const char of text) if (!SEPARATORS.includes(char)) rest += char;
	return rest;
}

function consistsOf(text: string, characters: string): boolean {
	for (const char of text) if (!characters.includes(char)) return false;
	return text !== "";
}

function hex(char: string): string {
	return char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
}

function fail(reason: string, offset: number): never {
	throw new ParseError(reason, { field: "tel URI", offset });
}
