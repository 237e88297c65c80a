/**
 * The timer wheel: every deadline of the core, in 10 ms ticks (RFC 3261 Table 4 needs no finer).
 *
 * A timer is a row across parallel arrays, taken from a free list and given back when it fires, so
 * a hundred thousand of them are a few typed arrays and nothing for the collector to trace but
 * their owners. A slot of the wheel is a doubly linked list of rows: arming and disarming are O(1).
 */
import type { Milliseconds } from "./clock.ts";

export type Expiring = {
	/** `tag` is what was given to `arm`. */
	expire(tag: string, now: Milliseconds): void;
};

declare const brand: unique symbol;
/** Names one arming of one timer: generation and row in one number, so it costs no object. */
export type TimerHandle = number & { readonly [brand]: "TimerHandle" };

/** A handle of no timer; disarming it does nothing. */
export const NO_TIMER = -1 as TimerHandle;

export class TimerWheel {
	readonly #heads = new Int32Array(SLOTS).fill(NONE);
	readonly #tails = new Int32Array(SLOTS).fill(NONE);

	#next = new Int32Array(ROWS_AT_FIRST);
	#previous = new Int32Array(ROWS_AT_FIRST);
	#due = new Float64Array(ROWS_AT_FIRST).fill(FREE);
	#generations = new Uint32Array(ROWS_AT_FIRST);
	readonly #owners: (Expiring | undefined)[] = [];
	readonly #tags: string[] = [];
	#free = NONE;
	#rows = 0;

	#size = 0;
	/** The tick up to which everything has fired. */
	#tick: number;
	/** No timer is due before this tick. */
	#soonest = Number.POSITIVE_INFINITY;
	/** The row that the walk over a slot visits next; `disarm` moves it along. */
	#cursor = NONE;

	constructor(now: Milliseconds) {
		this.#tick = Math.floor(now / TICK);
	}

	get size(): number {
		return this.#size;
	}

	/** Fires at the first tick that is not before `at`. Timers of one tick fire in arming order. */
	arm(owner: Expiring, tag: string, at: Milliseconds): TimerHandle {
		const row = this.#take();
		const due = Math.max(Math.ceil(at / TICK), this.#tick + 1);
		this.#owners[row] = owner;
		this.#tags[row] = tag;
		this.#due[row] = due;
		this.#link(row, due & MASK);
		if (due < this.#soonest) this.#soonest = due;
		this.#size += 1;
		return ((this.#generations[row] ?? 0) * ROWS_MAX + row) as TimerHandle;
	}

	/** Does nothing for a timer that has fired or was disarmed, even if its row serves another now. */
	disarm(handle: TimerHandle): void {
		if (handle < 0) return;
		const row = handle % ROWS_MAX;
		if (this.#generations[row] !== (handle - row) / ROWS_MAX) return;
		this.#remove(row);
	}

	/** Whether it is about to fire as well; false for one that has fired or was disarmed. */
	isDue(handle: TimerHandle, now: Milliseconds): boolean {
		if (handle < 0) return false;
		const row = handle % ROWS_MAX;
		if (this.#generations[row] !== (handle - row) / ROWS_MAX) return false;
		return (this.#due[row] ?? FREE) <= Math.floor(now / TICK);
	}

	/** Fires everything due, soonest first. What `expire` arms for a tick not after `now` fires too. */
	advance(now: Milliseconds): void {
		const target = Math.floor(now / TICK);
		if (target - this.#tick > SLOTS) this.#leap(target, now);
		while (this.#soonest <= target) {
			this.#tick = this.#soonest;
			this.#fireSlot(now);
			this.#soonest = this.#scan();
		}
		if (target > this.#tick) this.#tick = target;
	}

	/** When `advance` has to be called again: possibly too early for any timer, never too late. */
	next(): Milliseconds | undefined {
		return this.#size === 0 ? undefined : this.#soonest * TICK;
	}

	#fireSlot(now: Milliseconds): void {
		const tick = this.#tick;
		this.#cursor = this.#heads[tick & MASK] ?? NONE;
		while (this.#cursor !== NONE) {
			const row = this.#cursor;
			this.#cursor = this.#next[row] ?? NONE;
			if ((this.#due[row] ?? FREE) <= tick) this.#fire(row, now);
		}
	}

	#fire(row: number, now: Milliseconds): void {
		const owner = this.#owners[row];
		const tag = this.#tags[row] ?? "";
		this.#remove(row);
		owner?.expire(tag, now);
	}

	/** The clock jumped further than the wheel turns once: slot order is no longer time order. */
	#leap(target: number, now: Milliseconds): void {
		const due: { row: number; tick: number; generation: number }[] = [];
		for (const head of this.#heads)
			for (let row = head; row !== NONE; row = this.#next[row] ?? NONE) {
				const tick = this.#due[row] ?? FREE;
				if (tick <= target) due.push({ row, tick, generation: this.#generations[row] ?? 0 });
			}
		due.sort((a, b) => a.tick - b.tick);
		this.#tick = target;
		for (const { row, generation } of due)
			if (this.#generations[row] === generation) this.#fire(row, now);
		this.#soonest = this.#scan();
	}

	/** The first tick whose slot holds anything: a lower bound, since that may be for a later turn. */
	#scan(): number {
		if (this.#size === 0) return Number.POSITIVE_INFINITY;
		let tick = this.#tick + 1;
		while (this.#heads[tick & MASK] === NONE) tick += 1;
		return tick;
	}

	#take(): number {
		const row = this.#free;
		if (row !== NONE) {
			this.#free = this.#next[row] ?? NONE;
			return row;
		}
		if (this.#rows === this.#next.length) this.#grow();
		this.#rows += 1;
		return this.#rows - 1;
	}

	#grow(): void {
		const rows = this.#next.length * 2;
		this.#next = widen(new Int32Array(rows), this.#next);
		this.#previous = widen(new Int32Array(rows), this.#previous);
		this.#due = widen(new Float64Array(rows).fill(FREE), this.#due);
		this.#generations = widen(new Uint32Array(rows), this.#generations);
	}

	#link(row: number, slot: number): void {
		const tail = this.#tails[slot] ?? NONE;
		this.#previous[row] = tail;
		this.#next[row] = NONE;
		this.#tails[slot] = row;
		if (tail === NONE) this.#heads[slot] = row;
		else this.#next[tail] = row;
	}

	#remove(row: number): void {
		const slot = (this.#due[row] ?? 0) & MASK;
		const next = this.#next[row] ?? NONE;
		const previous = this.#previous[row] ?? NONE;
		if (previous === NONE) this.#heads[slot] = next;
		else this.#next[previous] = next;
		if (next === NONE) this.#tails[slot] = previous;
		else this.#previous[next] = previous;
		if (this.#cursor === row) this.#cursor = next;

		this.#due[row] = FREE;
		this.#owners[row] = undefined;
		this.#generations[row] = ((this.#generations[row] ?? 0) + 1) % GENERATIONS;
		this.#next[row] = this.#free;
		this.#free = row;
		this.#size -= 1;
	}
}

function widen<A extends Int32Array | Uint32Array | Float64Array>(wide: A, narrow: A): A {
	wide.set(narrow);
	return wide;
}

const TICK: Milliseconds = 10;
/** 4096 ticks are 41 s: every transaction timer fits into one turn; only Timer C is passed over. */
const SLOTS = 4096;
const MASK = SLOTS - 1;
const ROWS_AT_FIRST = 1024;
/** Rows and generations share the 53 bits of a handle. */
const ROWS_MAX = 2 ** 22;
const GENERATIONS = 2 ** 31;
const NONE = -1;
const FREE = Number.POSITIVE_INFINITY;
