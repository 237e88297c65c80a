/** `onTimer`: what scripts do again and again, on the timer wheel, as long as they serve. */
import type { Milliseconds } from "../base/clock.ts";
import { type Expiring, NO_TIMER, type TimerHandle, type TimerWheel } from "../base/timer-wheel.ts";
import { NOBODY } from "../script/ask-context.ts";
import type { TimerOfScript } from "../script/defined.ts";
import { ScriptError } from "../script/script-error.ts";
import type { Outcome } from "../script/waiting-hook.ts";
import type { Asking } from "./asking.ts";
import type { RouteGeneration } from "./route-generation.ts";

export type TimersOptions = {
	readonly asking: Asking;
	readonly wheel: TimerWheel;
	failed(error: ScriptError): void;
};

export class ScriptTimers {
	readonly #options: TimersOptions;
	readonly #running = new Map<RouteGeneration, readonly Repeating[]>();

	constructor(options: TimersOptions) {
		this.#options = options;
	}

	/** These serve from now on: timers of others stop, and those that are new begin. A run under way ends as it does. */
	serve(generations: readonly RouteGeneration[], now: Milliseconds): void {
		for (const [generation, timers] of this.#running) {
			if (generations.includes(generation)) continue;
			this.#running.delete(generation);
			for (const timer of timers) timer.stop();
		}
		for (const generation of generations) {
			if (this.#running.has(generation) || generation.timers.length === 0) continue;
			const timers = generation.timers.map(
				(timer) => new Repeating(generation, timer, this.#options),
			);
			this.#running.set(generation, timers);
			for (const timer of timers) timer.start(now);
		}
	}
}

class Repeating implements Expiring {
	readonly #generation: RouteGeneration;
	readonly #name: string;
	readonly #every: Milliseconds;
	readonly #options: TimersOptions;
	#handle: TimerHandle = NO_TIMER;
	#asked = false;

	constructor(generation: RouteGeneration, { name, every }: TimerOfScript, options: TimersOptions) {
		this.#generation = generation;
		this.#name = name;
		this.#every = every * 1_000;
		this.#options = options;
	}

	start(now: Milliseconds): void {
		this.#handle = this.#options.wheel.arm(this, "script", now + this.#every);
	}

	stop(): void {
		this.#options.wheel.disarm(this.#handle);
	}

	/** A run that still waits is not joined by another: this turn is left out. */
	expire(_tag: string, now: Milliseconds): void {
		// Before the hook: what fails in it may end the generation, and stop this.
		this.start(now);
		if (this.#asked) return;
		this.#asked = true;
		const question = {
			generation: this.#generation,
			hook: "onTimer",
			text: "",
			context: NOBODY,
			more: JSON.stringify(this.#name),
		} as const;
		const outcome = this.#options.asking.ask(question, (late) => this.#done(late), now);
		if (outcome !== undefined) this.#done(outcome);
	}

	#done(outcome: Outcome): void {
		this.#asked = false;
		if (outcome instanceof ScriptError) this.#options.failed(outcome);
	}
}
