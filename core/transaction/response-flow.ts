/**
 * Where a response goes: RFC 3261 §18.2.2 with RFC 3581 §4.
 *
 * `received` and `rport` are not read from the Via: what we wrote there is the source of the
 * request, and what the sender wrote there must not steer our response.
 *
 * Deviates from RFC 3261 §18.2.2: `maddr` is followed for those whom the configuration knows. For
 * anybody else it would be a way to point our responses at a third address.
 * Test: RFC 3261 §18.2.2 TR-60: a stranger cannot point our responses at a third address.
 */
import { type Flow, reliable, secure } from "../base/flow.ts";
import { canonicalAddress, isUnicast } from "../base/ip-address.ts";
import type { Head } from "../message/head.ts";

/** The flow for a response to a request that came on `flow`; undefined when it may not be sent. */
export function responseFlow(
	request: { readonly head: Head },
	flow: Flow,
	knows: (flow: Flow) => boolean,
): Flow | undefined {
	if (reliable(flow.transport)) return flow;
	const { params, port } = request.head.via;
	const maddr = params.get("maddr");
	if (maddr !== undefined && knows(flow)) return toMaddr(maddr, port ?? 5060, flow);
	if (params.has("rport") || (port ?? 5060) === flow.port) return flow;
	return { ...flow, port: port ?? 5060 };
}

/**
 * Where a response goes when the connection of its request is gone: to the address it came from,
 * at the port of sent-by. Undefined when no connection can be opened that way.
 */
export function responseFallback(request: { readonly head: Head }, flow: Flow): Flow | undefined {
	if (flow.transport !== "tcp" && flow.transport !== "tls") return undefined;
	const { host, port } = request.head.via;
	return {
		...flow,
		connection: 0,
		port: port ?? (secure(flow.transport) ? 5061 : 5060),
		serverName: canonicalAddress(host) === undefined ? host : undefined,
	};
}

/** A name in `maddr` is not looked up: the response then goes to the source of its request. */
function toMaddr(maddr: string, port: number, flow: Flow): Flow | undefined {
	const host = canonicalAddress(maddr);
	if (host === undefined) return { ...flow, port };
	return isUnicast(host) ? { ...flow, host, port } : undefined;
}
