/** The scheme of the leg that a new request came on: RFC 3261 §12.1.1. In a dialog it is in the cookie. */
import type { Scheme } from "../base/scheme.ts";
import type { Request } from "../message/message.ts";
import { readable } from "./readable.ts";
import { schemeOf } from "./scheme-token.ts";

/**
 * `sips` if the Request-URI, our own Route entry on top or the top Record-Route is, or the Contact
 * where there is no Record-Route. TLS alone does not count (RFC 5630 §5.1.1.2), nor do From and To.
 */
export function incomingScheme(request: Request, ownTopRoute: Scheme | undefined): Scheme {
	if (ownTopRoute === "sips" || schemeOf(request.uri) === "sips") return "sips";
	const { head } = request;
	if (head.has("record-route"))
		return schemeOf(readable(() => head.recordRoutes)[0]?.uri ?? "") ?? "sip";
	return contactScheme(request) ?? "sip";
}

/** Undefined without a Contact, or with one that is no SIP URI. */
export function contactScheme({ head }: Request): Scheme | undefined {
	return head.has("contact") ? schemeOf(readable(() => head.contacts)[0]?.uri ?? "") : undefined;
}
