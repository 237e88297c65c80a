/** Input is handed over in batches, and what the user sent leaves when the batch ends. */
import type { TransportCounters } from "./counters.ts";
import type { TransportUser } from "./transport-user.ts";

export type Flushable = { flush(): void };

/**
 * Around each input: `begin`, calls of the user, `end`. What is sent outside of a batch, by a timer
 * or an answer of a script, leaves before the next input. Failures are told in a batch of their
 * own: never from inside `send`.
 */
export class Batch {
	readonly user: TransportUser;
	readonly #counters: TransportCounters;
	#open = false;
	#waiting: Flushable[] = [];
	#failed: { readonly owner: number; readonly reason: string }[] = [];
	#closed: number[] = [];
	#flushPlanned = false;
	#tellPlanned = false;

	constructor(user: TransportUser, counters: TransportCounters) {
		this.user = user;
		this.#counters = counters;
	}

	begin(): void {
		this.#open = true;
	}

	end(): void {
		this.user.batchEnd();
		this.#open = false;
		this.#flush();
	}

	/** `output` has something to flush. Once per flush: the caller knows what is new. */
	wait(output: Flushable): void {
		this.#waiting.push(output);
		if (this.#open || this.#flushPlanned) return;
		this.#flushPlanned = true;
		process.nextTick(this.#flushLater);
	}

	/** Owner 0: nobody wants to know. */
	failed(owner: number, reason: string): void {
		this.#counters.sendFailures += 1;
		if (owner === 0) return;
		this.#failed.push({ owner, reason });
		this.#planTelling();
	}

	closed(connection: number): void {
		this.#closed.push(connection);
		this.#planTelling();
	}

	#planTelling(): void {
		if (this.#tellPlanned) return;
		this.#tellPlanned = true;
		process.nextTick(this.#tell);
	}

	readonly #tell = (): void => {
		const failed = this.#failed;
		const closed = this.#closed;
		this.#failed = [];
		this.#closed = [];
		this.#tellPlanned = false;
		this.begin();
		for (const { owner, reason } of failed) this.user.sendFailed(owner, reason);
		for (const connection of closed) this.user.connectionClosed(connection);
		this.end();
	};

	readonly #flushLater = (): void => {
		this.#flushPlanned = false;
		this.#flush();
	};

	#flush(): void {
		if (this.#waiting.length === 0) return;
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const output of waiting) output.flush();
	}
}
