/**
 * Requests too large for UDP: RFC 3261 §18.1.1. They go to the same place by TCP, where nobody
 * refuses it there; a flow that a phone registered on is kept to, whatever the size (RFC 5626 §7).
 *
 * Many UDP phones speak no TCP. That is remembered per address, so that one call finds it out and
 * the others do not wait for it.
 */
import { BoundedMap } from "../base/bounded-map.ts";
import type { Milliseconds } from "../base/clock.ts";
import { own } from "../base/own-text.ts";
import type { Environment } from "./environment.ts";
import { type OutgoingLeg, outgoingLeg } from "./outgoing-leg.ts";
import type { Hop } from "./target-set.ts";

/** A phone may have been set up otherwise since. */
const REMEMBERED: Milliseconds = 600_000;
const ADDRESSES_MAX = 10_000;

type Known = { readonly tcp: boolean; readonly until: Milliseconds };

export class LargeRequests {
	/** Since the start. */
	readonly counters = {
		/** Sent by TCP because of their size. */
		largeByTcp: 0,
		/** Sent by UDP although they are large: along a flow, or because TCP is not to be had there. */
		largeByUdp: 0,
	};
	readonly #known = new BoundedMap<string, Known>("addresses tried by TCP", ADDRESSES_MAX);

	/**
	 * The leg by TCP that a request of this length has to take instead of `outgoing`; undefined when
	 * it may stay. An ACK cannot be sent again when TCP fails, so it wants to be sure.
	 */
	leg(
		length: number,
		outgoing: OutgoingLeg,
		hop: Hop,
		environment: Environment,
		now: Milliseconds,
		sure = false,
	): OutgoingLeg | undefined {
		if (outgoing.flow.transport !== "udp" || length <= environment.udpRequestMax) return undefined;
		const { host, port } = hop;
		const known = this.#at(hop, now);
		const refused = sure ? known?.tcp !== true : known?.tcp === false;
		const tcp =
			refused || isFlow(hop, environment)
				? undefined
				: outgoingLeg(
						{ transport: "tcp", host, port, serverName: undefined },
						outgoing.scheme,
						outgoing.policy,
						environment,
					);
		this.counters[tcp === undefined ? "largeByUdp" : "largeByTcp"] += 1;
		return tcp;
	}

	/** What an attempt by TCP has shown. */
	learn(hop: Hop, tcp: boolean, now: Milliseconds): void {
		const key = keyOf(hop);
		this.#known.delete(key);
		this.#known.push(own(key), { tcp, until: now + REMEMBERED });
	}

	#at(hop: Hop, now: Milliseconds): Known | undefined {
		const key = keyOf(hop);
		const known = this.#known.get(key);
		if (known === undefined || now < known.until) return known;
		this.#known.delete(key);
		return undefined;
	}
}

/** A path that a peer opened to us. The remembered path of a dialog with a configured contact is only an address. */
function isFlow({ listener, host, port }: Hop, { directory }: Environment): boolean {
	if (listener === undefined) return false;
	const flow = { transport: "udp", listener, connection: 0, host, port } as const;
	const contact = directory.deviceAt({ ...flow, serverName: undefined })?.contact;
	return contact === undefined || contact === "*" || (contact.port ?? 5060) !== port;
}

function keyOf({ host, port }: Hop): string {
	return `${host}:${port}`;
}
