/**
 * Instance-ids, and the public GRUU of one: RFC 5626 §4.1, RFC 5627 §5.1.
 *
 *     sip:1001@example.com;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6
 */
import { escapeParam } from "./escape-param.ts";
import { type Uri, unescapeUser, uriParam } from "./uri.ts";

/** Canonical, so that equal ids are equal texts: a UUID has no case, nor has the start of any URN (RFC 5626 §4.1). */
export function canonicalInstance(id: string): string {
	const start = /^urn:[a-z0-9-]+:/i.exec(id)?.[0].toLowerCase() ?? "";
	const rest = id.slice(start.length);
	return start + (start === "urn:uuid:" ? rest.toLowerCase() : rest);
}

/**
 * The address-of-record with the instance in it: nothing has to be kept to know it again (RFC 5627
 * Appendix A.1). Undefined for an instance that is no URN: it could not be told from a made-up value.
 */
export function publicGruu(
	{ user, host, port }: Uri,
	scheme: string,
	instance: string,
): string | undefined {
	if (user === undefined || !isUrn(instance)) return undefined;
	const address = port === undefined ? host : `${host}:${port}`;
	return `${scheme}:${user}@${address};gr=${escapeParam(instance)}`;
}

/** The instance that a GRUU means: undefined for a URI that is none, "" for one that we never gave out. */
export function instanceOfGruu(uri: Uri): string | undefined {
	if (uri.params.length === 0) return undefined;
	const gr = uriParam(uri, "gr");
	if (gr === undefined) return undefined;
	const instance = canonicalInstance(unescapeUser(gr.value ?? ""));
	return isUrn(instance) ? instance : "";
}

function isUrn(instance: string): boolean {
	return /^urn:[a-z0-9-]+:./.test(instance);
}
