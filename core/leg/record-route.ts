/**
 * Our Record-Route entries: RFC 3261 §16.6 step 4, RFC 5658.
 *
 *     <scheme:host:port;lr;x5=COOKIE;ftag=TAG>
 *
 * Schemes differ: one entry, written for the side that receives the request, and written again for
 * the other side in every response (RFC 3261 §16.7 step 8). A `sips` caller has to see a `sips`
 * entry on top, a `sip` callee must not see one (§12.1.1). Schemes equal, but the way through us
 * changes transport or address: two entries, marked `r2` (RFC 5658 §5). Everything equal: one.
 */
import { escapeParam } from "../message/escape-param.ts";
import { type DialogState, type HiddenRoutes, signCookie } from "./cookie.ts";
import { type Leg, type Legs, legOf, other, type Side, transportOf } from "./leg.ts";

/** The entries of one branch. */
export type OwnEntries = {
	/** The topmost first, each a whole Record-Route value. */
	readonly values: readonly string[];
	/** What identifies them in a response, wherever they stand there. */
	readonly cookieText: string;
	/** Responses have to show the other side an entry of its own. */
	readonly lifted: boolean;
	/** The side that the request goes to sees nothing beside them, or nothing at all. */
	readonly alone: boolean;
};

/** The entries to put on top of a request that goes to `legs.toward`. */
export function recordRoute(legs: Legs, state: DialogState): OwnEntries {
	const { toward } = legs;
	const { hidden } = state.cookie;
	const lifted = legs.caller.scheme !== legs.callee.scheme || hidden !== undefined;
	if (hidden !== undefined && unrecorded(hidden, toward)) return NOTHING_SHOWN;
	const cookieText = signCookie(state, lifted ? toward : "both");
	const far = ownUri(legOf(legs, toward));
	const near = ownUri(legOf(legs, other(toward)));
	const tail = parameters(cookieText, state.dialog.tag);
	const values =
		lifted || far === near
			? [`<${far}${tail}>`]
			: [`<${far};r2=on${tail}>`, `<${near};r2=on${tail}>`];
	// What does not ride in ours has to stay.
	const alone = hidden !== undefined && routesTo(hidden, other(toward)).length > 0;
	return { values, cookieText, lifted, alone: alone && hidesOthers(legs, toward) };
}

/** A side that is shown no Record-Route of ours cannot show one back. */
const NOTHING_SHOWN: OwnEntries = { values: [], cookieText: "", lifted: true, alone: true };

export function unrecorded({ fromCaller, fromCallee }: HiddenRoutes, side: Side): boolean {
	return side === "caller" ? fromCaller : fromCallee;
}

/** The proxies on the way to a side that the other is not shown. */
export function routesTo({ toCaller, toCallee }: HiddenRoutes, side: Side): readonly string[] {
	return side === "caller" ? toCaller : toCallee;
}

/** Entries of other proxies ride in ours, on the leg to this side. */
export function hidesOthers(legs: Legs, side: Side): boolean {
	return legOf(legs, side).policy.farRouteSet === "hide";
}

/** The URI of the entry for the side that the request came from: it takes the place of ours in responses. */
export function liftedUri(legs: Legs, state: DialogState): string {
	const holder = other(legs.toward);
	return ownUri(legOf(legs, holder)) + parameters(signCookie(state, holder), state.dialog.tag);
}

/**
 * Scheme, host and port of our listener on a leg. Under `sips` no transport is named: it means TLS,
 * and `transport=tls` must not be written (RFC 5630 §5.3); WebSocket has its own name (RFC 7118
 * §5.5). A `sip` leg over TLS has no legal marking and lives by its flow, unless it is configured.
 */
export function ownUri(leg: Leg): string {
	const { scheme, listener, policy } = leg;
	const uri = `${scheme}:${listener.host}:${listener.port}`;
	switch (transportOf(leg)) {
		case "ws":
		case "wss":
			return `${uri};transport=ws`;
		case "tcp":
			return scheme === "sip" ? `${uri};transport=tcp` : uri;
		case "tls":
			return scheme === "sip" && policy.tlsMarker === "transport" ? `${uri};transport=tls` : uri;
		case "udp":
			return uri;
	}
}

function parameters(cookieText: string, tag: string): string {
	return `;lr;x5=${cookieText};ftag=${escapeParam(tag)}`;
}
