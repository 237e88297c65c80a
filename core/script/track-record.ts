/** How a generation has done: what it was asked, what of it failed, and how the requests ended that it decided. */
import type { ScriptError } from "./script-error.ts";

export type Counts = {
	/** Requests: the hooks that hear more of one do not count, or a failure at its first would weigh less. */
	readonly asked: number;
	/** Hooks that were asked about requests. */
	readonly failed: number;
	/** Of those: for want of an answer from outside, an HTTP host or the name servers. */
	readonly outside: number;
	/** Requests with a final response. */
	readonly answered: number;
	/** Of those: with a 5xx. */
	readonly serverErrors: number;
};

export const NOTHING_YET: Counts = {
	asked: 0,
	failed: 0,
	outside: 0,
	answered: 0,
	serverErrors: 0,
};

export class TrackRecord {
	#asked = 0;
	#failed = 0;
	#outside = 0;
	#answered = 0;
	#serverErrors = 0;
	#lastError: ScriptError | undefined;
	/** Told of each failure and each 5xx. */
	watched: (() => void) | undefined;

	get counts(): Counts {
		return {
			asked: this.#asked,
			failed: this.#failed,
			outside: this.#outside,
			answered: this.#answered,
			serverErrors: this.#serverErrors,
		};
	}

	get lastError(): ScriptError | undefined {
		return this.#lastError;
	}

	asked(): void {
		this.#asked += 1;
	}

	failed(error: ScriptError): void {
		this.#failed += 1;
		if (error.outside) this.#outside += 1;
		this.#lastError = error;
		this.watched?.();
	}

	/** A request has its final response. */
	answered(status: number): void {
		this.#answered += 1;
		if (status < 500 || status >= 600) return;
		this.#serverErrors += 1;
		this.watched?.();
	}
}

/** What came after `before`. */
export function since(before: Counts, now: Counts): Counts {
	return {
		asked: now.asked - before.asked,
		failed: now.failed - before.failed,
		outside: now.outside - before.outside,
		answered: now.answered - before.answered,
		serverErrors: now.serverErrors - before.serverErrors,
	};
}
