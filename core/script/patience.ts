/**
 * What a hook of a generation may take, after others of it took too long. A hook that is stopped has
 * held all traffic for its whole time; the next few may, too, and then a script that does so over
 * and over holds it for a share of the time, since its hooks are stopped sooner.
 */
import { OVERRUN_LEAST_MS, OVERRUN_SHARE, OVERRUNS_FREE } from "./limits.ts";

export class Patience {
	readonly #timeout: number;
	readonly #clock: () => number;
	/** What stopped hooks took and time has not yet made good, milliseconds. */
	#debt = 0;
	#at = 0;

	/** `timeout`: what a hook of it may take at best, milliseconds. */
	constructor(timeout: number, clock: () => number = () => performance.now()) {
		this.#timeout = timeout;
		this.#clock = clock;
	}

	/** At most `most`, milliseconds. */
	within(most: number): number {
		if (this.#debt === 0) return most;
		this.#passed();
		const left = (2 - this.#debt / (OVERRUNS_FREE * this.#timeout)) * this.#timeout;
		const allowed = Math.max(OVERRUN_LEAST_MS, Math.round(left));
		return Math.min(most, allowed);
	}

	/** A hook was stopped after `taken` milliseconds. */
	overran(taken: number): void {
		this.#passed();
		this.#debt = Math.min(this.#debt + taken, 2 * OVERRUNS_FREE * this.#timeout);
	}

	#passed(): void {
		const now = this.#clock();
		this.#debt = Math.max(0, this.#debt - (now - this.#at) * OVERRUN_SHARE);
		this.#at = now;
	}
}
