/** A map that knows how large it may become, so that no peer decides about our memory. */
export class BoundedMap<K, V> {
	/** Names the limit in logs and metrics. */
	readonly name: string;
	readonly limit: number;
	readonly #entries = new Map<K, V>();

	constructor(name: string, limit: number) {
		this.name = name;
		this.limit = limit;
	}

	get size(): number {
		return this.#entries.size;
	}

	get full(): boolean {
		return this.#entries.size >= this.limit;
	}

	get(key: K): V | undefined {
		return this.#entries.get(key);
	}

	has(key: K): boolean {
		return this.#entries.has(key);
	}

	/** False, and nothing changes, when a new key would pass the limit. */
	set(key: K, value: V): boolean {
		if (this.full && !this.#entries.has(key)) return false;
		this.#entries.set(key, value);
		return true;
	}

	/** As `set`, but room is made by dropping the oldest entry, which is returned. */
	push(key: K, value: V): readonly [K, V] | undefined {
		const dropped = this.full && !this.#entries.has(key) ? this.#oldest() : undefined;
		if (dropped !== undefined) this.#entries.delete(dropped[0]);
		if (!this.full || this.#entries.has(key)) this.#entries.set(key, value);
		return dropped;
	}

	delete(key: K): boolean {
		return this.#entries.delete(key);
	}

	clear(): void {
		this.#entries.clear();
	}

	keys(): MapIterator<K> {
		return this.#entries.keys();
	}

	values(): MapIterator<V> {
		return this.#entries.values();
	}

	/** In order of first insertion. */
	[Symbol.iterator](): MapIterator<[K, V]> {
		return this.#entries[Symbol.iterator]();
	}

	#oldest(): readonly [K, V] | undefined {
		for (const entry of this.#entries) return entry;
		return undefined;
	}
}
