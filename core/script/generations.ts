/** The generations that are alive: the one that serves, and those that still finish what they began. */
import type { Log } from "../base/log.ts";
import type { Canary } from "./canary.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import type { Generation, Observer, Origin } from "./generation.ts";
import { GENERATIONS_MAX } from "./limits.ts";

export type GenerationStatus = {
	readonly id: number;
	readonly hash: string;
	readonly origin: Origin;
	/** It is asked about new requests: but for those of a candidate. */
	readonly serving: boolean;
	/** It is asked about the requests of a canary. */
	readonly candidate?: true;
	/** Requests that it began and that have not ended. */
	readonly requests: number;
	/** Requests that it was asked about so far, and how often a hook of it failed. */
	readonly asked: number;
	readonly failed: number;
	/** Milliseconds of the epoch. */
	readonly activated: number;
	/** When another one took over; undefined while it serves. */
	readonly replaced?: number;
};

type Life = { readonly generation: Generation; readonly activated: number; replaced?: number };

export class Generations {
	/** Told when others serve than before. */
	changed: (() => void) | undefined;
	readonly #log: Log;
	readonly #clock: Clock;
	/** In the order in which they were first asked. */
	#lives: Life[];
	#current: Generation;
	#canary: Canary | undefined;
	#observer: Observer | undefined;
	#ended = 0;

	constructor(first: Generation, log: Log, clock: Clock = SYSTEM_CLOCK) {
		this.#log = log;
		this.#clock = clock;
		this.#lives = [{ generation: first, activated: clock.now() }];
		this.#current = first;
	}

	/** Told of every question to the one that serves, from now on, and of no other. */
	observe(observer: Observer | undefined): void {
		this.#observer = observer;
		this.#current.observer = observer;
	}

	get current(): Generation {
		return this.#current;
	}

	/** What is tried beside it. */
	get canary(): Canary | undefined {
		return this.#canary;
	}

	/** All that new requests ask: a candidate among them, until it is stopped. */
	get serving(): readonly Generation[] {
		const tried = this.#canary;
		return tried === undefined || tried.stopped
			? [this.#current]
			: [this.#current, tried.generation];
	}

	/** How many gave up their isolate before their requests ended, to make room. */
	get ended(): number {
		return this.#ended;
	}

	get list(): readonly GenerationStatus[] {
		return this.#alive().map(({ generation, activated, replaced }) => ({
			id: generation.id,
			hash: generation.hash,
			origin: generation.origin,
			serving: generation === this.#current,
			...(generation === this.#canary?.generation && { candidate: true as const }),
			requests: generation.users,
			asked: generation.counts.asked,
			failed: generation.counts.failed,
			activated,
			...(replaced !== undefined && { replaced }),
		}));
	}

	/** New requests go to `next` from now on. A reload never waits for what the old ones still do. */
	activate(next: Generation): void {
		const old = this.#current;
		this.#current = next;
		old.observer = undefined;
		next.observer = this.#observer;
		this.#retire(old);
		if (next === this.#canary?.generation) this.#canary = undefined;
		else this.#begin(next);
		this.changed?.();
	}

	/** The requests of the canary go to its generation from now on. */
	propose(canary: Canary): void {
		this.withdraw();
		this.#canary = canary;
		this.#begin(canary.generation);
		this.changed?.();
	}

	/** If it is the candidate it is given nothing more, even before it is withdrawn. */
	stop(failing: Generation): void {
		if (this.#canary?.generation !== failing) return;
		this.#canary.stop();
		this.changed?.();
	}

	/** The candidate is asked no more. */
	withdraw(): void {
		const old = this.#canary;
		this.#canary = undefined;
		if (old === undefined) return;
		this.#retire(old.generation);
		this.changed?.();
	}

	close(): void {
		this.withdraw();
		this.#current.retire();
	}

	#retire(old: Generation): void {
		const life = this.#lives.find(({ generation }) => generation === old);
		if (life !== undefined) life.replaced = this.#clock.now();
		old.record.watched = undefined;
		old.retire();
	}

	#begin(next: Generation): void {
		this.#lives = [...this.#alive(), { generation: next, activated: this.#clock.now() }];
		const draining = this.#lives.filter(({ generation }) => !this.#isAsked(generation));
		const tooMany = this.#lives.length - GENERATIONS_MAX;
		for (const life of draining.slice(0, Math.max(0, tooMany))) {
			this.#lives = this.#lives.filter((one) => one !== life);
			this.#end(life.generation);
		}
	}

	#isAsked(generation: Generation): boolean {
		return generation === this.#current || generation === this.#canary?.generation;
	}

	#alive(): Life[] {
		return this.#lives.filter(({ generation }) => !generation.ended);
	}

	#end(generation: Generation): void {
		const { id, users } = generation;
		this.#ended += 1;
		this.#log.warn(
			{ event: "routes.ended", generation: id, requests: users },
			`generation ${id} gives up its isolate before ${users} of its requests have ended: ${GENERATIONS_MAX} are alive`,
		);
		generation.end();
	}
}
