/**
 * The one `setTimeout` of the engine: it wakes the timer wheel when the next deadline has come.
 *
 * A process that stood still finds the deadline passed and the sockets full at once. What lies there may be
 * the very answer that a timer is about to give up on or to repeat a request for, and repeating makes the
 * load worse. So the sockets are read first, as long as they are full and for a limited time.
 */
import type { Milliseconds } from "../base/clock.ts";

export type AlarmOptions = {
	readonly now: () => Milliseconds;
	/** Called at the deadline; it sets the next one itself. */
	readonly ring: () => void;
	/** Messages taken since the start. */
	readonly taken: () => number;
};

/** What one turn of the event loop reads of one UDP socket: fewer, and the sockets are empty. */
const FULL_TURN = 32;
/** Of one retransmission interval: RFC 3261 §17.1.1.1, T1. */
const PATIENCE: Milliseconds = 500;

export class Alarm {
	readonly #options: AlarmOptions;
	#timer: NodeJS.Timeout | undefined;
	#reading: NodeJS.Immediate | undefined;
	#at = Number.POSITIVE_INFINITY;
	#closed = false;

	constructor(options: AlarmOptions) {
		this.#options = options;
	}

	/** Wakes at `at`, or earlier: an earlier deadline that has become void costs one idle look. */
	set(at: Milliseconds | undefined): void {
		if (at === undefined || at >= this.#at || this.#closed) return;
		this.clear();
		this.#at = at;
		this.#timer = setTimeout(this.#expire, Math.max(0, at - this.#options.now()));
	}

	clear(): void {
		clearTimeout(this.#timer);
		clearImmediate(this.#reading);
		this.#at = Number.POSITIVE_INFINITY;
	}

	/** It never rings again. */
	close(): void {
		this.#closed = true;
		this.clear();
	}

	readonly #expire = (): void => {
		this.#readFirst(this.#options.now() + PATIENCE, this.#options.taken());
	};

	/** `setImmediate` comes behind the sockets. */
	#readFirst(until: Milliseconds, before: number): void {
		this.#reading = setImmediate(() => {
			const { now, ring, taken } = this.#options;
			const after = taken();
			if (after - before >= FULL_TURN && now() < until) return this.#readFirst(until, after);
			this.#at = Number.POSITIVE_INFINITY;
			ring();
		});
	}
}
