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

/** Why an edit may not cross; undefined for one that may. */
export function headerFault({ name, value }: HeaderEdit): string | undefined {
	if (!isToken(name)) return `${JSON.stringify(name)} is not a header name`;
	if (ENGINE_HEADERS.includes(longName(name)))
		return `${name} belongs to the engine: scripts cannot edit it`;
	if (value.length > VALUE_LENGTH_MAX)
		return `${name}: the value is longer than ${VALUE_LENGTH_MAX} octets`;
	if (SECONDS.includes(longName(name)) && !/^\d{0,10}$/.test(value))
		return `${name}: only a number of seconds, who refreshes is for the endpoints to agree on`;
	if (/[\0\r\n]/.test(value)) return `${name}: CR, LF and NUL are not allowed in a value`;
	return undefined;
}

/** The long name in lower case, whatever the spelling. */
export function longName(name: string): string {
	return headerName(headerIdAt(name, 0, name.length)) ?? name.toLowerCase();
}
