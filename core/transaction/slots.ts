/** Numbers for transactions, by which a transport names the one whose message it could not send (RFC 3261 §17.1.4). */

/**
 * An id is a serial number and the place in the array: finding by id needs no hash table, and an
 * id is never given twice, however late a failure is reported.
 */
export class Slots<V extends { readonly id: number; readonly weight: number }> {
	readonly #values: (V | undefined)[] = [];
	readonly #free: number[] = [];
	#serial = 0;
	#weight = 0;

	get size(): number {
		return this.#values.length - this.#free.length;
	}

	/** Octets of memory that the values take, as they were weighed. */
	get weight(): number {
		return this.#weight;
	}

	/** The id for a value that is then `put`. 0 is nobody's. */
	next(): number {
		this.#serial += 1;
		return this.#serial * SLOTS_MAX + (this.#free.at(-1) ?? this.#values.length);
	}

	put(value: V): void {
		this.#weight += value.weight;
		const slot = value.id % SLOTS_MAX;
		if (slot === this.#values.length) this.#values.push(value);
		else {
			this.#free.pop();
			this.#values[slot] = value;
		}
	}

	get(id: number): V | undefined {
		const value = this.#values[id % SLOTS_MAX];
		return value?.id === id ? value : undefined;
	}

	*[Symbol.iterator](): Generator<V> {
		for (const value of this.#values) if (value !== undefined) yield value;
	}

	/** False when it is not there any more. */
	remove(value: V): boolean {
		if (this.get(value.id) !== value) return false;
		const slot = value.id % SLOTS_MAX;
		this.#values[slot] = undefined;
		this.#weight -= value.weight;
		this.#free.push(slot);
		return true;
	}
}

/**
 * What a transaction of a request counts for, with its timers, context and keys. It takes more while
 * it waits for an answer, and about a third behind one, where most of them are: a limit that errs
 * refuses early.
 */
export function weigh(request: string): number {
	return 2_000 + request.length;
}

/** Above any limit on transactions; leaves 31 bits for the serial number. */
export const SLOTS_MAX = 2 ** 22;
