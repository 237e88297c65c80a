/**
 * INVITE server transaction: RFC 3261 §17.2.1 Figure 7, with the Accepted state and Timer L of
 * RFC 6026 §7.1 and §8.7. Read the table beside the figure: one row is one arrow.
 *
 * Two states are not in the figure. Received is the part of Proceeding in which nothing has been
 * sent: "send 100 if TU won't in 200ms" is its timer. Dropped absorbs the repeats of an INVITE that
 * the user decided never to answer. In Accepted the 2xx is kept only until a failure to send it
 * would be known: it is never resent by us, and there are many of them.
 */
import type { Milliseconds } from "../base/clock.ts";
import { compile, type Spec } from "./machine.ts";
import { type Timing, TRYING_DELAY } from "./timers.ts";

export type InviteServerState =
	| "received"
	| "proceeding"
	| "completed"
	| "confirmed"
	| "accepted"
	| "dropped"
	| "terminated";
export type InviteServerTimer = "100" | "G" | "H" | "I" | "L" | "keep";
export type InviteServerEvent =
	| "request"
	| "ack"
	| "1xx"
	| "2xx"
	| "300-699"
	| "drop"
	| "transport-error";
export type InviteServerAction =
	| "pass-up"
	| "pass-ack-up"
	| "send-trying"
	| "send-response"
	| "resend-response"
	| "forget-response"
	| "report-unacknowledged"
	| "report-transport-error";

// biome-ignore format: the rows stay aligned so they can be read against Figure 7
export const inviteServer: Spec<InviteServerState, InviteServerEvent, InviteServerAction, InviteServerTimer> = {
	initial: "received",
	start: ["pass-up"],
	table: {
		received: {
			"timer-100":       { to: "proceeding", act: ["send-trying"] },
			"request":         { to: "received",   act: [] },
			"1xx":             { to: "proceeding", act: ["send-response"] },
			"2xx":             { to: "accepted",   act: ["send-response"] },
			"300-699":         { to: "completed",  act: ["send-response"] },
			"drop":            { to: "dropped",    act: [] },
		},
		proceeding: { // No timer of its own: Timer C, in the proxy core, bounds it (§16.6 step 11).
			"request":         { to: "proceeding", act: ["resend-response"] },
			"1xx":             { to: "proceeding", act: ["send-response"] },
			"2xx":             { to: "accepted",   act: ["send-response"] },
			"300-699":         { to: "completed",  act: ["send-response"] },
			"transport-error": { to: "proceeding", act: ["report-transport-error"] },
			"drop":            { to: "dropped",    act: ["forget-response"] },
		},
		completed: {
			"timer-G":         { to: "completed",  act: ["resend-response"] },
			"timer-H":         { to: "terminated", act: ["report-unacknowledged"] },
			"request":         { to: "completed",  act: ["resend-response"] },
			"ack":             { to: "confirmed",  act: ["forget-response"] },
			"transport-error": { to: "completed",  act: ["report-transport-error"] },
		},
		confirmed: {
			"timer-I":         { to: "terminated", act: [] },
			"ack":             { to: "confirmed",  act: [] },
			"request":         { to: "confirmed",  act: [] },
		},
		accepted: {
			"timer-keep":      { to: "accepted",   act: ["forget-response"] },
			"timer-L":         { to: "terminated", act: [] },
			"request":         { to: "accepted",   act: [] },
			"ack":             { to: "accepted",   act: ["pass-ack-up"] },
			"2xx":             { to: "accepted",   act: ["send-response"] },
			"transport-error": { to: "accepted",   act: ["report-transport-error"] },
		},
		dropped: {
			"timer-L":         { to: "terminated", act: [] },
			"request":         { to: "dropped",    act: [] },
			"ack":             { to: "dropped",    act: [] },
		},
		terminated: {},
	},
	timers: {
		received: ["100"], proceeding: [], completed: ["G", "H"], confirmed: ["I"],
		accepted: ["keep", "L"], dropped: ["L"], terminated: [],
	},
};

export const inviteServerMachine = compile(inviteServer, "terminated");

/** RFC 3261 Table 4 and RFC 6026 §8.11. `undefined`: the timer is not used on this transport. */
export function inviteServerTimer(
	timer: InviteServerTimer,
	reliable: boolean,
	attempt: number,
	{ T1, T2, T4 }: Timing,
): Milliseconds | undefined {
	switch (timer) {
		case "100":
			return TRYING_DELAY;
		case "G":
			return reliable ? undefined : Math.min(T1 * 2 ** attempt, T2);
		case "H":
			return 64 * T1;
		case "I":
			return reliable ? 0 : T4;
		case "L":
			return 64 * T1;
		case "keep":
			return attempt === 0 ? T2 : undefined;
	}
}
