/** The top Via of a received request gets what its sender asks us for: RFC 3261 §18.2.1, RFC 3581 §4, RFC 6223 §4.4. */

import type { Flow } from "../base/flow.ts";
import { canonicalAddress, unmapped } from "../base/ip-address.ts";
import { Request } from "./message.ts";
import { paramSpans } from "./params.ts";
import type { Via } from "./via.ts";

/**
 * A request whose top Via tells the truth about its source: `received` when sent-by is a name or
 * another address, `received` and `rport` when `rport` was asked for, on every transport. Over TLS
 * `received` is always written, as in the documented example of a sips call. Values that the sender
 * wrote there itself are dropped. Who offers to send keep-alives is told how often, in seconds:
 * `streamSeconds` on a stream; Infinity leaves it to the sender. The same request when nothing changes.
 */
export function stampVia(request: Request, flow: Flow, streamSeconds = Infinity): Request {
	const { via } = request.head;
	const { params } = via;
	const source = unmapped(flow.host);
	const rport = params.has("rport");
	const needed =
		rport ||
		flow.transport === "tls" ||
		(via.host !== source && canonicalAddress(via.host) !== canonicalAddress(source));
	const keep = params.has("keep") && mayKeep(request);
	if (!needed && !keep && !params.has("received")) return request;

	const stamp = needed ? `;received=${source}${rport ? `;rport=${flow.port}` : ""}` : "";
	const often = keep ? `;keep=${keepSeconds(flow, streamSeconds)}` : "";
	const value = restOfParams(request.text, via, keep) + often + stamp;
	const head = request.head.withTopVia(via.paramsStart, via.end, value);
	return new Request(request.method, request.uriStart, request.uriEnd, head);
}

/** The parameters as written, without those that we set. */
function restOfParams(text: string, via: Via, keep: boolean): string {
	if (!keep && !via.params.has("received") && !via.params.has("rport"))
		return text.slice(via.paramsStart, via.end);
	let rest = "";
	for (const { name, start, end } of paramSpans("Via", text, via.paramsStart, via.end)) {
		const ours = name === "received" || name === "rport" || (keep && name === "keep");
		if (!ours) rest += text.slice(start, end);
	}
	return rest;
}

/**
 * A registration, or what makes or refreshes a dialog: we stay in each (RFC 6223 §4.4). The value is
 * the receiver's to write, and an ACK has no response that could bring it.
 */
function mayKeep({ method, head }: Request): boolean {
	return KEPT.includes(method) && head.via.params.get("keep") === undefined;
}

/** Over UDP what keeps the binding of a NAT, which may forget in 30 seconds (RFC 5626 §4.4.2). */
function keepSeconds({ transport }: Flow, streamSeconds: number): number {
	if (transport === "udp") return UDP_SECONDS;
	return streamSeconds === Infinity ? 0 : streamSeconds;
}

const KEPT = ["REGISTER", "INVITE", "SUBSCRIBE", "UPDATE"];
const UDP_SECONDS = 30;
