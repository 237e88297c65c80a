/** What the scripts are started with, what a reload may change of it, and what comes of that. */
import type { Milliseconds } from "../base/clock.ts";
import type { CanarySettings, CanaryStatus } from "./canary.ts";
import type { Clock } from "./clock.ts";
import type { Origin } from "./generation.ts";
import type { LoadError, Problem } from "./load-error.ts";
import type { LoadOptions } from "./load-generation.ts";
import type { ProbationRules } from "./probation.ts";

export type ScriptsOptions = LoadOptions & {
	/** Scripts that are new to it serve these requests first; undefined: all of them. */
	readonly canary?: CanarySettings | undefined;
	/** When it rolls back by itself. */
	readonly rollback?: ProbationRules;
	readonly clock?: Clock;
	/** Reload when a file of the script changes. */
	readonly watch: boolean;
	/** Then: milliseconds between two looks at the contents; Infinity, as without it, for none. */
	readonly pollMs?: number;
	/** Told of every reload, asked for or not. */
	readonly reloaded?: (result: ReloadResult) => void;
};

/** What a reload may change beside the devices. */
export type ScriptsChange = Partial<
	Pick<
		ScriptsOptions,
		"entry" | "limits" | "typecheck" | "tests" | "pollMs" | "canary" | "rollback" | "starting"
	>
>;

export type ReloadResult = {
	readonly ok: boolean;
	/** Another generation took over. */
	readonly changed: boolean;
	/** The one that serves now. */
	readonly generation: number;
	readonly hash: string;
	/** The one that is tried beside it. */
	readonly candidate?: CanaryStatus;
	/** Why the new one was refused. */
	readonly reason?: string;
	readonly errors?: readonly Problem[];
	/** What is no reason to refuse it. */
	readonly warnings?: readonly Problem[];
};

export type ScriptsStatus = {
	readonly generation: number;
	readonly hash: string;
	readonly origin: Origin;
	readonly entry: string;
	readonly asked: number;
	readonly failed: number;
	/** Why what is on disk does not serve; undefined when it does. */
	readonly error: LoadError | undefined;
	readonly canary: CanaryStatus | undefined;
	/** What is on disk was, by itself, and does not serve. */
	readonly rolledBack: RolledBack | undefined;
	/** How often that has happened. */
	readonly rollbacks: number;
};

/** Scripts that were rolled back by themselves, and do not serve until they change. */
export type RolledBack = {
	readonly generation: number;
	readonly hash: string;
	/** Of the epoch. */
	readonly at: Milliseconds;
	/** `12 of 60 requests failed, the last one at routes/default.ts:5:3: …`. */
	readonly because: string;
};
