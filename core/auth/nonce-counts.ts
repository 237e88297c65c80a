/** Which counts of which nonces have been used: the `nc` of RFC 7616 §3.4, against replay (§5.5). */
import { BoundedMap } from "../base/bounded-map.ts";
import type { Milliseconds } from "../base/clock.ts";
import { own } from "../base/own-text.ts";

type Seen = {
	readonly issuedAt: Milliseconds;
	highest: number;
	/** Bit n is set when `highest - n` has been used. */
	used: number;
};

export class NonceCounts {
	readonly #seen: BoundedMap<string, Seen>;
	/**
	 * Nonces made earlier and not in the table may have been used and forgotten: they count as used
	 * up. So neither a full table nor a restart opens a way to replay; it costs one more challenge.
	 */
	#floor: Milliseconds;

	constructor(limit: number, startedAt: Milliseconds) {
		this.#seen = new BoundedMap("nonces in use", limit);
		this.#floor = startedAt;
	}

	/**
	 * Takes one count of a nonce whose digest was right; false when it was taken before. Requests
	 * that overtake each other are let through while they are less than 32 counts apart.
	 */
	use(nonce: string, issuedAt: Milliseconds, count: number, now: Milliseconds): boolean {
		const seen = this.#seen.get(nonce);
		if (seen !== undefined) return useAgain(seen, count);

		// The clock was set back: nonces made from now on would all be below the floor.
		if (this.#floor > now) this.#floor = now;
		if (issuedAt < this.#floor) return false;
		const forgotten = this.#seen.push(own(nonce), { issuedAt, highest: count, used: 1 });
		if (forgotten !== undefined) this.#floor = Math.max(this.#floor, forgotten[1].issuedAt + 1);
		return true;
	}
}

function useAgain(seen: Seen, count: number): boolean {
	const ahead = count - seen.highest;
	if (ahead > 0) {
		seen.used = ahead < WINDOW ? (seen.used << ahead) | 1 : 1;
		seen.highest = count;
		return true;
	}
	const bit = 1 << -ahead;
	if (-ahead >= WINDOW || (seen.used & bit) !== 0) return false;
	seen.used |= bit;
	return true;
}

const WINDOW = 32;
