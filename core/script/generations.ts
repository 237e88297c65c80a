/** The generations that are alive: the one that serves, and those that still finish what they began. */
import type { Log } from "../base/log.ts";
import type { Generation, Origin } from "./generation.ts";
import { GENERATIONS_MAX } from "./limits.ts";

export type GenerationStatus = {
	readonly id: number;
	readonly hash: string;
	readonly origin: Origin;
	/** It is asked about new requests. */
	readonly serving: boolean;
	/** Requests that it began and that have not ended. */
	readonly requests: number;
	/** Milliseconds of the epoch. */
	readonly activated: number;
	/** When another one took over; undefined while it serves. */
	readonly replaced?: number;
};

type Life = { readonly generation: Generation; readonly activated: number; replaced?: number };

export class Generations {
	readonly #log: Log;
	/** In the order of their activation; the last one serves. */
	#lives: Life[];
	#current: Generation;
	#ended = 0;

	constructor(first: Generation, log: Log) {
		this.#log = log;
		this.#lives = [{ generation: first, activated: Date.now() }];
		this.#current = first;
	}

	get current(): Generation {
		return this.#current;
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
			requests: generation.users,
			activated,
			...(replaced !== undefined && { replaced }),
		}));
	}

	/** New requests go to `next` from now on. A reload never waits for what the old ones still do. */
	activate(next: Generation): void {
		const now = Date.now();
		const before = this.#lives.at(-1);
		if (before !== undefined) before.replaced = now;
		const old = this.#current;
		this.#current = next;
		old.retire();
		this.#lives = [...this.#alive(), { generation: next, activated: now }];
		const tooMany = this.#lives.length - GENERATIONS_MAX;
		for (const { generation } of this.#lives.splice(0, Math.max(0, tooMany))) this.#end(generation);
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
