/** One side of a call: its scheme, its transport and flow, our own address on it. */
import type { Flow, Listener, TransportName } from "../base/flow.ts";
import type { Scheme } from "../base/scheme.ts";
import type { SecureSignaling } from "./secure-signaling.ts";

export type Leg = {
	/** Fixed for the life of the dialog. TLS is another matter: a `sip` leg can run over it. */
	readonly scheme: Scheme;
	/** Ours: what stands in Via and Record-Route on this leg. */
	readonly listener: Listener;
	/** The path to the peer. In a leg that a message came from: the flow it came on, or was answered on. */
	readonly flow: Flow | undefined;
	/** The settings of the device on this leg, or the defaults. */
	readonly policy: SecureSignaling;
};

/** The caller is the side the dialog-forming request came from. */
export type Side = "caller" | "callee";

/** What names a dialog in our signatures: the Call-ID, and the caller's tag ("" before RFC 3261). */
export type Dialog = {
	readonly callId: string;
	readonly tag: string;
};

/** The two legs that a message passes between, and which way it goes. */
export type Legs = {
	readonly caller: Leg;
	readonly callee: Leg;
	/** The side that the request goes to; its responses go the other way. */
	readonly toward: Side;
};

export function legOf(legs: Legs, side: Side): Leg {
	return side === "caller" ? legs.caller : legs.callee;
}

export function other(side: Side): Side {
	return side === "caller" ? "callee" : "caller";
}

export function transportOf(leg: Leg): TransportName {
	return leg.flow?.transport ?? leg.listener.transport;
}

/**
 * Whether URIs are rewritten between two legs: if both sides are set to connect schemes, or were when
 * a dialog of two schemes was formed.
 */
export function rewrites({ caller, callee }: Legs): boolean {
	if (caller.scheme !== callee.scheme) return true;
	return caller.policy.policy === "genesys" && callee.policy.policy === "genesys";
}
