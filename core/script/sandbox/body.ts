/** Another body for a request: RFC 3261 §7.4. That a proxy is not to do it (§16.6) is for the script to weigh. */
import { octetsOf } from "../../base/utf8.ts";
import { isMediaType } from "../header-rules.ts";
import { BODY_LENGTH_MAX } from "../limits.ts";
import type * as Public from "../sipwright.d.ts";
import { ScriptRequest } from "./request.ts";

/** Throws for what cannot be a body, or one of unknown type. */
export function replaceBody(request: Public.Request, body: string, contentType?: string): void {
	if (!ScriptRequest.is(request))
		throw new TypeError("setBody() takes the request that the hook was asked about");
	if (typeof body !== "string")
		throw new TypeError(`setBody() takes the body as a text, not ${String(body)}`);
	const octets = octetsOf(body);
	if (octets.length > BODY_LENGTH_MAX)
		throw new RangeError(
			`setBody(): a body has at most ${BODY_LENGTH_MAX} octets, not ${octets.length}`,
		);
	const type = typeof contentType === "string" ? octetsOf(contentType) : contentType;
	if (type !== undefined && !(typeof type === "string" && isMediaType(type)))
		throw new TypeError(`setBody(): ${String(contentType)} is no content type`);
	if (contentType === undefined && octets !== "" && !request.headers.get("Content-Type"))
		throw new TypeError('setBody(): the request has no Content-Type; give one, "application/sdp"');
	ScriptRequest.replaceBody(request, body, {
		op: "body",
		name: "Content-Type",
		value: octets === "" ? "" : (type ?? ""),
		body: octets,
	});
}
