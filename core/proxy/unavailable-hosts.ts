/**
 * Servers that answered 503 with a Retry-After: RFC 3261 §21.5.4. Nothing new is sent there for that
 * time. What belongs to a call that is up still is: it has nowhere else to go.
 */
import { BoundedMap } from "../base/bounded-map.ts";
import type { Milliseconds } from "../base/clock.ts";
import { own } from "../base/own-text.ts";
import type { Head } from "../message/head.ts";
import type { Hop } from "./target-set.ts";

/**
 * Deviates from RFC 3261 §21.5.4: a server is passed over for ten minutes at most, however long it
 * asks for, so that a mistaken day does not outlast its cause. Test: RFC 3261 §21.5.4 PX-96: for ten minutes.
 */
const LONGEST: Milliseconds = 600_000;
const HOSTS_MAX = 10_000;

export class UnavailableHosts {
	readonly #until = new BoundedMap<string, Milliseconds>("unavailable hosts", HOSTS_MAX);

	/** Takes a 503 from this address; without a Retry-After it means nothing for the next request. */
	note(
		hop: Pick<Hop, "host" | "port">,
		{ head }: { readonly head: Head },
		now: Milliseconds,
	): void {
		const seconds = Number.parseInt(head.text1("retry-after") ?? "", 10);
		if (!(seconds > 0)) return;
		this.#until.push(own(keyOf(hop)), now + Math.min(seconds * 1000, LONGEST));
	}

	avoids(hop: Pick<Hop, "host" | "port">, now: Milliseconds): boolean {
		if (this.#until.size === 0) return false;
		const key = keyOf(hop);
		const until = this.#until.get(key);
		if (until === undefined || now < until) return until !== undefined;
		this.#until.delete(key);
		return false;
	}
}

function keyOf({ host, port }: Pick<Hop, "host" | "port">): string {
	return `${host}:${port}`;
}
