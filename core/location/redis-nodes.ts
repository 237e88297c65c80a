/** Which nodes are there: each says so every few seconds, and a flow is as good as its node (RFC 5626 §5.3). */
import type { Milliseconds } from "../base/clock.ts";
import type { Log } from "../base/log.ts";

/** What a node says of itself. */
export type Says = {
	/** Of this run of its process. */
	readonly run: string;
	/** Of the key that signs its flow tokens. */
	readonly key: string;
	/** `host:port`: where it is reached. */
	readonly at: readonly string[];
};

export type Heard = {
	readonly name: string;
	readonly silent: Milliseconds;
	readonly says: Says | undefined;
};

/** Three times missed. */
export const SILENT_MAX: Milliseconds = 7_000;

export class Nodes {
	readonly #here: string;
	readonly #log: Log;
	/** The others; until they were heard of there is none. */
	readonly #present = new Map<string, boolean>();
	readonly #keysDiffer = new Set<string>();
	readonly #at = new Map<string, readonly string[]>();
	readonly #away: (at: readonly string[]) => void;
	/** Just connected: nobody had the time to say that it is there. */
	#judges = false;

	/** `away` is told where a node was that was there before. */
	constructor(here: string, log: Log, away: (at: readonly string[]) => void) {
		this.#here = here;
		this.#log = log;
		this.#away = away;
	}

	/** While nobody can be heard, what was last known holds. */
	pause(): void {
		this.#judges = false;
	}

	/** Each had the time to say that it is there. */
	judge(): void {
		this.#judges = true;
	}

	isPresent(name: string): boolean {
		return name === this.#here || (this.#present.get(name) ?? !this.#judges);
	}

	/** `keys`: those whose signatures are taken here. */
	heard(all: readonly Heard[], keys: readonly string[]): void {
		const others = all.filter(({ name }) => name !== this.#here);
		for (const { name, silent } of others)
			this.#set(name, silent <= SILENT_MAX || this.#hopes(name));
		const names = new Set(others.map(({ name }) => name));
		for (const name of this.#present.keys()) if (!names.has(name)) this.#forget(name);
		for (const { name, says } of others) {
			if (says === undefined) continue;
			this.#at.set(name, says.at);
			this.#checkKey(name, says, keys);
		}
	}

	/** It said goodbye. */
	left(name: string): void {
		if (name !== this.#here) this.#set(name, false);
	}

	get status(): readonly { readonly name: string; readonly present: boolean }[] {
		return [...this.#present].map(([name, present]) => ({ name, present }));
	}

	#hopes(name: string): boolean {
		return !this.#judges && this.#present.get(name) !== false;
	}

	#forget(name: string): void {
		if (this.#hopes(name)) return;
		this.#set(name, false);
		this.#present.delete(name);
		this.#at.delete(name);
		this.#keysDiffer.delete(name);
	}

	#set(name: string, present: boolean): void {
		const before = this.#present.get(name);
		if (before === present) return;
		this.#present.set(name, present);
		if (before) this.#away(this.#at.get(name) ?? []);
		if (present) this.#log.info({ event: "node.there", node: name }, `node ${name} is there`);
		else
			this.#log.warn(
				{ event: "node.away", node: name },
				`node ${name} is away: nobody can be reached who registered there`,
			);
	}

	#checkKey(name: string, { key }: Says, keys: readonly string[]): void {
		if (keys.includes(key)) {
			this.#keysDiffer.delete(name);
			return;
		}
		if (this.#keysDiffer.has(name)) return;
		this.#keysDiffer.add(name);
		this.#log.error(
			{ event: "node.keys-differ", node: name },
			`node ${name} signs with a key that is not in signing-keys.json here: copy that file from one node to the others`,
		);
	}
}
