/**
 * What this node knows of the bindings of all nodes, and of those that were removed (RFC 3261 §10.3):
 * all that is in Redis, and what Redis has not got yet. Changes from anywhere merge in any order: of
 * one key the later stamp wins, and of two with the same stamp the one that Redis has.
 */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import { MemoryStore } from "./memory.ts";
import type { Entry } from "./redis-entry.ts";
import { bindingKey } from "./store.ts";
import { SweepRound } from "./sweep-round.ts";

/** Of one device: a phone that changes its Contact all the time must not fill the memory. */
export const REMOVED_KEPT = 32;

export class Replica {
	readonly memory = new MemoryStore();
	readonly #node: string;
	/** The lists are replaced, never changed. */
	readonly #byDevice = new Map<string, readonly Entry[]>();
	readonly #round = new SweepRound(this.#byDevice, SWEEPS_A_ROUND);

	constructor(node: string) {
		this.#node = node;
	}

	get devices(): Iterable<string> {
		return this.#byDevice.keys();
	}

	entries(device: string): readonly Entry[] {
		return this.#byDevice.get(device) ?? NONE;
	}

	entry(device: string, key: string): Entry | undefined {
		return this.entries(device).find((one) => one.key === key);
	}

	/** A REGISTER that came here. Answers the keys that it changed. */
	apply(
		device: string,
		put: readonly Binding[],
		remove: readonly Binding[],
		now: Milliseconds,
	): readonly string[] {
		this.memory.apply(device, put, remove);
		const keys = new Set(put.map(bindingKey));
		const ended = remove.filter((binding) => !keys.has(bindingKey(binding)));
		// One after the other, so that they come in this order wherever they are read.
		let stamp = Math.max(Math.floor(now), ...this.entries(device).map((one) => one.stamp + 1));
		const gone = ended.map((binding) => this.#change(binding, stamp++, undefined));
		const bound = put.map((binding) => this.#change(binding, stamp++, binding));
		this.#set(device, [...gone, ...bound]);
		return [...gone, ...bound].map(({ key }) => key);
	}

	/**
	 * The connection has closed. That ends what it carried and nothing later: a phone that has
	 * registered elsewhere meanwhile stays registered, whichever of the two is heard of first.
	 */
	dropFlow(connection: number): readonly Binding[] {
		const dropped = this.memory.dropFlow(connection);
		for (const binding of dropped) this.#end(binding);
		return dropped;
	}

	/** Its phone is gone. That, too, ends nothing later. */
	dropBinding(binding: Binding): boolean {
		const dropped = this.memory.dropBinding(binding);
		if (dropped) this.#end(binding);
		return dropped;
	}

	/** Versions of others. Answers those that are news here; the others are older, or the same. */
	merge(device: string, versions: readonly Entry[]): readonly Entry[] {
		const all = versions.filter((version) => this.#isNews(version));
		if (all.length === 0) return NONE;
		const byKey = new Map(all.toSorted(byStamp).map((version) => [version.key, version]));
		const ordered = [...byKey.values()].sort(byStamp);
		const put = ordered.flatMap(({ binding }) => binding ?? []);
		const gone = ordered.filter(({ binding }) => binding === undefined);
		const remove = gone.flatMap(({ key }) => this.entry(device, key)?.binding ?? []);
		this.memory.apply(device, put, remove);
		this.#set(device, ordered);
		return ordered;
	}

	/** Goes round, as the store in memory does: what is remembered of removals ends with it. */
	sweep(now: Milliseconds): readonly Binding[] {
		for (const [device, list] of this.#round.next()) {
			const kept = list.filter(({ keep }) => keep > now);
			if (kept.length < list.length) this.#replace(device, kept);
		}
		return this.memory.sweep(now);
	}

	/** By itself, and not by a REGISTER: as if at the moment after it began. */
	#end(binding: Binding): void {
		const { stamp = 0 } = this.entry(binding.device, bindingKey(binding)) ?? {};
		this.#set(binding.device, [this.#change(binding, stamp + 1, undefined)]);
	}

	#isNews({ device, key, stamp, node }: Entry): boolean {
		const known = this.entry(device, key);
		if (known === undefined || stamp > known.stamp) return true;
		return stamp === known.stamp && node !== known.node;
	}

	#change(about: Binding, stamp: Milliseconds, binding: Binding | undefined): Entry {
		const { device, expiresAt } = about;
		const key = bindingKey(about);
		const before = this.entry(device, key);
		return {
			device,
			key,
			stamp,
			keep: Math.max(Math.ceil(expiresAt), before?.keep ?? 0),
			node: this.#node,
			binding,
			listener: "",
		};
	}

	#set(device: string, changed: readonly Entry[]): void {
		const keys = new Set(changed.map(({ key }) => key));
		const others = this.entries(device).filter(({ key }) => !keys.has(key));
		// As memory keeps them: each is there once.
		const kept = new Map(this.memory.stored(device).map((one) => [bindingKey(one), one]));
		const known = changed.map((entry) => ({
			...entry,
			binding: entry.binding && kept.get(entry.key),
		}));
		this.#replace(device, withoutOldest([...others, ...known]));
	}

	#replace(device: string, list: readonly Entry[]): void {
		if (list.length === 0) this.#byDevice.delete(device);
		else this.#byDevice.set(device, list);
	}
}

function byStamp(a: Entry, b: Entry): number {
	return a.stamp - b.stamp;
}

/** The removals that are longest ago are forgotten first. */
function withoutOldest(list: readonly Entry[]): readonly Entry[] {
	if (list.length <= REMOVED_KEPT) return list;
	const removed = list.filter(({ binding }) => binding === undefined);
	if (removed.length <= REMOVED_KEPT) return list;
	const oldest = removed.toSorted(byStamp);
	const forgotten = new Set(oldest.slice(0, removed.length - REMOVED_KEPT));
	return list.filter((entry) => !forgotten.has(entry));
}

const NONE: readonly Entry[] = [];
const SWEEPS_A_ROUND = 30;
