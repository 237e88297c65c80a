/** The one `setTimeout` of the engine: it wakes the timer wheel when the next deadline has come. */
import type { Milliseconds } from "../base/clock.ts";

export class Alarm {
	readonly #now: () => Milliseconds;
	readonly #ring: () => void;
	#timer: NodeJS.Timeout | undefined;
	#at = Number.POSITIVE_INFINITY;

	/** `ring` is called at the deadline, and sets the next one itself. */
	constructor(now: () => Milliseconds, ring: () => void) {
		this.#now = now;
		this.#ring = ring;
	}

	/** Wakes at `at`, or earlier: an earlier deadline that has become void costs one idle look. */
	set(at: Milliseconds | undefined): void {
		if (at === undefined || at >= this.#at) return;
		this.clear();
		this.#at = at;
		this.#timer = setTimeout(this.#expire, Math.max(0, at - this.#now()));
	}

	clear(): void {
		clearTimeout(this.#timer);
		this.#at = Number.POSITIVE_INFINITY;
	}

	readonly #expire = (): void => {
		this.#at = Number.POSITIVE_INFINITY;
		this.#ring();
	};
}
