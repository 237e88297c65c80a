/** The top Via of a received request gets the address it came from: RFC 3261 §18.2.1, RFC 3581 §4. */

import type { Flow } from "../base/flow.ts";
import { canonicalAddress, unmapped } from "../base/ip-address.ts";
import { Request } from "./message.ts";
import { paramSpans } from "./params.ts";
import type { Via } from "./via.ts";

/**
 * A request whose top Via tells the truth about its source: `received` when sent-by is a name or
 * another address, `received` and `rport` when `rport` was asked for, on every transport. Over TLS
 * `received` is always written, as in the documented example of a sips call. Values that the sender
 * wrote there itself are dropped. The same request when nothing changes.
 */
export function stampVia(request: Request, flow: Flow): Request {
	const { via } = request.head;
	const { params } = via;
	const source = unmapped(flow.host);
	const rport = params.has("rport");
	const needed =
		rport ||
		flow.transport === "tls" ||
		(via.host !== source && canonicalAddress(via.host) !== canonicalAddress(source));
	if (!needed && !params.has("received")) return request;

	const stamp = needed ? `;received=${source}${rport ? `;rport=${flow.port}` : ""}` : "";
	const value = restOfParams(request.text, via) + stamp;
	const head = request.head.withTopVia(via.paramsStart, via.end, value);
	return new Request(request.method, request.uriStart, request.uriEnd, head);
}

/** The parameters as written, without those that we set. */
function restOfParams(text: string, via: Via): string {
	if (!via.params.has("received") && !via.params.has("rport"))
		return text.slice(via.paramsStart, via.end);
	let rest = "";
	for (const { name, start, end } of paramSpans("Via", text, via.paramsStart, via.end)) {
		if (name !== "received" && name !== "rport") rest += text.slice(start, end);
	}
	return rest;
}
