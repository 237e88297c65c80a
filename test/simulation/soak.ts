/**
 * Many calls through one proxy, in waves of different weather: after each wave every gauge is back
 * at 0, and once the first waves have filled what is kept for good, the heap stays as it is (TX-42).
 */

import type { Ladder } from "./ladder.ts";
import type { WeatherName } from "./network.ts";
import { explained, type Setting } from "./simulate.ts";
import { World } from "./world.ts";

const WAVES = 10;
/** What is bounded has reached its bound, and what is compiled is compiled. */
const WARM = 4;
const WEATHERS: readonly WeatherName[] = ["storm", "wireless", "hurricane", "office", "fine"];

/** A call a second for each of these. */
const CALLS_AT_RATE_1 = 2_000;

export type SoakOptions = { readonly seed: number; readonly calls: number };

export type SoakResult = {
	readonly calls: number;
	/** Octets of heap in use after each wave. */
	readonly heap: readonly number[];
	/** Octets that the heap has grown by since the warm waves. */
	readonly growth: number;
	readonly counts: ReadonlyMap<string, number>;
};

/** The result, or what went wrong. `settledHeap` collects garbage and says what is left. */
export function soak(
	setting: Setting,
	given: SoakOptions,
	settledHeap: () => number,
): SoakResult | string {
	try {
		return soaked(setting, given, settledHeap);
	} catch (error) {
		const again = `npm run simulate -- --mixed-failures --from ${given.seed} --calls ${given.calls}`;
		return explained(error, again, (ladder) => soaked(setting, given, () => 0, ladder));
	}
}

function soaked(
	setting: Setting,
	{ seed, calls }: SoakOptions,
	settledHeap: () => number,
	ladder?: Ladder,
): SoakResult {
	const world = new World({ ...setting, seed, ladder });
	const size = Math.ceil(calls / WAVES);
	const rate = Math.max(2, calls / CALLS_AT_RATE_1);
	const heap: number[] = [];
	for (let wave = 0; wave < WAVES; wave += 1) {
		world.run(size, { rate, weather: WEATHERS[wave % WEATHERS.length] ?? "storm" });
		heap.push(settledHeap());
	}
	const growth = lowest(heap.slice(-WARM)) - lowest(heap.slice(0, WARM));
	return { calls: size * WAVES, heap, growth, counts: world.counts };
}

/** A collection now and then leaves something; the least of a few is what is really held. */
function lowest(values: readonly number[]): number {
	return Math.min(...values);
}
