/** What a waiting hook wants of the host, and what it gets. */
import type { Milliseconds } from "../base/clock.ts";
import type { HostResult } from "./sandbox/tickets.ts";
import type { WaitingHook } from "./waiting-hook.ts";

export type { HostResult };

/** One call that a hook waits for. Whoever performs it checks what it was given. */
export type HostCall = {
	readonly hook: WaitingHook;
	/** Which call of its hook it is, from 0. */
	readonly index: number;
	readonly kind: string;
	/** JSON, made in the isolate. */
	readonly args: string;
};

/**
 * Does what hooks wait for. A result that is there at once is returned; any other comes later, by
 * `answer`, as an input of its own.
 */
export type HostCalls = {
	perform(
		call: HostCall,
		now: Milliseconds,
		answer: (result: HostResult, now: Milliseconds) => void,
	): HostResult | undefined;
	/** Nobody waits for the hook any more: what is under way for it is broken off. */
	abandon(hook: WaitingHook): void;
};
