/** A property, tried with many random inputs. */
import { seeded } from "./seeded.ts";

export type Seeded = ReturnType<typeof seeded>;

/** A failing run names its seed. */
export function eachSeed(runs: number, check: (random: Seeded, seed: number) => void): void {
	for (let seed = 1; seed <= runs; seed += 1) {
		try {
			check(seeded(seed), seed);
		} catch (error) {
			throw new Error(`seed ${seed}`, { cause: error });
		}
	}
}
