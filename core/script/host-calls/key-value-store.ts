/**
 * What scripts keep beyond a request: one store for every script, hook and generation of a process.
 * It is bounded in entries and octets; what is closest to its end goes first.
 */
import type { Milliseconds } from "../../base/clock.ts";

export type KeyValue = string | number | boolean | null;

/** A write was refused. */
export class KeyValueError extends Error {
	override readonly name = "KeyValueError";
}

type Entry = { readonly value: KeyValue; readonly expires: Milliseconds };

export type KeyValueLimits = {
	readonly entries: number;
	/** Of keys and values, as characters. */
	readonly characters: number;
};

/** What one entry costs beside its key and value. */
const ENTRY_COST = 64;
/** Expired entries that one write looks for. */
const SWEPT = 4;

export class KeyValueStore {
	readonly #limits: KeyValueLimits;
	/** In the order of their last write. */
	readonly #entries = new Map<string, Entry>();
	#characters = 0;

	constructor(limits: KeyValueLimits) {
		this.#limits = limits;
	}

	get size(): number {
		return this.#entries.size;
	}

	get(key: string, now: Milliseconds): KeyValue | undefined {
		const entry = this.#entries.get(key);
		if (entry === undefined) return undefined;
		if (entry.expires > now) return entry.value;
		this.#remove(key, entry);
		return undefined;
	}

	/** `expires`: Infinity for never. Throws a KeyValueError when there is no room. */
	set(key: string, value: KeyValue, expires: Milliseconds, now: Milliseconds): void {
		this.delete(key);
		this.#sweep(now);
		const cost = costOf(key, value);
		if (!this.#fits(cost)) this.#sweep(now, Infinity);
		if (!this.#fits(cost))
			throw new KeyValueError(
				`no room: ${this.#entries.size} entries of ${this.#limits.entries}, ${this.#characters} characters of ${this.#limits.characters}`,
			);
		this.#entries.set(key, { value, expires });
		this.#characters += cost;
	}

	/**
	 * Adds to a number, 0 where there is none, and returns the sum. `expires` counts where the entry
	 * is new: a window begins with its first event. Throws a KeyValueError for what is no number.
	 */
	increment(key: string, by: number, expires: Milliseconds, now: Milliseconds): number {
		const value = this.get(key, now) ?? 0;
		if (typeof value !== "number") throw new KeyValueError(`"${key}" holds no number`);
		const until = this.#entries.get(key)?.expires ?? expires;
		const sum = value + by;
		this.set(key, sum, until, now);
		return sum;
	}

	delete(key: string): boolean {
		const entry = this.#entries.get(key);
		if (entry === undefined) return false;
		this.#remove(key, entry);
		return true;
	}

	#fits(cost: number): boolean {
		const { entries, characters } = this.#limits;
		return this.#entries.size < entries && this.#characters + cost <= characters;
	}

	/** The oldest come first; of those that have not expired one is moved behind, so that all are met in time. */
	#sweep(now: Milliseconds, most = SWEPT): void {
		let left = Math.min(most, this.#entries.size);
		for (const [key, entry] of this.#entries) {
			if (left === 0) return;
			left -= 1;
			if (entry.expires <= now) this.#remove(key, entry);
			else if (most === SWEPT) {
				this.#entries.delete(key);
				this.#entries.set(key, entry);
			}
		}
	}

	#remove(key: string, entry: Entry): void {
		this.#entries.delete(key);
		this.#characters -= costOf(key, entry.value);
	}
}

function costOf(key: string, value: KeyValue): number {
	return ENTRY_COST + key.length + (typeof value === "string" ? value.length : 0);
}
