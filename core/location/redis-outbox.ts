/** The changes that Redis has not got yet: RFC 3261 §10.3. One place for each binding, however often it changes. */
import type { Milliseconds } from "../base/clock.ts";
import { type RedisConnection, reasonOf } from "./redis-connection.ts";
import { encodeEntry, fieldOf, type Here } from "./redis-entry.ts";
import { REMOVED_KEPT, type Replica } from "./redis-replica.ts";

export type OutboxOptions = {
	readonly replica: Replica;
	readonly connection: RedisConnection;
	readonly here: Here;
	readonly channel: string;
	/** Who published it: what comes back to this node is not news. */
	readonly origin: string;
	keyOf(device: string): string;
	now(): Milliseconds;
	/** Fields and values that Redis has instead. */
	refused(device: string, fields: readonly string[]): void;
};

export class Outbox {
	readonly #options: OutboxOptions;
	/** Keys by device: at most those of the replica. */
	readonly #waiting = new Map<string, Set<string>>();
	/** Sent, and not answered yet. */
	#underWay = new Map<string, Set<string>>();
	#draining: Promise<void> | undefined;
	#timer: NodeJS.Timeout | undefined;
	#failing = false;
	#sent = 0;

	constructor(options: OutboxOptions) {
		this.#options = options;
	}

	/** Devices. */
	get size(): number {
		return this.#waiting.size + this.#underWay.size;
	}

	/** Bindings and removals that Redis has taken since the start. */
	get sent(): number {
		return this.#sent;
	}

	add(device: string, keys: Iterable<string>): void {
		const waiting = this.#waiting.get(device);
		if (waiting === undefined) this.#waiting.set(device, new Set(keys));
		else for (const key of keys) waiting.add(key);
		if (waiting !== undefined && waiting.size > KEYS_MAX) this.#forget(device, waiting);
	}

	/** A phone changes its Contact all the time, and Redis is away: what the replica has forgotten goes. */
	#forget(device: string, waiting: Set<string>): void {
		const known = new Set(this.#options.replica.entries(device).map(({ key }) => key));
		for (const key of waiting) if (!known.has(key)) waiting.delete(key);
	}

	/** Soon, with what else changes until then. */
	later(delay: Milliseconds = GATHER): void {
		if (this.#timer !== undefined || this.#draining !== undefined) return;
		this.#timer = setTimeout(() => {
			this.#timer = undefined;
			void this.drain();
		}, delay).unref();
	}

	/** Sends all that waits; ends without an error where Redis goes away meanwhile, or takes nothing. */
	drain(): Promise<void> {
		this.#draining ??= this.#drain().finally(() => {
			this.#draining = undefined;
			if (this.#waiting.size === 0 || !this.#options.connection.connected) return;
			this.later(this.#failing ? RETRY : GATHER);
		});
		return this.#draining;
	}

	close(): void {
		clearTimeout(this.#timer);
	}

	async #drain(): Promise<void> {
		while (this.#waiting.size > 0 && this.#options.connection.connected) {
			const refusal = await this.#send();
			this.#failing = refusal !== undefined && this.#options.connection.connected;
			if (this.#failing) this.#options.connection.refuses("registrations", refusal ?? "");
			else if (refusal === undefined) this.#options.connection.does("registrations");
			if (refusal !== undefined) return;
		}
	}

	/** A part of it, for one round trip. Answers why Redis took something not, if that is so. */
	async #send(): Promise<string | undefined> {
		const batch = [...first(this.#waiting, DEVICES_AT_ONCE)];
		for (const [device] of batch) this.#waiting.delete(device);
		this.#underWay = new Map(batch);
		try {
			const { connection } = this.#options;
			const results = await connection.together((commands) => {
				for (const [device, keys] of batch)
					void commands.sipwrightChange(...this.#words(device, keys));
			});
			const wrong = batch.flatMap(([device, keys], index) => {
				const [error, others] = results[index] ?? [new Error("no answer"), []];
				return this.#answered(device, keys, error, others) ?? [];
			});
			return wrong[0];
		} catch (error) {
			for (const [device, keys] of batch) this.add(device, keys);
			return reasonOf(error);
		} finally {
			this.#underWay = new Map();
		}
	}

	#words(device: string, keys: ReadonlySet<string>): readonly (string | number)[] {
		const { replica, here, channel, origin, keyOf, now } = this.#options;
		const at = now();
		const entries = replica.entries(device).filter(({ key, keep }) => keys.has(key) && keep > at);
		return [
			...[keyOf(device), channel, origin, device, Math.floor(at), REMOVED_KEPT],
			...entries.flatMap((entry) => [fieldOf(entry.key), encodeEntry(entry, here)]),
		];
	}

	#answered(
		device: string,
		keys: ReadonlySet<string>,
		error: Error | null,
		others: unknown,
	): string | undefined {
		if (error !== null) {
			this.add(device, keys);
			return reasonOf(error);
		}
		this.#sent += keys.size;
		if (Array.isArray(others) && others.length > 0) this.#options.refused(device, others);
		return undefined;
	}
}

function* first<K, V>(map: ReadonlyMap<K, V>, count: number): Iterable<readonly [K, V]> {
	let taken = 0;
	for (const entry of map) {
		if (taken === count) return;
		taken += 1;
		yield entry;
	}
}

/** How long a change waits for others to go with it. */
const GATHER: Milliseconds = 2;
const RETRY: Milliseconds = 2_000;
const DEVICES_AT_ONCE = 250;
/** Of one device: more than the replica remembers of most. */
const KEYS_MAX = 4 * REMOVED_KEPT;
