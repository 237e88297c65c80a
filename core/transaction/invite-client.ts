/**
 * INVITE client transaction: RFC 3261 §17.1.1 Figure 5, with the Accepted state and Timer M
 * of RFC 6026 §7.2 and §8.4. Read the table beside the figure: one row is one arrow.
 *
 * The figure leaves out CANCEL. RFC 3261 §9.1 adds two states to it: Withdrawn, where the user wants to
 * cancel and no provisional response has come yet, and Cancelled, where the CANCEL is out and the
 * guard bounds the wait for the final response.
 */
import type { Milliseconds } from "../base/clock.ts";
import { compile, type Spec } from "./machine.ts";
import { TIMER_D, type Timing } from "./timers.ts";

export type InviteClientState =
	| "calling"
	| "withdrawn"
	| "proceeding"
	| "cancelled"
	| "completed"
	| "accepted"
	| "terminated";
export type InviteClientTimer = "A" | "B" | "D" | "M" | "guard";
export type InviteClientEvent = "1xx" | "2xx" | "300-699" | "cancel" | "transport-error";
export type InviteClientAction =
	| "send-request"
	| "send-ack"
	| "resend-ack"
	| "send-cancel"
	| "pass-up"
	| "report-timeout"
	| "report-transport-error";

// biome-ignore format: the rows stay aligned so they can be read against Figure 5
export const inviteClient: Spec<InviteClientState, InviteClientEvent, InviteClientAction, InviteClientTimer> = {
	initial: "calling",
	start: ["send-request"],
	table: {
		calling: {
			"timer-A":         { to: "calling",    act: ["send-request"] },
			"timer-B":         { to: "terminated", act: ["report-timeout"] },
			"1xx":             { to: "proceeding", act: ["pass-up"] },
			"2xx":             { to: "accepted",   act: ["pass-up"] },
			"300-699":         { to: "completed",  act: ["send-ack", "pass-up"] },
			"transport-error": { to: "terminated", act: ["report-transport-error"] },
			"cancel":          { to: "withdrawn",  act: [] },
		},
		withdrawn: { // §9.1: no CANCEL before a provisional response, and none after a final one.
			"timer-A":         { to: "withdrawn",  act: ["send-request"] },
			"timer-B":         { to: "terminated", act: ["report-timeout"] },
			"1xx":             { to: "cancelled",  act: ["send-cancel", "pass-up"] },
			"2xx":             { to: "accepted",   act: ["pass-up"] },
			"300-699":         { to: "completed",  act: ["send-ack", "pass-up"] },
			"transport-error": { to: "terminated", act: ["report-transport-error"] },
		},
		proceeding: { // No timer of its own: Timer C, in the proxy core, bounds it (§16.6 step 11).
			"1xx":             { to: "proceeding", act: ["pass-up"] },
			"2xx":             { to: "accepted",   act: ["pass-up"] },
			"300-699":         { to: "completed",  act: ["send-ack", "pass-up"] },
			"cancel":          { to: "cancelled",  act: ["send-cancel"] },
		},
		cancelled: {
			"timer-guard":     { to: "terminated", act: ["report-timeout"] },
			"1xx":             { to: "cancelled",  act: ["pass-up"] },
			"2xx":             { to: "accepted",   act: ["pass-up"] },
			"300-699":         { to: "completed",  act: ["send-ack", "pass-up"] },
		},
		completed: {
			"timer-D":         { to: "terminated", act: [] },
			"300-699":         { to: "completed",  act: ["resend-ack"] },
			"transport-error": { to: "terminated", act: ["report-transport-error"] },
		},
		accepted: {
			"timer-M":         { to: "terminated", act: [] },
			"2xx":             { to: "accepted",   act: ["pass-up"] },
		},
		terminated: {},
	},
	timers: {
		calling: ["A", "B"], withdrawn: ["A", "B"], proceeding: [], cancelled: ["guard"],
		completed: ["D"], accepted: ["M"], terminated: [],
	},
};

export const inviteClientMachine = compile(inviteClient, "terminated");

/** RFC 3261 Table 4. `undefined`: the timer is not used on this transport. */
export function inviteClientTimer(
	timer: InviteClientTimer,
	reliable: boolean,
	attempt: number,
	{ T1 }: Timing,
): Milliseconds | undefined {
	switch (timer) {
		case "A":
			return reliable ? undefined : T1 * 2 ** attempt;
		case "B":
			return 64 * T1;
		case "D":
			return reliable ? 0 : TIMER_D;
		case "M":
			return 64 * T1;
		case "guard":
			return 64 * T1;
	}
}
