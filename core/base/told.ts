/** What a log was told already: each thing once for a while, and no more lines than somebody reads. */
import { BoundedMap } from "./bounded-map.ts";
import type { Milliseconds } from "./clock.ts";

export type ToldOptions = {
	/** Until the same thing is told again. */
	readonly again: Milliseconds;
	/** Things remembered at most; the oldest is forgotten. */
	readonly remembered: number;
	/** Lines at most within `within`, whatever there is to tell. */
	readonly lines: number;
	readonly within: Milliseconds;
};

export class Told {
	readonly #options: ToldOptions;
	readonly #last: BoundedMap<string, Milliseconds>;
	#since: Milliseconds = 0;
	#lines = 0;
	#leftOut = 0;

	constructor(name: string, options: ToldOptions) {
		this.#options = options;
		this.#last = new BoundedMap(name, options.remembered);
	}

	/** Undefined: not to be told now. Else tell it, and how many things were left out since the last line. */
	tell(thing: string, now: Milliseconds): number | undefined {
		const { again, lines, within } = this.#options;
		const last = this.#last.get(thing);
		if (last !== undefined && now - last < again) return undefined;
		if (now - this.#since >= within) {
			this.#since = now;
			this.#lines = 0;
		}
		if (this.#lines >= lines) {
			this.#leftOut += 1;
			return undefined;
		}
		this.#lines += 1;
		this.#last.delete(thing);
		this.#last.push(thing, now);
		const leftOut = this.#leftOut;
		this.#leftOut = 0;
		return leftOut;
	}
}
