/** Opening a connection to a peer: RFC 3261 §18.1.1, RFC 5922 §7.3 and §7.8. */
import { connect, isIP, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import type { Flow, Listener } from "../base/flow.ts";
import { isWildcard } from "./advertised.ts";
import type { TransportLimits } from "./limits.ts";
import { verifyIdentity } from "./tls-identity.ts";
import type { TlsSettings } from "./tls-settings.ts";

export function dial(flow: Flow, listener: Listener, limits: TransportLimits): Socket {
	return connect(target(flow, listener, limits));
}

/** Chain and name are verified before the first octet of SIP; there is no way to switch the chain off. */
export function dialSecurely(
	flow: Flow,
	listener: Listener,
	limits: TransportLimits,
	settings: TlsSettings,
): Socket {
	const name = (flow.serverName ?? flow.host).replace(/\.$/, "").toLowerCase();
	return connectSecurely({
		...target(flow, listener, limits),
		secureContext: settings.client,
		rejectUnauthorized: true,
		// RFC 6066 §3: never an IP address.
		...(isIP(name.replace(/^\[|\]$/g, "")) === 0 ? { servername: name } : {}),
		checkServerIdentity: (_host, certificate) =>
			verifyIdentity(settings.options.nameCheck(name), name, certificate),
	});
}

function target(flow: Flow, listener: Listener, limits: TransportLimits) {
	return {
		host: flow.host,
		port: flow.port,
		...sourceAddress(flow, listener),
		noDelay: true,
		keepAlive: true,
		keepAliveInitialDelay: limits.keepAliveMs,
		autoSelectFamily: false,
	};
}

/** From the listener's own address, as peers expect, unless nothing but this machine can be reached from it. */
function sourceAddress(flow: Flow, { address }: Listener): { localAddress?: string } {
	const ownFamily = isIP(address) === isIP(flow.host);
	const inward = isLoopback(address) && !isLoopback(flow.host);
	return isWildcard(address) || inward || !ownFamily ? {} : { localAddress: address };
}

function isLoopback(address: string): boolean {
	return address === "::1" || address.startsWith("127.");
}
