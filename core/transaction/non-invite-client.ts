/**
 * Non-INVITE client transaction: RFC 3261 §17.1.2 Figure 6. Read the table beside the figure: one
 * row is one arrow.
 */
import type { Milliseconds } from "../base/clock.ts";
import { compile, type Spec } from "./machine.ts";
import type { Timing } from "./timers.ts";

export type NonInviteClientState = "trying" | "proceeding" | "completed" | "terminated";
export type NonInviteClientTimer = "E" | "F" | "K";
export type NonInviteClientEvent = "1xx" | "200-699" | "transport-error";
export type NonInviteClientAction =
	| "send-request"
	| "pass-up"
	| "report-timeout"
	| "report-transport-error";

// biome-ignore format: the rows stay aligned so they can be read against Figure 6
export const nonInviteClient: Spec<NonInviteClientState, NonInviteClientEvent, NonInviteClientAction, NonInviteClientTimer> = {
	initial: "trying",
	start: ["send-request"],
	table: {
		trying: {
			"timer-E":         { to: "trying",     act: ["send-request"] },
			"timer-F":         { to: "terminated", act: ["report-timeout"] },
			"1xx":             { to: "proceeding", act: ["pass-up"] },
			"200-699":         { to: "completed",  act: ["pass-up"] },
			"transport-error": { to: "terminated", act: ["report-transport-error"] },
		},
		proceeding: {
			"timer-E":         { to: "proceeding", act: ["send-request"] },
			"timer-F":         { to: "terminated", act: ["report-timeout"] },
			"1xx":             { to: "proceeding", act: ["pass-up"] },
			"200-699":         { to: "completed",  act: ["pass-up"] },
			"transport-error": { to: "terminated", act: ["report-transport-error"] },
		},
		completed: {
			"timer-K":         { to: "terminated", act: [] },
			"200-699":         { to: "completed",  act: [] },
		},
		terminated: {},
	},
	timers: {
		trying: ["E", "F"], proceeding: ["E", "F"], completed: ["K"], terminated: [],
	},
};

export const nonInviteClientMachine = compile(nonInviteClient, "terminated");

/** RFC 3261 Table 4; Timer E waits T2 in Proceeding. `undefined`: not used on this transport. */
export function nonInviteClientTimer(
	timer: NonInviteClientTimer,
	reliable: boolean,
	attempt: number,
	{ T1, T2, T4 }: Timing,
	state: string,
): Milliseconds | undefined {
	switch (timer) {
		case "E":
			if (reliable) return undefined;
			return state === "proceeding" ? T2 : Math.min(T1 * 2 ** attempt, T2);
		case "F":
			return 64 * T1;
		case "K":
			return reliable ? 0 : T4;
	}
}
