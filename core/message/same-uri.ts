/** URI comparison: RFC 3261 §19.1.4, hosts as RFC 5954 §4.2, tel as RFC 3966 §4. Equality here is not transitive. */
import { canonicalAddress } from "../base/ip-address.ts";
import { ParseError } from "./parse-error.ts";
import { parseTel, sameTel, type TelUri } from "./tel-uri.ts";
import { escapedCode, type Uri, type UriParam, uriParam } from "./uri.ts";

/** Present in one URI only, these keep the two apart, even at their default value. */
const SIGNIFICANT = ["user", "ttl", "method", "maddr", "transport"];
/** `reserved` of §25.1: escaped, these differ from themselves unescaped. */
const RESERVED = ";/?:@&=+$,";

export function sameUri(a: Uri, b: Uri): boolean {
	if (a.scheme !== b.scheme) return false;
	if (a.host === "" || b.host === "") return sameOpaque(a, b);
	return (
		sameUserInfo(a, b) &&
		a.port === b.port &&
		sameHost(a.host, b.host) &&
		sameParams(a, b) &&
		sameHeaders(a.headers, b.headers)
	);
}

/** Addresses compare by value, names without case; a name never equals its address. */
export function sameHost(a: string, b: string): boolean {
	if (a === b) return true;
	return (canonicalAddress(a) ?? a.toLowerCase()) === (canonicalAddress(b) ?? b.toLowerCase());
}

function sameOpaque(a: Uri, b: Uri): boolean {
	if (a.text.slice(a.scheme.length) === b.text.slice(b.scheme.length)) return true;
	const [one, other] = a.scheme === "tel" ? [readTel(a), readTel(b)] : [];
	return one !== undefined && other !== undefined && sameTel(one, other);
}

/** Undefined for one that is no tel URI but for its scheme: it is equal to its own text only. */
function readTel({ text }: Uri): TelUri | undefined {
	try {
		return parseTel(text);
	} catch (error) {
		if (error instanceof ParseError) return undefined;
		throw error;
	}
}

function sameUserInfo(a: Uri, b: Uri): boolean {
	return sameEscaped(a.user, b.user) && sameEscaped(a.password, b.password);
}

function sameEscaped(a: string | undefined, b: string | undefined): boolean {
	if (a === undefined || b === undefined) return a === b;
	return a === b || normalise(a) === normalise(b);
}

function sameParams(a: Uri, b: Uri): boolean {
	for (const param of a.params) if (!sameParam(param, uriParam(b, param.name))) return false;
	return b.params.every(
		(param) => !SIGNIFICANT.includes(param.name) || uriParam(a, param.name) !== undefined,
	);
}

function sameParam(param: UriParam, other: UriParam | undefined): boolean {
	if (other === undefined) return !SIGNIFICANT.includes(param.name);
	if (param.value === undefined || other.value === undefined) return param.value === other.value;
	return normalise(param.value).toLowerCase() === normalise(other.value).toLowerCase();
}

function sameHeaders(a: string | undefined, b: string | undefined): boolean {
	if (a === undefined || b === undefined) return a === b;
	return headerList(a) === headerList(b);
}

/** Order does not count, names fold, values keep their case. */
function headerList(headers: string): string {
	const list = headers.split("&").map((header) => {
		const equals = header.indexOf("=");
		const name = equals === -1 ? header : header.slice(0, equals);
		return `${normalise(name).toLowerCase()}${normalise(header.slice(name.length))}`;
	});
	return list.sort().join("&");
}

/** Every escape of an unreserved character resolved, every other in upper case. */
function normalise(text: string): string {
	let at = text.indexOf("%");
	if (at === -1) return text;
	let result = "";
	let from = 0;
	while (at !== -1) {
		const code = escapedCode(text, at);
		if (code !== -1) {
			result += text.slice(from, at) + normalEscape(code, text.slice(at, at + 3));
			from = at + 3;
		}
		at = text.indexOf("%", at + 1);
	}
	return result + text.slice(from);
}

function normalEscape(code: number, written: string): string {
	const char = String.fromCharCode(code);
	const keep = code <= 32 || code >= 127 || RESERVED.includes(char) || char === "%";
	return keep ? written.toUpperCase() : char;
}
