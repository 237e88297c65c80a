/** What a running engine tells and does: the answers of the admin API, as plain JSON. */
import type { Listener } from "../base/flow.ts";
import type { SharedStoreStatus } from "../base/shared-store.ts";
import type { CanaryStatus } from "../script/canary.ts";
import type { GenerationStatus } from "../script/generations.ts";
import type { RolledBack } from "../script/reload-result.ts";
import type { Metric } from "../script/script-metrics.ts";
import type { ShadowStatus } from "../script/shadow.ts";

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

export type EngineStatus = {
	/** Every open socket. */
	readonly listeners: readonly Listener[];
	/** The route scripts in use. */
	readonly generation: { readonly id: number; readonly hash: string };
	/** Those that are alive, the oldest first: the one in use, and those with requests in progress. */
	readonly generations: readonly GenerationStatus[];
	/** What is tried beside the one in use. */
	readonly canary?: CanaryStatus;
	readonly rolledBack?: RolledBack;
	readonly shadow?: ShadowStatus;
	readonly devices: number;
	/** Those of them that are watched or counted, in the order of the configuration. */
	readonly services: readonly DeviceStatus[];
	/** Registered contacts. */
	readonly bindings: number;
	/** The store that nodes share; undefined where there is one node. */
	readonly shared?: SharedStoreStatus;
	readonly transactions: number;
	/** Open TCP and TLS connections. */
	readonly connections: number;
	/** Of route scripts, since the start: in the order in which they were first counted. */
	readonly metrics: readonly Metric[];
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
