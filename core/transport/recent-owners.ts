/** Who sent lately along one path, so that a failure reported late by the network finds them: RFC 3261 §18.4. */
import { OWNERS_REMEMBERED } from "./limits.ts";

export class RecentOwners {
	#owners: number[] = [];
	/** How many of them were followed by input. */
	#heard = 0;

	sent(owner: number): void {
		if (this.#owners.length >= 2 * OWNERS_REMEMBERED) this.#forget(OWNERS_REMEMBERED);
		this.#owners.push(owner);
	}

	/** The peer is alive: what was sent before reached it, as far as anyone can tell. */
	heard(): void {
		this.#heard = this.#owners.length;
	}

	/** Takes the owners that nothing was heard after. */
	takeUnheard(): number[] {
		return this.#owners.splice(this.#heard);
	}

	takeAll(): number[] {
		this.#heard = 0;
		return this.#owners.splice(0);
	}

	#forget(count: number): void {
		this.#owners = this.#owners.slice(count);
		this.#heard = Math.max(0, this.#heard - count);
	}
}
