/**
 * What a route script may wait for. Exported by the module "sipwright", whose functions are in
 * sipwright.d.ts.
 */

/**
 * What a call of the host fails with: `code` says how, the message what.
 *
 * @example
 * try {
 * 	await kv.set("note", text);
 * } catch (error) {
 * 	log.warn((error as HostError).message);
 * }
 */
export interface HostError extends Error {
	readonly code: string;
}

/**
 * What `kv` keeps.
 *
 * @example
 * const closed: KeyValue | undefined = await kv.get("closed");
 */
export type KeyValue = string | number | boolean | null;

/**
 * When an entry goes.
 *
 * @example
 * await kv.set("closed", true, { expires: 3600 });
 */
export interface ExpiryOptions {
	/** Seconds; for ever unless given. */
	readonly expires?: number;
}

/**
 * How `kv.increment` counts.
 *
 * @example
 * await kv.increment("minutes", { by: 5, expires: 86_400 });
 */
export interface IncrementOptions extends ExpiryOptions {
	/** 1 unless given. */
	readonly by?: number;
}

/**
 * A store of keys and values. Each call waits, if only a moment.
 *
 * @example
 * const store: KeyValues = kv;
 */
export interface KeyValues {
	/** Undefined without an entry, or when it has expired. */
	get(key: string): Promise<KeyValue | undefined>;
	set(key: string, value: KeyValue, options?: ExpiryOptions): Promise<void>;
	/** Adds to a number and returns the sum. An entry that is new begins at 0; `expires` counts from then. */
	increment(key: string, options?: IncrementOptions): Promise<number>;
	/** False: there was no entry. */
	delete(key: string): Promise<boolean>;
}
