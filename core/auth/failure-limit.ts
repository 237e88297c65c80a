/** How often a wrong password may be tried: RFC 3261 §22.1, §26.3.1, RFC 7616 §5.2. */
import { BoundedMap } from "../base/bounded-map.ts";
import type { Milliseconds } from "../base/clock.ts";
import { own } from "../base/own-text.ts";
import { sourceOf } from "../base/source.ts";

/** Failures in one window, before what they have in common is refused until the window is over. */
export type FailureLimits = {
	readonly windowSeconds: number;
	/** Of one user from one source: so that a phone with an old password locks out nobody but itself. */
	readonly perUserAndSource: number;
	/** From one source, whoever it says it is: against one password for many users. */
	readonly perSource: number;
	/** Of one user, wherever from: against many sources that guess together. */
	readonly perUser: number;
	/** Counts of each kind that are kept; beyond, the oldest is forgotten. */
	readonly entriesMax: number;
};

export const FAILURES_WINDOW_SECONDS = 60;
export const FAILURES_PER_USER_AND_SOURCE = 10;
export const FAILURES_PER_SOURCE = 100;
export const FAILURES_PER_USER = 50;
export const FAILURES_KEPT = 10_000;

export const FAILURE_LIMITS: FailureLimits = {
	windowSeconds: FAILURES_WINDOW_SECONDS,
	perUserAndSource: FAILURES_PER_USER_AND_SOURCE,
	perSource: FAILURES_PER_SOURCE,
	perUser: FAILURES_PER_USER,
	entriesMax: FAILURES_KEPT,
};

/** What a limit is about. */
export type Limited = "user and source" | "source" | "user";

/** Who tried: a user name as it was sent, and an IP address. */
export type Try = { readonly user: string; readonly source: string };

export class FailureLimit {
	readonly #pairs: FailureCounts;
	readonly #sources: FailureCounts;
	readonly #users: FailureCounts;
	/** Told when a limit is reached: once in its window. */
	reached: (limited: Limited, by: Try) => void = () => undefined;

	constructor({ perUserAndSource, perSource, perUser, ...common }: FailureLimits = FAILURE_LIMITS) {
		this.#pairs = new FailureCounts({ ...common, max: perUserAndSource });
		this.#sources = new FailureCounts({ ...common, max: perSource });
		this.#users = new FailureCounts({ ...common, max: perUser });
	}

	/**
	 * `known`: whether this user is at this source already. Then what others do there, or try in the
	 * name of the user, does not count: nobody can take a phone off by guessing.
	 */
	blocked({ user, source }: Try, known: () => boolean, now: Milliseconds): boolean {
		if (this.#pairs.full(pairOf(user, source), now)) return true;
		const others = this.#sources.full(sourceOf(source), now) || this.#users.full(nameOf(user), now);
		return others && !known();
	}

	failed({ user, source }: Try, now: Milliseconds): void {
		const by = { user: nameOf(user), source };
		if (this.#pairs.add(pairOf(user, source), now)) this.reached("user and source", by);
		if (this.#sources.add(sourceOf(source), now)) this.reached("source", by);
		if (this.#users.add(nameOf(user), now)) this.reached("user", by);
	}
}

type Failures = { readonly since: Milliseconds; count: number };

class FailureCounts {
	readonly #max: number;
	readonly #window: Milliseconds;
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

	full(key: string, now: Milliseconds): boolean {
		return (this.#current(key, now)?.count ?? 0) >= this.#max;
	}

	/** Whether that was one too many. */
	add(key: string, now: Milliseconds): boolean {
		const failures = this.#current(key, now) ?? { since: now, count: 0 };
		failures.count += 1;
		if (failures.count === 1) this.#failures.push(own(key), failures);
		return failures.count === this.#max;
	}

	#current(key: string, now: Milliseconds): Failures | undefined {
		const failures = this.#failures.get(key);
		if (failures === undefined || Math.abs(now - failures.since) < this.#window) return failures;
		this.#failures.delete(key);
		return undefined;
	}
}

function pairOf(user: string, source: string): string {
	return `${sourceOf(source)} ${nameOf(user)}`;
}

/** A user name may be as long as a header line; its beginning is enough here. */
function nameOf(user: string): string {
	return user.slice(0, NAME_MAX);
}

const NAME_MAX = 64;
