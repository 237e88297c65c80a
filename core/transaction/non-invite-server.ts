/**
 * Non-INVITE server transaction: RFC 3261 §17.2.2 Figure 8, as changed by RFC 4320 §4 and
 * RFC 6026 §8.8. Read the table beside the figure: one row is one arrow.
 *
 * The only provisional response is our own 100, sent when the client has come to resending slowly
 * (RFC 4320 §4.1); so there is no "1xx from TU". An unanswered request ends in silence when its
 * client has given up (Timer F there), since a 408 must not be sent (RFC 4320 §4.2).
 */
import type { Milliseconds } from "../base/clock.ts";
import { compile, type Spec } from "./machine.ts";
import type { Timing } from "./timers.ts";

export type NonInviteServerState = "trying" | "proceeding" | "completed" | "dropped" | "terminated";
export type NonInviteServerTimer = "100" | "F" | "J";
export type NonInviteServerEvent = "request" | "200-699" | "drop" | "transport-error";
export type NonInviteServerAction =
	| "pass-up"
	| "send-trying"
	| "send-response"
	| "resend-response"
	| "forget-response"
	| "report-transport-error";

// biome-ignore format: the rows stay aligned so they can be read against Figure 8
export const nonInviteServer: Spec<NonInviteServerState, NonInviteServerEvent, NonInviteServerAction, NonInviteServerTimer> = {
	initial: "trying",
	start: ["pass-up"],
	table: {
		trying: {
			"timer-100":       { to: "proceeding", act: ["send-trying"] },
			"timer-F":         { to: "terminated", act: [] },
			"request":         { to: "trying",     act: [] },
			"200-699":         { to: "completed",  act: ["send-response"] },
			"drop":            { to: "dropped",    act: [] },
		},
		proceeding: {
			"timer-F":         { to: "terminated", act: [] },
			"request":         { to: "proceeding", act: ["resend-response"] },
			"200-699":         { to: "completed",  act: ["send-response"] },
			"transport-error": { to: "proceeding", act: ["report-transport-error"] },
			"drop":            { to: "dropped",    act: ["forget-response"] },
		},
		completed: {
			"timer-J":         { to: "terminated", act: [] },
			"request":         { to: "completed",  act: ["resend-response"] },
			"transport-error": { to: "completed",  act: ["report-transport-error"] },
		},
		dropped: {
			"timer-J":         { to: "terminated", act: [] },
			"request":         { to: "dropped",    act: [] },
		},
		terminated: {},
	},
	timers: {
		trying: ["100", "F"], proceeding: ["F"], completed: ["J"], dropped: ["J"], terminated: [],
	},
};

export const nonInviteServerMachine = compile(nonInviteServer, "terminated");

/** RFC 3261 Table 4. Timer E of the client reaches T2 after T1 + 2·T1 + 4·T1 (RFC 4320 §4.1). */
export function nonInviteServerTimer(
	timer: NonInviteServerTimer,
	reliable: boolean,
	_attempt: number,
	{ T1, T2 }: Timing,
): Milliseconds | undefined {
	switch (timer) {
		case "100":
			return untilIntervalIs(T2, T1);
		case "F":
			return 64 * T1;
		case "J":
			return reliable ? 0 : 64 * T1;
	}
}

/** The sum of the doubling intervals below T2. */
function untilIntervalIs(T2: Milliseconds, T1: Milliseconds): Milliseconds {
	let sum = 0;
	for (let interval = T1; interval < T2; interval *= 2) sum += interval;
	return sum;
}
