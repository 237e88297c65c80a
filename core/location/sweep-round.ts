/** Going round through the devices of a store, some at a time: no sweep holds up the traffic for all of them. */

/** Devices that one sweep looks at, at least. */
const DEVICES_SWEPT_MIN = 1_000;

export class SweepRound<Value> {
	readonly #devices: ReadonlyMap<string, Value>;
	readonly #sweeps: number;
	/** Where it goes on: undefined at the end of a round. A map may change under its iterator. */
	#at: IterableIterator<readonly [string, Value]> | undefined;

	/** Many devices are through after that many sweeps. */
	constructor(devices: ReadonlyMap<string, Value>, sweeps: number) {
		this.#devices = devices;
		this.#sweeps = sweeps;
	}

	/** Those of one sweep; fewer where the round ends, or whoever asks has enough. */
	*next(): Iterable<readonly [string, Value]> {
		const most = Math.max(DEVICES_SWEPT_MIN, Math.ceil(this.#devices.size / this.#sweeps));
		for (let seen = 0; seen < most; seen += 1) {
			this.#at ??= this.#devices.entries();
			const { value, done } = this.#at.next();
			if (done) {
				this.#at = undefined;
				return;
			}
			yield value;
		}
	}
}
