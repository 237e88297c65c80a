/**
 * Writing a URI in the scheme of a leg: RFC 3261 §8.1.1.8, §26.2.2, RFC 5630 §5.
 *
 * From and To change in the scheme token only. A Contact or Request-URI is also made legal: `sips`
 * cannot carry `transport=udp`. Everything else stays byte for byte, for the way back is exact.
 */
import type { Scheme } from "../base/scheme.ts";
import { parseNameAddress } from "../message/name-addr.ts";
import { ParseError } from "../message/parse-error.ts";
import { parseUri, type Uri } from "../message/uri.ts";
import { LegError } from "./leg-error.ts";
import { schemeOf, schemeToken, tokenLength, upperCase, withCase } from "./scheme-token.ts";
import type { SecureSignaling } from "./secure-signaling.ts";

export type Role = "ruri" | "from" | "to" | "contact" | "record-route";
export type UriTransport = SecureSignaling["uriTransport"];

/** What a forced URI no longer says, besides which scheme it had. */
export type Lost = {
	/** URI parameters that were taken out: their places in the original, and their exact text without `;`. */
	readonly params: readonly LostParam[];
	/** Which letters of the scheme token were in upper case: one bit each. */
	readonly upperCase: number;
};
export type LostParam = { readonly index: number; readonly text: string };

export const NOTHING_LOST: Lost = { params: [], upperCase: 0 };

/** Forces one value of a header field: name-addr or addr-spec with its parameters, or `*`. */
export function forceScheme(
	value: string,
	to: Scheme,
	role: Role,
	uriTransport: UriTransport = "keep",
): { value: string; lost: Lost } {
	if (role === "ruri") {
		const { uri, lost } = forceUri(value, to, role, uriTransport);
		return { value: uri, lost };
	}
	const { star, uri: original, uriStart, uriEnd } = parseNameAddress(role, value);
	if (star) return { value, lost: NOTHING_LOST };
	const { uri, lost } = forceUri(original, to, role, uriTransport);
	if (uri === original) return { value, lost };
	return { value: value.slice(0, uriStart) + uri + value.slice(uriEnd), lost };
}

/** Forces a URI. One that is neither `sip` nor `sips` stays, except that a Request-URI has to be one. */
export function forceUri(
	uri: string,
	to: Scheme,
	role: Role,
	uriTransport: UriTransport = "keep",
): { uri: string; lost: Lost } {
	const token = schemeToken(uri);
	if (token === "") {
		if (role === "ruri") throw new LegError("LEG_SCHEME", uri);
		return { uri, lost: NOTHING_LOST };
	}
	const changed = token.length !== to.length;
	const params = to === "sips" && takesParams(role) ? illegalParams(uri, uriTransport) : NO_SPANS;
	if (!changed && params.length === 0) return { uri, lost: NOTHING_LOST };
	const rest = uri.slice(token.length);
	return {
		uri: (changed ? to : token) + without(rest, token.length, params),
		lost: {
			params: params.map(({ index, text }) => ({ index, text })),
			upperCase: changed ? upperCase(token) : 0,
		},
	};
}

/** The inverse of `forceUri`, for a URI whose own scheme was `scheme`. */
export function restoreUri(uri: string, scheme: Scheme, lost: Lost): string {
	const length = tokenLength(uri, 0);
	if (length === 0) return uri;
	const current = schemeOf(uri);
	const token = current === scheme ? uri.slice(0, length) : withCase(scheme, lost.upperCase);
	return token + putBack(uri, lost.params).slice(length);
}

/** From and To on their way to the caller: the token it used, or its leg's scheme where it used none of ours. */
export function restoreToken(uri: string, token: string, caller: Scheme): string {
	const length = tokenLength(uri, 0);
	if (length === 0) return uri;
	if (token !== "") return token + uri.slice(length);
	return schemeOf(uri) === caller ? uri : caller + uri.slice(length);
}

/** The URI in parts, or undefined where its text is no URI: such a one is left alone. */
export function readUri(text: string): Uri | undefined {
	try {
		return parseUri(text);
	} catch (error) {
		if (error instanceof ParseError) return undefined;
		throw error;
	}
}

function takesParams(role: Role): boolean {
	return role !== "from" && role !== "to";
}

type Span = LostParam & { readonly start: number };

const NO_SPANS: readonly Span[] = [];

function illegalParams(uri: string, uriTransport: UriTransport): readonly Span[] {
	if (!uri.includes(";")) return NO_SPANS;
	const found: Span[] = [];
	readUri(uri)?.params.forEach(({ name, value, text, start }, index) => {
		if (name === "transport" && isRemoved(value?.toLowerCase(), uriTransport))
			found.push({ index, text, start });
	});
	return found;
}

function isRemoved(transport: string | undefined, uriTransport: UriTransport): boolean {
	if (transport === "udp") return true;
	if (transport === "tls") return uriTransport !== "keep";
	return transport === "tcp" && uriTransport === "strip";
}

/** `rest` begins `offset` characters into the URI that the spans are offsets of. */
function without(rest: string, offset: number, spans: readonly Span[]): string {
	let text = "";
	let from = 0;
	for (const { start, text: param } of spans) {
		text += rest.slice(from, start - offset);
		from = start - offset + 1 + param.length;
	}
	return text + rest.slice(from);
}

/** Parameters return to their places, the lowest first, so that each index counts those before it. */
function putBack(uri: string, lost: readonly LostParam[]): string {
	let text = uri;
	for (const { index, text: param } of lost) {
		const parsed = readUri(text);
		if (parsed === undefined) return text;
		const before = parsed.params[index];
		const at = before === undefined ? paramsEnd(parsed) : before.start;
		text = `${text.slice(0, at)};${param}${text.slice(at)}`;
	}
	return text;
}

/** Where the parameters of a URI end: before its `?`. */
export function paramsEnd(uri: Uri): number {
	return uri.headers === undefined ? uri.text.length : uri.text.length - uri.headers.length - 1;
}
