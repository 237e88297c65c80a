/**
 * What scripts keep beyond a request: one store for every script, hook and generation of a process.
 * It is bounded in entries and characters. Where there is no room, what will expire makes some, that
 * which was written longest ago first; what was set for ever stays.
 */
import type { Milliseconds } from "../../base/clock.ts";

export type KeyValue = string | number | boolean | null;

/** A write was refused. */
export class KeyValueError extends Error {
	override readonly name = "KeyValueError";
}

type Entry = { readonly value: KeyValue; readonly expires: Milliseconds; readonly cost: number };

export type KeyValueLimits = {
	readonly entries: number;
	/** Of keys and values, and what keeping them costs. */
	readonly characters: number;
};

/** What one entry costs beside its key and value. */
const ENTRY_COST = 64;
/** Entries that one write looks at, for some that have expired. */
const SWEPT = 4;

export class KeyValueStore {
	readonly #limits: KeyValueLimits;
	/** For ever. */
	readonly #lasting = new Map<string, Entry>();
	/** In the order of their last write. */
	readonly #passing = new Map<string, Entry>();
	/** Goes round and round through those. */
	#sweep = this.#passing.entries();
	#characters = 0;
	/** Of those: for ever. */
	#lastingCharacters = 0;
	#evicted = 0;

	constructor(limits: KeyValueLimits) {
		this.#limits = limits;
	}

	get size(): number {
		return this.#lasting.size + this.#passing.size;
	}

	/** How many went before their time, to make room. */
	get evicted(): number {
		return this.#evicted;
	}

	get(key: string, now: Milliseconds): KeyValue | undefined {
		return this.#live(key, now)?.value;
	}

	/** `expires`: Infinity for never. Throws a KeyValueError when there is no room. */
	set(key: string, value: KeyValue, expires: Milliseconds, now: Milliseconds): void {
		const cost = ENTRY_COST + key.length + (typeof value === "string" ? value.length : 0);
		this.#dropExpired(now);
		const before = this.#find(key);
		this.#makeRoom(key, cost - (before?.cost ?? 0), before === undefined ? 1 : 0);
		this.#remove(key);
		const entries = expires === Infinity ? this.#lasting : this.#passing;
		entries.set(key, { value, expires, cost });
		this.#characters += cost;
		if (entries === this.#lasting) this.#lastingCharacters += cost;
	}

	/**
	 * Adds to a number, 0 where there is none, and returns the sum. `expires` counts where the entry
	 * is new: a window begins with its first event. Throws a KeyValueError for what is no number.
	 */
	increment(key: string, by: number, expires: Milliseconds, now: Milliseconds): number {
		const before = this.#live(key, now);
		const value = before?.value ?? 0;
		if (typeof value !== "number")
			throw new KeyValueError(`${JSON.stringify(key)} holds no number`);
		const sum = value + by;
		if (!Number.isFinite(sum))
			throw new KeyValueError(`${JSON.stringify(key)} has grown too large`);
		this.set(key, sum, before?.expires ?? expires, now);
		return sum;
	}

	/** False: there was none. */
	delete(key: string, now: Milliseconds): boolean {
		const there = this.#live(key, now) !== undefined;
		this.#remove(key);
		return there;
	}

	#find(key: string): Entry | undefined {
		return this.#passing.get(key) ?? this.#lasting.get(key);
	}

	#live(key: string, now: Milliseconds): Entry | undefined {
		const entry = this.#find(key);
		if (entry === undefined || entry.expires > now) return entry;
		this.#remove(key);
		return undefined;
	}

	#dropExpired(now: Milliseconds): void {
		for (let left = SWEPT; left > 0; left -= 1) {
			const { done, value } = this.#sweep.next();
			if (done) {
				this.#sweep = this.#passing.entries();
				return;
			}
			const [key, { expires }] = value;
			if (expires <= now) this.#remove(key);
		}
	}

	/** For `key`, which stays. */
	#makeRoom(key: string, characters: number, entries: number): void {
		if (this.#canFit(key, characters, entries)) this.#evictFor(key, characters, entries);
		if (this.#fits(characters, entries)) return;
		throw new KeyValueError(
			`no room: ${this.size} entries of ${this.#limits.entries}, ${this.#characters} characters of ${this.#limits.characters}`,
		);
	}

	/** Without anything that expires: a write that is refused must not cost others what they keep. */
	#canFit(key: string, characters: number, entries: number): boolean {
		const own = this.#passing.get(key);
		const size = this.#lasting.size + (own === undefined ? 0 : 1);
		const kept = this.#lastingCharacters + (own?.cost ?? 0);
		const { entries: entriesMax, characters: charactersMax } = this.#limits;
		return size + entries <= entriesMax && kept + characters <= charactersMax;
	}

	#evictFor(key: string, characters: number, entries: number): void {
		for (const [oldest] of this.#passing) {
			if (this.#fits(characters, entries)) return;
			if (oldest === key) continue;
			this.#remove(oldest);
			this.#evicted += 1;
		}
	}

	#fits(characters: number, entries: number): boolean {
		const { entries: entriesMax, characters: charactersMax } = this.#limits;
		return this.size + entries <= entriesMax && this.#characters + characters <= charactersMax;
	}

	#remove(key: string): void {
		const entry = this.#find(key);
		if (entry === undefined) return;
		if (this.#lasting.delete(key)) this.#lastingCharacters -= entry.cost;
		else this.#passing.delete(key);
		this.#characters -= entry.cost;
	}
}
