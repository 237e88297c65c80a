/** Request validation: RFC 3261 §16.3. Syntax (step 1) was checked when the message was parsed. */

import type { Request } from "../message/message.ts";
import { ParseError } from "../message/parse-error.ts";
import { uriParam } from "../message/uri.ts";
import type { Environment } from "./environment.ts";
import { isLoop } from "./loop.ts";
import type { Rejection } from "./rejection.ts";

/** Why the request is not forwarded, or undefined when it may be. */
export function validate(request: Request, environment: Environment): Rejection | undefined {
	return (
		badScheme(request) ??
		tooManyHops(request) ??
		reading("Via", () => looping(request, environment)) ??
		reading("Proxy-Require", () => unsupportedByProxy(request))
	);
}

/** A header that a proxy has to read, and whose values cannot be told apart, is bad syntax after all (step 1). */
function reading(field: string, check: () => Rejection | undefined): Rejection | undefined {
	try {
		return check();
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

/** §16.3 step 4, RFC 5393 §4.2. */
function looping(request: Request, environment: Environment): Rejection | undefined {
	return isLoop(request, environment) ? { status: 482 } : undefined;
}

/** §16.3 step 5: we support no extension that a proxy must understand, so every tag is unknown. */
function unsupportedByProxy(request: Request): Rejection | undefined {
	const tags = request.head.elements("proxy-require");
	if (tags.length === 0) return undefined;
	const names = tags.map((tag) => request.text.slice(tag.start, tag.end));
	return { status: 420, headers: [["Unsupported", names.join(", ")]] };
}
