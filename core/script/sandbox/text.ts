/** SIP octets and script strings: a message holds one character per octet, a script sees UTF-8 decoded (RFC 3261 §7.3.1). */
import { octetsOf } from "../../base/utf8.ts";
import { refuseInjection } from "../../message/edit-error.ts";
import { VALUE_LENGTH_MAX } from "../limits.ts";

/** Octets as a script reads them. What is not UTF-8 stays one character per octet. */
export function fromWire(octets: string): string {
	if (!/[\u0080-\u00ff]/.test(octets)) return octets;
	try {
		return decodeURIComponent(octets.replace(/[%\u0080-\u00ff]/g, escapeOctet));
	} catch {
		return octets;
	}
}

/** Text of a script as octets. Refuses CR, LF and NUL, and what is too long before it is looked at. */
export function toWire(field: string, text: string): string {
	if (text.length > VALUE_LENGTH_MAX)
		throw new RangeError(`${field}: longer than ${VALUE_LENGTH_MAX} characters`);
	refuseInjection(field, text);
	return octetsOf(text);
}

/** The user part of a URI: what may not stand there as it is becomes `%HH` (RFC 3261 §25.1). */
export function escapeUser(user: string): string {
	return toWire("user", user).replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/g, escapeOctet);
}

function escapeOctet(octet: string): string {
	return `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
