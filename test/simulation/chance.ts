/** Seeded chance. Every use has a stream of its own, named by numbers, so that one seed repeats a whole world. */
import type { Random } from "../../core/base/random.ts";

export class Chance implements Random {
	#state: number;

	constructor(...names: readonly number[]) {
		let state = 0x9e37_79b9;
		for (const name of names) {
			state = Math.imul(state ^ name, 0x85eb_ca6b);
			state = Math.imul(state ^ (state >>> 13), 0xc2b2_ae35);
			state ^= state >>> 16;
		}
		this.#state = state;
	}

	/** From 0 up to but not including 1: mulberry32. */
	share(): number {
		this.#state = (this.#state + 0x6d2b_79f5) | 0;
		let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	}

	below(limit: number): number {
		return Math.floor(this.share() * limit);
	}

	hex(digits: number): string {
		let text = "";
		while (text.length < digits) text += this.below(0x1_0000_0000).toString(16).padStart(8, "0");
		return text.slice(0, digits);
	}

	yes(probability: number): boolean {
		return probability > 0 && this.share() < probability;
	}

	/** Both ends included. */
	between(low: number, high: number): number {
		return low + this.below(high - low + 1);
	}

	pick<Value>(values: readonly Value[]): Value {
		return values[this.below(values.length)] as Value;
	}

	/** One of the names, as often as its number is of their sum. */
	weighted<Name extends string>(weights: Readonly<Partial<Record<Name, number>>>): Name {
		const entries = Object.entries<number | undefined>(weights) as [Name, number][];
		let left = this.share() * entries.reduce((sum, [, weight]) => sum + weight, 0);
		for (const [name, weight] of entries) {
			left -= weight;
			if (left < 0) return name;
		}
		return (entries[0] as [Name, number])[0];
	}
}
