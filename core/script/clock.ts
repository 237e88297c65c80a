/** The time of what serves for a while: the machine's, or a test's. */
import type { Milliseconds } from "../base/clock.ts";

export type Clock = {
	/** Of the epoch. */
	now(): Milliseconds;
	/** Returns what calls it off. */
	after(delay: Milliseconds, run: () => void): () => void;
};

export const SYSTEM_CLOCK: Clock = {
	now: () => Date.now(),
	after(delay, run) {
		const timer = setTimeout(run, delay).unref();
		return () => clearTimeout(timer);
	},
};
