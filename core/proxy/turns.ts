/**
 * Trunks that serve a number equally well take turns: secure signaling §2.2. Those are the ones next
 * to each other in a target set whose prefixes are of one length and whose priorities are equal.
 */
import { BoundedMap } from "../base/bounded-map.ts";
import type { Directory } from "./directory.ts";
import type { Target } from "./target-set.ts";

/** Trunks whose last turn is known: beyond, whoever had it longest ago counts as one that never had any. */
const TRUNKS_MAX = 10_000;

export class Turns {
	/** The number of the last turn of each trunk. */
	readonly #last = new BoundedMap<string, number>("turns", TRUNKS_MAX);
	#count = 0;

	/** Among equals, whoever was called longest ago comes first. */
	order(targets: readonly Target[], directory: Directory): readonly Target[] {
		const ordered: Target[] = [];
		for (let from = 0; from < targets.length; ) {
			const rank = rankOf(targets[from], directory);
			let to = from + 1;
			while (to < targets.length && rank !== "" && rankOf(targets[to], directory) === rank) to += 1;
			const equals = targets.slice(from, to);
			ordered.push(...equals.sort((a, b) => this.#lastOf(a) - this.#lastOf(b)));
			from = to;
		}
		return ordered;
	}

	/** It is called: its turn is over. */
	called({ device = "" }: Target): void {
		this.#count += 1;
		this.#last.push(device, this.#count);
	}

	#lastOf({ device = "" }: Target): number {
		return this.#last.get(device) ?? 0;
	}
}

/** "" for what keeps its place. */
function rankOf(target: Target | undefined, directory: Directory): string {
	if (target?.turns === undefined || target.device === undefined) return "";
	const device = directory.device(target.device);
	return device === undefined ? "" : `${device.prefix?.length ?? 0} ${device.priority}`;
}
