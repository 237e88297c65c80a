/** What a running engine tells and does: the answers of the admin API, as plain JSON. */
import type { Listener } from "../base/flow.ts";

/** A device that is watched, or whose calls are counted. */
export type DeviceStatus = {
	readonly device: string;
	/** With `oos-check` or `recovery-timeout`. */
	readonly service?: {
		readonly inService: boolean;
		/** Milliseconds of the epoch. */
		readonly since: number;
		/** What put it out of service; "" in service. */
		readonly reason: string;
	};
	/** With `capacity`. */
	readonly calls?: { readonly now: number; readonly capacity: number };
};

/** One loaded set of scripts. */
export type GenerationStatus = {
	readonly id: number;
	readonly hash: string;
	readonly origin: "script" | "last-good" | "rolled-back" | "built-in";
	/** It is asked about new requests: but for those of a candidate. */
	readonly serving: boolean;
	/** It is tried on the requests of a canary. */
	readonly candidate?: true;
	/** Requests that it began and that have not ended. */
	readonly requests: number;
	/** Questions so far, and how many of them got no decision. */
	readonly asked: number;
	readonly failed: number;
	/** Milliseconds of the epoch. */
	readonly activated: number;
	/** When another one took over. */
	readonly replaced?: number;
};

/** Scripts that serve a part of the new requests: those that any of the four names. */
export type CanaryStatus = {
	readonly generation: number;
	readonly hash: string;
	/** Percent of all. */
	readonly share: number;
	readonly devices: readonly string[];
	readonly networks: readonly string[];
	/** Of the called number. */
	readonly prefixes: readonly string[];
	/** Milliseconds of the epoch. */
	readonly since: number;
	/** When they get everything; left out where `promote` says it. */
	readonly until?: number;
	readonly asked: number;
	readonly failed: number;
	/** Of those: for want of an answer from outside. */
	readonly outside: number;
	/** Requests with a final response, and how many of them were 5xx. */
	readonly answered: number;
	readonly serverErrors: number;
};

/** Scripts that were rolled back by themselves, and do not serve until they change. */
export type RolledBackStatus = {
	readonly generation: number;
	readonly hash: string;
	/** Milliseconds of the epoch. */
	readonly at: number;
	readonly because: string;
};

/** What other scripts would have decided about a share of the requests. */
export type ShadowStatus = {
	/** Path of the other scripts. */
	readonly routes: string;
	/** Of scripts and devices; "" where they cannot be loaded. */
	readonly hash: string;
	/** Percent of the requests. */
	readonly share: number;
	/** Why they cannot be loaded. */
	readonly error?: string;
	/** Requests that were decided alike, and differently. */
	readonly same: number;
	readonly different: number;
	/** Of the different ones: those where the other scripts failed. */
	readonly failed: number;
	/** Requests that there was no room for. */
	readonly overflowed: number;
	/** Those that wait to be asked about. */
	readonly queued: number;
	/** The last ones, the newest first. */
	readonly differences: readonly {
		/** Milliseconds of the epoch. */
		readonly at: number;
		readonly method: string;
		readonly uri: string;
		readonly callId: string;
		readonly device?: string;
		/** What was decided, and what would have been. */
		readonly now: string;
		readonly shadow: string;
	}[];
};

/** What route scripts count or measure under a name of theirs. */
export type MetricStatus = {
	readonly name: string;
	/** `count` only grows; `value` is what it was set to last. */
	readonly kind: "count" | "value";
	readonly value: number;
};

export type EngineStatus = {
	/** Every open socket. */
	readonly listeners: readonly Listener[];
	/** The route scripts in use. */
	readonly generation: { readonly id: number; readonly hash: string };
	/** Those that are alive, the oldest first: the one in use, and those with requests in progress. */
	readonly generations: readonly GenerationStatus[];
	/** What is tried beside the one in use. */
	readonly canary?: CanaryStatus;
	readonly rolledBack?: RolledBackStatus;
	readonly shadow?: ShadowStatus;
	readonly devices: number;
	/** Those of them that are watched or counted, in the order of the configuration. */
	readonly services: readonly DeviceStatus[];
	/** Registered contacts. */
	readonly bindings: number;
	readonly transactions: number;
	/** Open TCP and TLS connections. */
	readonly connections: number;
	/** Of route scripts, since the start: in the order in which they were first counted. */
	readonly metrics: readonly MetricStatus[];
	/** Named counts since the start. */
	readonly counters: Readonly<Record<string, number>>;
};

/** One thing that kept a new configuration or new scripts from being used. */
export type ReloadError = {
	readonly code: string;
	readonly file?: string;
	readonly line?: number;
	readonly column?: number;
	readonly message: string;
	readonly fix?: string;
};

/** When it is not ok nothing has changed, and generation and hash are those still in use. */
export type ReloadOutcome = {
	readonly ok: boolean;
	readonly generation: number;
	readonly hash: string;
	/** What is tried beside it. */
	readonly candidate?: CanaryStatus;
	readonly errors: readonly ReloadError[];
	/** What kept nothing from being used. */
	readonly warnings?: readonly ReloadError[];
};

/** Who starts the process again when it crashes, and how often that was needed. */
export type SupervisorStatus = {
	readonly pid: number;
	readonly restarts: number;
	/** The last death: when, as ISO 8601, and the signal or exit code. */
	readonly died?: { readonly at: string; readonly how: string };
};

/** What the admin API adds to the engine's own status. */
export type ProcessStatus = EngineStatus & {
	readonly version: string;
	readonly node: string;
	readonly pid: number;
	readonly uptimeSeconds: number;
	/** Undefined in a process that nobody supervises. */
	readonly supervisor?: SupervisorStatus;
};
