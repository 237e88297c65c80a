/** Virtual time: what happens when, soonest first, in the order it was planned. */
import type { Milliseconds } from "../../core/base/clock.ts";

type Entry = { readonly at: Milliseconds; readonly order: number; readonly happen: () => void };

export class Agenda {
	now: Milliseconds;
	readonly #heap: Entry[] = [];
	#order = 0;

	constructor(now: Milliseconds) {
		this.now = now;
	}

	get size(): number {
		return this.#heap.length;
	}

	after(ms: Milliseconds, happen: () => void): void {
		this.at(this.now + ms, happen);
	}

	at(at: Milliseconds, happen: () => void): void {
		const heap = this.#heap;
		const entry = { at: Math.max(at, this.now), order: this.#order++, happen };
		let place = heap.length;
		heap.push(entry);
		while (place > 0) {
			const above = (place - 1) >> 1;
			const parent = heap[above] as Entry;
			if (!before(entry, parent)) break;
			heap[place] = parent;
			place = above;
		}
		heap[place] = entry;
	}

	next(): Milliseconds | undefined {
		return this.#heap[0]?.at;
	}

	/** Takes the soonest; time is then as late as that. */
	step(): void {
		const heap = this.#heap;
		const first = heap[0];
		const last = heap.pop();
		if (first === undefined || last === undefined) return;
		if (heap.length > 0) this.#sink(last);
		this.now = Math.max(this.now, first.at);
		first.happen();
	}

	#sink(entry: Entry): void {
		const heap = this.#heap;
		let place = 0;
		for (;;) {
			let child = 2 * place + 1;
			if (child >= heap.length) break;
			const right = heap[child + 1];
			if (right !== undefined && before(right, heap[child] as Entry)) child += 1;
			const below = heap[child] as Entry;
			if (!before(below, entry)) break;
			heap[place] = below;
			place = child;
		}
		heap[place] = entry;
	}
}

function before(a: Entry, b: Entry): boolean {
	return a.at < b.at || (a.at === b.at && a.order < b.order);
}
