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
	/** It is asked about new requests. */
	readonly serving: boolean;
	/** Requests that it began and that have not ended. */
	readonly requests: number;
	/** Milliseconds of the epoch. */
	readonly activated: number;
	/** When another one took over. */
	readonly replaced?: number;
};

export type EngineStatus = {
	/** Every open socket. */
	readonly listeners: readonly Listener[];
	/** The route scripts in use. */
	readonly generation: { readonly id: number; readonly hash: string };
	/** Those that are alive, the oldest first: the one in use, and those with requests in progress. */
	readonly generations: readonly GenerationStatus[];
	readonly devices: number;
	/** Those of them that are watched or counted, in the order of the configuration. */
	readonly services: readonly DeviceStatus[];
	/** Registered contacts. */
	readonly bindings: number;
	readonly transactions: number;
	/** Open TCP and TLS connections. */
	readonly connections: number;
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
	readonly errors: readonly ReloadError[];
	/** What kept nothing from being used. */
	readonly warnings?: readonly ReloadError[];
};

/** What the admin API adds to the engine's own status. */
export type ProcessStatus = EngineStatus & {
	readonly version: string;
	readonly node: string;
	readonly pid: number;
	readonly uptimeSeconds: number;
};
