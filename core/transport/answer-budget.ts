/** How many answers garbage gets: a flood of it must not make us send one. One count per source and window. */
import { BoundedMap } from "../base/bounded-map.ts";
import type { Milliseconds } from "../base/clock.ts";
import { sourceOf } from "../base/source.ts";
import type { TransportCounters } from "./counters.ts";
import type { TransportLimits } from "./limits.ts";

export class AnswerBudget {
	readonly #limits: TransportLimits;
	readonly #counters: TransportCounters;
	readonly #answers: BoundedMap<string, number>;
	#windowEnd = 0;

	constructor(limits: TransportLimits, counters: TransportCounters) {
		this.#limits = limits;
		this.#counters = counters;
		this.#answers = new BoundedMap("malformed sources", limits.malformedSources);
	}

	/** Counts one more answer to this address; false when it had enough of them lately. */
	take(address: string, now: Milliseconds): boolean {
		if (now >= this.#windowEnd) {
			this.#answers.clear();
			this.#windowEnd = now + this.#limits.malformedWindowMs;
		}
		const source = sourceOf(address);
		const count = this.#answers.get(source) ?? 0;
		this.#answers.push(source, count + 1);
		if (count < this.#limits.malformedAnswers) return true;
		this.#counters.answersWithheld += 1;
		return false;
	}
}
