/**
 * Ends an isolate whose hook runs too long, from another thread, as the `timeout` of isolated-vm
 * does. That arms a timer for every call, and later a thread wakes up for each of them, which costs
 * more than a short hook. A watchdog looks at a number some times in the span of a timeout.
 *
 * It is awake while many questions come. Whoever finds it asleep uses `timeout`; so does whoever
 * wants to know where a script hung and what it logged, which a watchdog cannot tell.
 */
import ivm from "isolated-vm";
import { watch } from "./watch.ts";

/** What `watch` finds in its first cell: negative between two questions, else one of these or a question's number. */
const ASLEEP = 0;
const WAKING = 1;
const FIRST_QUESTION = 2;
const LAST_QUESTION = 0x40000000;
const ENDED = -0x80000000;

/** It wakes up when that many questions came within that time. */
const BUSY_QUESTIONS = 64;
const BUSY_MS = 400;
/** It sleeps when fewer came within sixteen ticks. */
const FEW_QUESTIONS = 16;
const LOOKS = 4;
/** Longer, and the thread would keep a process that is about to end; shorter, and timers are cheaper. */
const TICK_MAX_MS = 25;
const TICK_MIN_MS = 2;
/** The least that isolated-vm takes; the loop allocates nothing. */
const MEMORY_MB = 8;

/** A watchdog has ended what ran. */
export class Overdue extends Error {
	override readonly name = "Overdue";
}

export class Watchdog {
	readonly #watched: ivm.Isolate;
	readonly #tick: number;
	readonly #looks: number;
	readonly #state = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
	#thread: Thread | undefined;
	#question = 0;
	#unwatched = 0;
	#since = 0;

	/** Over questions that may each take `timeout` ms, and are ended within a quarter more. */
	constructor(watched: ivm.Isolate, timeout: number) {
		this.#watched = watched;
		this.#tick = Math.min(timeout / LOOKS, TICK_MAX_MS);
		this.#looks = Math.ceil(timeout / this.#tick);
	}

	/** A question begins. False: it is not watched, and `end` must not be called. */
	begin(): boolean {
		const state = Atomics.load(this.#state, 0);
		if (state >= 0 || state === ENDED) {
			if (state === ASLEEP) this.#wakeIfBusy();
			return false;
		}
		const question = -state < LAST_QUESTION ? 1 - state : FIRST_QUESTION;
		this.#question = question;
		return Atomics.compareExchange(this.#state, 0, state, question) === state;
	}

	/** False: it was ended, or is about to be. */
	end(): boolean {
		const question = this.#question;
		return Atomics.compareExchange(this.#state, 0, question, -question) === question;
	}

	close(): void {
		if (this.#thread?.isolate.isDisposed === false) this.#thread.isolate.dispose();
		this.#thread = undefined;
		Atomics.store(this.#state, 0, ENDED);
	}

	#wakeIfBusy(): void {
		this.#unwatched += 1;
		if (this.#unwatched < BUSY_QUESTIONS) return;
		const now = performance.now();
		const busy = now - this.#since < BUSY_MS;
		this.#unwatched = 0;
		this.#since = now;
		if (busy && this.#tick >= TICK_MIN_MS) this.#wake();
	}

	#wake(): void {
		this.#thread ??= openThread(this.#state);
		const { loop, state } = this.#thread;
		Atomics.store(this.#state, 0, WAKING);
		const pace = [this.#tick, this.#looks, FEW_QUESTIONS] as const;
		loop.applyIgnored(undefined, [state.copyInto(), this.#watched, ...pace]);
	}
}

type Thread = {
	readonly isolate: ivm.Isolate;
	readonly loop: ivm.Reference<typeof watch>;
	readonly state: ivm.ExternalCopy<Int32Array>;
};

function openThread(state: Int32Array): Thread {
	const isolate = new ivm.Isolate({ memoryLimit: MEMORY_MB });
	const script = isolate.compileScriptSync(`(${watch})`);
	const loop = script.runSync(isolate.createContextSync(), { reference: true });
	return { isolate, loop, state: new ivm.ExternalCopy(state) };
}
