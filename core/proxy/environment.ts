/** What the proxy core knows of the place it runs in. Replaced as a whole on reload, never changed. */
import { type Listener, leadsOut, type TransportName } from "../base/flow.ts";
import type { Random } from "../base/random.ts";
import type { Signing } from "../leg/seal.ts";
import type { Timing } from "../transaction/timers.ts";
import type { Directory } from "./directory.ts";
import type { OwnAddresses } from "./own-addresses.ts";

export type Environment = {
	readonly own: OwnAddresses;
	readonly listeners: readonly Listener[];
	readonly directory: Directory;
	/** Signs the dialog cookies in our Record-Route. */
	readonly signing: Signing;
	readonly random: Random;
	/** Octets that a request over UDP may have (RFC 3261 §18.1.1); Infinity: as many as it has. */
	readonly udpRequestMax: number;
	/** What a REGISTER gets that goes on to another registrar. */
	readonly pathFor: PathFor;
	/** The base values of the timers of new transactions; those of Table 4 unless given. */
	readonly timing?: Timing;
};

/**
 * Which phones get a Path from us where they register elsewhere (register-path.ts): those that say they
 * know it; any; or no others, and the registrar has to know it, too. Where it is off, none: a registrar
 * then refuses outbound with 439.
 */
export type PathFor = "supported" | "any" | "required" | "off";

/** The listener with this id; undefined when it was removed since. */
export function listenerOf(id: number, { listeners }: Environment): Listener | undefined {
	const direct = listeners[id];
	return direct?.id === id ? direct : listeners.find((listener) => listener.id === id);
}

/**
 * Our listener to send from, by transport and address family: its address will be the sent-by.
 * A loopback address is reached from a loopback listener and from no other, where there is one.
 * Never one that browsers or a TLS balancer connect to: no connection leaves from there.
 */
export function listenerFor(
	transport: TransportName,
	host: string,
	{ listeners }: Environment,
): Listener | undefined {
	let second: Listener | undefined;
	for (const listener of listeners) {
		const { address } = listener;
		if (listener.transport !== transport || address.includes(":") !== host.includes(":")) continue;
		if (!leadsOut(listener)) continue;
		if (isWildcard(address) || isLoopback(address) === isLoopback(host)) return listener;
		second ??= listener;
	}
	return second;
}

/** Our listener whose address a peer is shown where it is to speak TLS, or secure WebSocket, with us. */
export function secureListener(
	came: TransportName,
	host: string,
	environment: Environment,
): Listener | undefined {
	const transport = came === "ws" ? "wss" : "tls";
	return (
		listenerFor(transport, host, environment) ??
		environment.listeners.find((listener) => listener.transport === transport)
	);
}

function isWildcard(address: string): boolean {
	return address === "0.0.0.0" || address === "::";
}

function isLoopback(address: string): boolean {
	return address.startsWith("127.") || address === "::1";
}
