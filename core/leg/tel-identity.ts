/**
 * A `tel` URI in From or To as a SIP URI, for a leg that wants it so, and back: RFC 3261 §19.1.6.
 *
 *     tel:+1-201-555-0123  ⇄  sips:+12015550123@example.com;user=phone;x5t=BASE64URL
 *
 * The SIP URI is the canonical one, so equal numbers look equal. What the way back cannot make of it,
 * such as separators, rides in `x5t`: the tel URI as it was written. A peer that drops it costs those
 * and nothing else. It is not signed: it counts only where it names the same number.
 */
import { decode, encode } from "../base/base64url.ts";
import type { Scheme } from "../base/scheme.ts";
import { ParseError } from "../message/parse-error.ts";
import { parseTel, type TelUri, telAsSip } from "../message/tel-uri.ts";
import { type Uri, unescapeUser, uriParam } from "../message/uri.ts";
import { readUri } from "./force-scheme.ts";

const NAME = "x5t";

/** Undefined for what is no tel URI; one that cannot be read stays as it is. `host`: ours. */
export function telToSip(uri: string, scheme: Scheme, host: string): string | undefined {
	const tel = readTel(uri);
	if (tel === undefined) return undefined;
	const sip = telAsSip(tel, scheme, host);
	const plain = readUri(sip);
	if (plain === undefined) return undefined;
	return numberOf(plain) === uri ? sip : `${sip};${NAME}=${encode(uri)}`;
}

/** The tel URI that `telToSip` was given; undefined for a SIP URI that it has not made. */
export function sipToTel(uri: string, host: string): string | undefined {
	const sip = readUri(uri);
	if (sip === undefined || sip.host.toLowerCase() !== host.toLowerCase()) return undefined;
	if (uriParam(sip, "user")?.value?.toLowerCase() !== "phone") return undefined;
	const number = numberOf(sip);
	const tel = number === undefined ? undefined : readTel(number);
	if (tel === undefined) return undefined;
	const written = decode(uriParam(sip, NAME)?.value ?? "");
	const original = written === undefined ? undefined : readTel(written);
	const same =
		original !== undefined && telAsSip(original, "sip", host) === telAsSip(tel, "sip", host);
	return same ? written : number;
}

/** The canonical tel URI of a SIP URI's user part. */
function numberOf({ user }: Uri): string | undefined {
	return user === undefined ? undefined : `tel:${user.replaceAll(ESCAPED, unescapeUser)}`;
}

/** What a tel URI may hold and a user part may not. */
const ESCAPED = /%(?:23|3A|40|5B|5D)/g;

function readTel(uri: string): TelUri | undefined {
	if (!/^tel:/i.test(uri)) return undefined;
	try {
		return parseTel(uri);
	} catch (error) {
		if (error instanceof ParseError) return undefined;
		throw error;
	}
}
