/** How often a wrong password may be tried: RFC 3261 §22.1, §26.3.1, RFC 7616 §5.2. */
import { BoundedMap } from "../base/bounded-map.ts";
import type { Milliseconds } from "../base/clock.ts";

type Failures = { readonly since: Milliseconds; count: number };

export class FailureLimit {
	readonly #max: number;
	readonly #window: Milliseconds;
	/** By user and source, so that nobody can lock out a phone from elsewhere. */
	readonly #failures: BoundedMap<string, Failures>;

	constructor(options: {
		readonly max: number;
		readonly windowSeconds: number;
		readonly entriesMax: number;
	}) {
		this.#max = options.max;
		this.#window = options.windowSeconds * 1000;
		this.#failures = new BoundedMap("failed logins", options.entriesMax);
	}

	blocked(user: string, source: string, now: Milliseconds): boolean {
		return (this.#current(keyOf(user, source), now)?.count ?? 0) >= this.#max;
	}

	failed(user: string, source: string, now: Milliseconds): void {
		const key = keyOf(user, source);
		const failures = this.#current(key, now);
		if (failures !== undefined) failures.count += 1;
		else this.#failures.push(key, { since: now, count: 1 });
	}

	#current(key: string, now: Milliseconds): Failures | undefined {
		const failures = this.#failures.get(key);
		if (failures === undefined || Math.abs(now - failures.since) < this.#window) return failures;
		this.#failures.delete(key);
		return undefined;
	}
}

/** A user name may be as long as a header line; its beginning is enough here. */
function keyOf(user: string, source: string): string {
	return `${source} ${user.slice(0, 64)}`;
}
