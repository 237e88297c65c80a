/**
 * Generations that have to show that they are good: a candidate beside what serves, and what has taken
 * over from other scripts. Each failure of theirs is held against the rules; a candidate whose time is
 * over gets everything.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Canary } from "./canary.ts";
import type { Clock } from "./clock.ts";
import type { Generation } from "./generation.ts";
import { judge, type ProbationRules, type Verdict } from "./probation.ts";
import { since } from "./track-record.ts";

export type TrialEvents = {
	/** As they are configured at the time. */
	rules(): ProbationRules;
	/** The time of a candidate is over, and nothing was wrong with it. */
	expired(canary: Canary): void;
	/** Told once for each generation: what is held against it, and where the script failed last. */
	failed(generation: Generation, because: string): void;
};

export class Trials {
	readonly #clock: Clock;
	readonly #events: TrialEvents;
	/** Calls off the promotion of the candidate. */
	#promotion: () => void = nothing;

	constructor(clock: Clock, events: TrialEvents) {
		this.#clock = clock;
		this.#events = events;
	}

	/** Scripts that took over at `began`: by themselves, there is nothing beside them. */
	prove(generation: Generation, began: Milliseconds): void {
		const until = () => began + this.#events.rules().seconds * 1_000;
		this.#watch(generation, undefined, until);
	}

	/** As long as it is tried: once more, with other settings or beside another one, from here on. */
	tryOut(canary: Canary, beside: Generation): void {
		this.end();
		this.#watch(canary.generation, beside, () => Infinity);
		const { until } = canary;
		if (until === undefined) return;
		const delay = Math.max(0, until - this.#clock.now());
		this.#promotion = this.#clock.after(delay, () => this.#events.expired(canary));
	}

	/** There is no candidate any more. */
	end(): void {
		this.#promotion();
		this.#promotion = nothing;
	}

	#watch(generation: Generation, beside: Generation | undefined, until: () => Milliseconds): void {
		const { record } = generation;
		const before = record.counts;
		const besideBefore = beside?.counts;
		record.watched = () => {
			const over = this.#clock.now() >= until();
			const theirs = beside && besideBefore && since(besideBefore, beside.counts);
			const own = since(before, record.counts);
			const verdict = over ? undefined : judge(own, theirs, this.#events.rules());
			if (over || verdict !== undefined) record.watched = undefined;
			if (verdict !== undefined) this.#events.failed(generation, reasonOf(generation, verdict));
		};
	}
}

function reasonOf({ record }: Generation, { because, reason }: Verdict): string {
	const { lastError } = record;
	if (because !== "failed" || lastError === undefined) return reason;
	return `${reason}, the last one at ${lastError.message}`;
}

function nothing(): void {}
