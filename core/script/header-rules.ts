/** Which header edits may cross from a script: plain ECMAScript, shared by the host and the isolate (RFC 3261 §7.3.1). */
import { headerIdAt, headerName } from "../message/headers.ts";
import { isToken } from "../message/scanner.ts";
import type { HeaderEdit } from "../proxy/decision.ts";
import { VALUE_LENGTH_MAX } from "./limits.ts";

/** What the engine writes itself, or what goes with the body: long names in lower case. */
const ENGINE_HEADERS: readonly string[] = [
	...["via", "route", "record-route", "path", "from", "to", "contact", "call-id", "cseq"],
	...["max-forwards", "max-breadth", "content-length", "content-type", "content-encoding"],
];

/** RFC 4028 §8.1: a proxy neither sets nor changes the refresher. */
const SECONDS: readonly string[] = ["session-expires", "min-se"];

/** Headers that hold an address, and those of them that may hold several. */
const ADDRESSES: readonly string[] = ["refer-to", "referred-by", "reply-to"];
const ADDRESS_LISTS: readonly string[] = ["p-asserted-identity", "p-preferred-identity"];

/**
 * A bare URI with parameters, headers or a comma goes into `<>`: without, they would be the header's
 * (RFC 3261 §20.10, RFC 8217 §3).
 */
export function enclosed(name: string, value: string): string {
	const header = longName(name);
	const list = ADDRESS_LISTS.includes(header);
	if (!list && !ADDRESSES.includes(header)) return value;
	const needed = list ? /[;?]/.test(value) && !value.includes(",") : /[;?,]/.test(value);
	return needed && /^[a-z][a-z0-9+.-]*:[^\s<>"]+$/i.test(value) ? `<${value}>` : value;
}

/** `m-type/m-subtype` with parameters: RFC 3261 §25.1 `media-type`. */
export function isMediaType(value: string): boolean {
	return MEDIA_TYPE.test(value);
}

const TOKEN = "[A-Za-z0-9\\-.!%*_+`'~]+";
const MEDIA_TYPE = new RegExp(
	`^${TOKEN}/${TOKEN}(?: ?; ?${TOKEN}=(?:${TOKEN}|"[^"\\\\\\0-\\x1f\\u0100-\\uffff]*"))*$`,
);

/** Why an edit may not cross; undefined for one that may. */
export function headerFault({
	name,
	value,
}: Pick<HeaderEdit, "name" | "value">): string | undefined {
	if (!isToken(name)) return `${JSON.stringify(name)} is not a header name`;
	if (ENGINE_HEADERS.includes(longName(name)))
		return `${name} belongs to the engine: scripts cannot edit it`;
	if (value.length > VALUE_LENGTH_MAX)
		return `${name}: the value is longer than ${VALUE_LENGTH_MAX} octets`;
	if (SECONDS.includes(longName(name)) && !/^\d{0,10}$/.test(value))
		return `${name}: only a number of seconds, who refreshes is for the endpoints to agree on`;
	if (/[\0\r\n]/.test(value)) return `${name}: CR, LF and NUL are not allowed in a value`;
	if (!isOctets(value)) return `${name}: a value crosses as octets`;
	return undefined;
}

/** One octet a character, as it goes out: of a wider one the lower half would, which may be a line break. */
export function isOctets(text: string): boolean {
	return !/[^\0-\xff]/.test(text);
}

/** The long name in lower case, whatever the spelling. */
export function longName(name: string): string {
	return headerName(headerIdAt(name, 0, name.length)) ?? name.toLowerCase();
}
