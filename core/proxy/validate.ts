/** Request validation: RFC 3261 §16.3. Syntax (step 1) was checked when the message was parsed. */

import type { Request } from "../message/message.ts";
import { ParseError } from "../message/parse-error.ts";
import { uriParam } from "../message/uri.ts";
import { isOnlyVia } from "../message/via-stack.ts";
import type { Rejection } from "./rejection.ts";

/** Why the request is not forwarded, or undefined when it may be. Loops show when it is known where it goes (loop.ts). */
export function validate(request: Request): Rejection | undefined {
	return (
		badScheme(request) ??
		tooManyHops(request) ??
		reading("Via", unreadableVia, request) ??
		reading("Proxy-Require", unsupportedByProxy, request) ??
		reading("Max-Breadth", badBreadth, request)
	);
}

/** A header that a proxy has to read, and whose values cannot be told apart, is bad syntax after all (step 1). */
function reading(
	field: string,
	check: (request: Request) => Rejection | undefined,
	request: Request,
): Rejection | undefined {
	try {
		return check(request);
	} catch (error) {
		if (error instanceof ParseError) return { status: error.status, reason: `Bad ${field}` };
		throw error;
	}
}

/** §16.3 step 2. A `tel` URI is a script's to route; any other scheme is not understood (PX-02). */
function badScheme({ parsedUri }: Request): Rejection | undefined {
	const { scheme } = parsedUri;
	// RFC 3261 §26.2.2: UDP is no transport for sips (secure signaling G5).
	const transport = uriParam(parsedUri, "transport")?.value?.toLowerCase();
	if (scheme === "sips" && transport === "udp") return { status: 400, reason: "SIPS over UDP" };
	return scheme === "sip" || scheme === "sips" || scheme === "tel" ? undefined : { status: 416 };
}

/** §16.3 step 3. */
function tooManyHops(request: Request): Rejection | undefined {
	return request.head.maxForwards === 0 ? { status: 483 } : undefined;
}

/** Step 4 looks for those of ours among them. */
function unreadableVia(request: Request): undefined {
	if (!isOnlyVia(request.head)) request.head.elements("via");
}

/** §16.3 step 5: we support no extension that a proxy must understand, so every tag is unknown. */
function unsupportedByProxy(request: Request): Rejection | undefined {
	const tags = request.head.elements("proxy-require");
	if (tags.length === 0) return undefined;
	const names = tags.map((tag) => request.text.slice(tag.start, tag.end));
	return { status: 420, headers: [["Unsupported", names.join(", ")]] };
}

/** RFC 5393 §5.3.1: a positive integer, where there is one. */
function badBreadth(request: Request): undefined {
	request.head.maxBreadth;
}
