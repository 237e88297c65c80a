/** Which bindings a Contact is about: RFC 3261 §10.3 step 7, RFC 5626 §6, RFC 5630 §5.1.1.1. */
import type { Binding } from "../base/binding.ts";
import { sameUri } from "../message/same-uri.ts";
import { parseUri, type Uri } from "../message/uri.ts";
import type { Candidate } from "./contact.ts";

/**
 * Whether the binding gives way to the Contact. A device that changes to `sips`, or to another
 * transport, takes its former address along instead of ringing twice (RFC 5630 §5.1.1.1).
 */
export function replaces(candidate: Candidate, binding: Binding): boolean {
	if (isOutbound(candidate.binding) && isOutbound(binding))
		return sameInstance(candidate.binding, binding);
	return sameAddress(candidate.uri, parseUri(binding.contact));
}

/**
 * Whether a Contact with `expires=0` means the binding: here the URI counts exactly, or a device
 * that has moved to another transport would end its new binding by clearing up the old one.
 */
export function ends(candidate: Candidate, binding: Binding): boolean {
	if (isOutbound(candidate.binding) && isOutbound(binding))
		return sameInstance(candidate.binding, binding);
	return (
		sameUri(candidate.uri, parseUri(binding.contact)) ||
		sameUri(candidate.received, parseUri(binding.echoed))
	);
}

/** Whether two Contacts of one request are one binding; the later one stands. */
export function repeats(later: Candidate, earlier: Candidate): boolean {
	if (isOutbound(later.binding) && isOutbound(earlier.binding))
		return sameInstance(later.binding, earlier.binding);
	if (later.uri.scheme === earlier.uri.scheme) return sameUri(later.uri, earlier.uri);
	return sameAddress(later.uri, earlier.uri);
}

/** With both ids the binding is to them and not to the URI (RFC 5626 §6). */
export function isOutbound(binding: Binding): boolean {
	return binding.instance !== undefined && binding.regId !== undefined;
}

function sameInstance(a: Binding, b: Binding): boolean {
	return a.instance === b.instance && a.regId === b.regId;
}

function sameAddress(a: Uri, b: Uri): boolean {
	return sameUri(addressOnly(a), addressOnly(b));
}

function addressOnly(uri: Uri): Uri {
	if (uri.host === "") return uri;
	// Part by part: a parsed URI cuts them out of its text when they are asked for.
	const { text, user, password, host, port, headers, hostStart, hostEnd } = uri;
	// A push service may give a device another token: it is the same device (RFC 8599 §4.1.1).
	const params = uri.params.filter(({ name }) => name !== "transport" && !name.startsWith("pn-"));
	return { text, scheme: "sip", user, password, host, port, params, headers, hostStart, hostEnd };
}
