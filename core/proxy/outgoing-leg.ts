/** The leg that a request goes out on: our listener towards a next hop, chosen before Via and Record-Route are written. */
import type { Flow } from "../base/flow.ts";
import type { Scheme } from "../base/scheme.ts";
import type { Leg } from "../leg/leg.ts";
import type { SecureSignaling } from "../leg/secure-signaling.ts";
import { type Environment, listenerFor, listenerOf } from "./environment.ts";
import type { Hop } from "./target-set.ts";

/** A leg with the flow to send on; undefined when no listener of ours speaks the hop's transport. */
export type OutgoingLeg = Leg & { readonly flow: Flow };

export function outgoingLeg(
	hop: Hop,
	scheme: Scheme,
	policy: SecureSignaling,
	environment: Environment,
): OutgoingLeg | undefined {
	const listener =
		hop.listener === undefined
			? listenerFor(hop.transport, hop.host, environment)
			: listenerOf(hop.listener, environment);
	if (listener === undefined) return undefined;
	return { scheme, listener, flow: isFlow(hop) ? hop : flowTo(hop, listener.id), policy };
}

/** A flow that a peer came along, or that a dialog remembers. */
function isFlow(hop: Hop): hop is Hop & Flow {
	return hop.listener !== undefined && hop.connection !== undefined;
}

function flowTo(
	{ transport, connection = 0, host, port, serverName }: Hop,
	listener: number,
): Flow {
	return { transport, listener, connection, host, port, serverName };
}
