/**
 * What has changed and is not kept yet (RFC 3261 §10.3): each device once, however often it changes. Batches
 * are written within a window of time, one after the other, and are tried again for as long as that fails.
 */
import type { Milliseconds } from "../base/clock.ts";

export type WriteBehindOptions = {
	/** From a change to its being kept, while the disk takes what there is. */
	readonly window: Milliseconds;
	/** Devices whose changes are kept when it resolves; rejects when none of them are. */
	readonly write: (devices: readonly string[]) => Promise<void>;
	/** The first of several failures. */
	readonly failed: (error: unknown) => void;
	/** The first success after failures. */
	readonly recovered: () => void;
	/** A change has taken longer than the window, for the first time in a minute. */
	readonly late: (took: Milliseconds) => void;
};

export class WriteBehind {
	readonly #options: WriteBehindOptions;
	/** With the time of the change, of a clock that only goes forward. */
	readonly #marked = new Map<string, Milliseconds>();
	#timer: NodeJS.Timeout | undefined;
	/** Ends when the batch that is being written is; it does not reject. */
	#writing: Promise<void> | undefined;
	#failing = false;
	#lateTold = -Infinity;
	#closed = false;

	constructor(options: WriteBehindOptions) {
		this.#options = options;
	}

	/** Devices that wait. */
	get size(): number {
		return this.#marked.size;
	}

	mark(device: string): void {
		if (!this.#marked.has(device)) this.#marked.set(device, performance.now());
		this.#later(this.#failing ? RETRY : this.#options.window / PARTS);
	}

	/** Resolves when all that was marked before is kept; rejects with what keeps it from that. */
	async flush(): Promise<void> {
		while (this.#writing !== undefined) await this.#writing;
		// What is marked in the meantime stands behind.
		for (let left = this.#marked.size; left > 0 && this.#marked.size > 0; )
			left -= await this.#writeSome();
	}

	/** Flushes, and writes no more. */
	async close(): Promise<void> {
		clearTimeout(this.#timer);
		this.#closed = true;
		await this.flush();
	}

	#later(delay: Milliseconds): void {
		if (this.#timer !== undefined || this.#closed) return;
		this.#timer = setTimeout(() => void this.#tick(), delay).unref();
	}

	async #tick(): Promise<void> {
		this.#timer = undefined;
		// Whoever flushes has told what is wrong.
		await (this.#writing ?? this.#writeSome().catch(() => {}));
		if (this.#marked.size > 0) this.#later(this.#failing ? RETRY : 0);
	}

	/** Answers how many devices it took. */
	async #writeSome(): Promise<number> {
		while (this.#writing !== undefined) await this.#writing;
		const batch = this.#take();
		if (batch.length === 0) return 0;
		const written = this.#options.write(batch.map(([device]) => device));
		const settled = Promise.withResolvers<void>();
		this.#writing = settled.promise;
		try {
			await written;
			this.#succeeded(batch);
			return batch.length;
		} catch (error) {
			this.#restore(batch, error);
			throw error;
		} finally {
			this.#writing = undefined;
			settled.resolve();
		}
	}

	/** Changes from here on count anew. */
	#take(): readonly Marked[] {
		const batch: Marked[] = [];
		for (const marked of this.#marked) {
			if (batch.length === DEVICES_AT_ONCE) break;
			batch.push(marked);
		}
		for (const [device] of batch) this.#marked.delete(device);
		return batch;
	}

	#succeeded(batch: readonly Marked[]): void {
		const now = performance.now();
		if (this.#failing) {
			this.#failing = false;
			// How late these are, the failure has told.
			for (const device of this.#marked.keys()) this.#marked.set(device, now);
			this.#options.recovered();
			return;
		}
		const took = now - (batch[0]?.[1] ?? now);
		if (took <= this.#options.window || now - this.#lateTold < LATE_TOLD_EVERY) return;
		this.#lateTold = now;
		this.#options.late(took);
	}

	#restore(batch: readonly Marked[], error: unknown): void {
		for (const [device, since] of batch) this.#marked.set(device, since);
		if (!this.#failing) this.#options.failed(error);
		this.#failing = true;
		this.#later(RETRY);
	}
}

type Marked = readonly [device: string, since: Milliseconds];

/** Of the window: the first is for collecting, the others for writing. */
const PARTS = 4;
/** Putting these into words takes about a millisecond, during which no message is read. */
const DEVICES_AT_ONCE = 500;
/** After a failure. */
const RETRY: Milliseconds = 5_000;
const LATE_TOLD_EVERY: Milliseconds = 60_000;
