/** When a connection has had time enough: one row per limit. RFC 3261 §18 leaves the times to us. */
import type { Milliseconds } from "../base/clock.ts";
import type { TransportLimits } from "./limits.ts";

/**
 * Messages wait in `connecting` and `securing`; `closing` takes nothing more, lets the peer read
 * what it has coming, and ends on its FIN or by the deadline.
 */
export type ConnectionState = "connecting" | "securing" | "open" | "closing" | "closed";

/** Undefined: not going on. */
export type Progress = {
	state: ConnectionState;
	/** When that state began. */
	since: Milliseconds;
	/** When the peer that opened the connection began to say nothing at all. */
	silentSince: Milliseconds | undefined;
	/** When the message in progress began. */
	messageSince: Milliseconds | undefined;
	/** Since when the peer leaves a full buffer unread. */
	stalledSince: Milliseconds | undefined;
	/** When the peer has to have said something again, as it was told to (RFC 5626 §5.4). */
	pingDue: Milliseconds | undefined;
	/** Since when a ping of ours has no answer (RFC 7118 §6). */
	pingedSince: Milliseconds | undefined;
};

type Rule = {
	readonly since: (progress: Progress) => Milliseconds | undefined;
	readonly limit: keyof TransportLimits;
	readonly reason: string;
};

const inState = (state: ConnectionState) => (progress: Progress) =>
	progress.state === state ? progress.since : undefined;

// biome-ignore format: one row per limit
const RULES: readonly Rule[] = [
	{ since: inState("connecting"),         limit: "connectMs",    reason: "no answer to our connecting" },
	{ since: inState("securing"),           limit: "handshakeMs",  reason: "the TLS handshake takes too long" },
	{ since: inState("closing"),            limit: "closingMs",    reason: "the peer does not close" },
	{ since: (open) => open.silentSince,    limit: "firstOctetMs", reason: "not one octet" },
	{ since: (open) => open.messageSince,   limit: "messageMs",    reason: "a message takes too long" },
	{ since: (open) => open.stalledSince,   limit: "stalledMs",    reason: "the peer does not read" },
	{ since: (open) => open.pingedSince,    limit: "pongMs",       reason: "the peer does not answer a ping" },
	{ since: (open) => open.pingDue,        limit: "pingGraceMs",  reason: "the peer sends no keep-alive" },
];

/** Why to close it now; undefined while it is in time. */
export function overdue(
	progress: Progress,
	now: Milliseconds,
	limits: TransportLimits,
): string | undefined {
	if (progress.state === "closed") return undefined;
	return RULES.find(({ since, limit }) => now - (since(progress) ?? now) > limits[limit])?.reason;
}
