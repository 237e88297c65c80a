/**
 * Whether a device is in service, as a table: secure signaling §2.2, `oos-check`, `oos-force` and
 * `recovery-timeout`. No RFC draws this figure; each row is what a page or a decision of ours says.
 *
 * With `oos-check` it is pinged, in service and out of it. Without, the calls themselves show
 * whether it is there: one that fails puts it out of service, and one tries it again later.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Device } from "../leg/device.ts";
import { compile, type Spec } from "../transaction/machine.ts";

export type ServiceState =
	| "in-service"
	/** In service, and a ping waits for its answer. */
	| "checking"
	/** Out of service, and left alone. */
	| "out-of-service"
	/** Out of service, and a ping waits for its answer. */
	| "rechecking"
	/** Out of service for long enough: the next call tries it. */
	| "on-trial"
	/** That call has been sent. */
	| "tried"
	/** It is configured no more, or otherwise. */
	| "terminated";
/** answered: by anything but 503. failed: none of its addresses can be reached. called: a call goes there. */
export type ServiceEvent = "answered" | "failed" | "called" | "removed";
export type ServiceTimer = "check" | "force" | "recheck" | "trial" | "undecided";
export type ServiceAction = "ping" | "end-ping" | "report-out" | "report-in";

// biome-ignore format: the rows stay aligned so that they can be read as a table
export const service: Spec<ServiceState, ServiceEvent, ServiceAction, ServiceTimer> = {
	initial: "in-service",
	start: [],
	table: {
		"in-service": {
			"timer-check":     { to: "checking",       act: ["ping"] },
			failed:            { to: "out-of-service", act: ["report-out"] },
			removed:           { to: "terminated",     act: [] },
		},
		checking: {
			"timer-force":     { to: "out-of-service", act: ["end-ping", "report-out"] },
			answered:          { to: "in-service",     act: ["end-ping"] },
			failed:            { to: "out-of-service", act: ["end-ping", "report-out"] },
			removed:           { to: "terminated",     act: ["end-ping"] },
		},
		"out-of-service": {
			"timer-recheck":   { to: "rechecking",     act: ["ping"] },
			"timer-trial":     { to: "on-trial",       act: [] },
			answered:          { to: "in-service",     act: ["report-in"] },
			removed:           { to: "terminated",     act: [] },
		},
		rechecking: {
			"timer-force":     { to: "out-of-service", act: ["end-ping"] },
			answered:          { to: "in-service",     act: ["end-ping", "report-in"] },
			failed:            { to: "out-of-service", act: ["end-ping"] },
			removed:           { to: "terminated",     act: ["end-ping"] },
		},
		"on-trial": {
			called:            { to: "tried",          act: [] },
			answered:          { to: "in-service",     act: ["report-in"] },
			failed:            { to: "out-of-service", act: [] },
			removed:           { to: "terminated",     act: [] },
		},
		tried: { // Its caller may give up before anything comes of it: then the next one tries.
			"timer-undecided": { to: "on-trial",       act: [] },
			answered:          { to: "in-service",     act: ["report-in"] },
			failed:            { to: "out-of-service", act: [] },
			removed:           { to: "terminated",     act: [] },
		},
		terminated: {},
	},
	timers: {
		"in-service": ["check"], checking: ["force"], "out-of-service": ["recheck", "trial"],
		rechecking: ["force"], "on-trial": [], tried: ["undecided"], terminated: [],
	},
};

export const serviceMachine = compile(service, "terminated");

/** The settings that say how a device is watched: seconds. */
export type Watching = Pick<Device, "oosCheck" | "oosForce" | "recoveryTimeout">;

/** What an operator is told of a device that is watched. */
export type ServiceStatus = {
	readonly device: string;
	readonly inService: boolean;
	/** When that began: milliseconds of the epoch. */
	readonly since: Milliseconds;
	/** What put it out of service; "" in service. */
	readonly reason: string;
};

/** Undefined: the timer is not used with these settings. */
export function serviceTimer(
	timer: ServiceTimer,
	{ oosCheck, oosForce, recoveryTimeout }: Watching,
): Milliseconds | undefined {
	switch (timer) {
		case "check":
			return positive(oosCheck);
		case "force":
			// Without it, a ping waits until its transaction ends: Timer F.
			return positive(oosForce);
		case "recheck":
			return oosCheck > 0 ? positive(recoveryTimeout || oosCheck) : undefined;
		case "trial":
			return oosCheck > 0 ? undefined : positive(recoveryTimeout);
		case "undecided":
			return UNDECIDED;
	}
}

/** Whether the settings ask for anything at all. */
export function isWatched({ oosCheck, recoveryTimeout }: Watching): boolean {
	return oosCheck > 0 || recoveryTimeout > 0;
}

/** A request that nobody answers has ended by then: Timer B of RFC 3261 Table 4. */
const UNDECIDED: Milliseconds = 32_000;

function positive(seconds: number): Milliseconds | undefined {
	return seconds > 0 ? seconds * 1000 : undefined;
}
