/**
 * Calling the targets of one request: in parallel, serially, by q (RFC 3261 §16.6), or until one can
 * be reached (secure signaling §2.2), as many at a time as the Max-Breadth of the request allows (RFC 5393 §5.3.3).
 *
 * The target set is a list of groups. Those of one group are called at once; the next group when
 * they all have failed, or when their time is up.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Scheme } from "../base/scheme.ts";
import { type Expiring, NO_TIMER, type TimerWheel } from "../base/timer-wheel.ts";
import type { Forking } from "./decision.ts";
import type { ResponseContext, RestOfTargets } from "./response-context.ts";
import { addressesOf, distinct, ofOneInstance, qOf, type Target } from "./target-set.ts";

/** What the proxy does for it. */
export type ForkOwner = {
	/** Makes a branch and sends the request; false where the target is passed over. `breadth`: its share of Max-Breadth. */
	call(context: ResponseContext, target: Target, breadth: number, now: Milliseconds): boolean;
	/** Somebody is called because another could not be reached. */
	failover(): void;
	/** Nobody of those called has answered in time. */
	unanswered(context: ResponseContext, now: Milliseconds): void;
};

export type ForkOptions = {
	readonly forking: Forking;
	/** Of the request as it came (RFC 5393 §5.3.2). */
	readonly breadth: number;
	/** The scheme that the script gave every callee leg. */
	readonly callee: Scheme | undefined;
	readonly wheel: TimerWheel;
	readonly owner: ForkOwner;
};

/** Targets that 3xx responses and registrations may add to one request: whoever is called must not decide how much we send. */
const ADDED_MAX = 16;

/** Of Max-Breadth, kept for bindings that may turn up. */
const LATE_SHARES = 8;

export class Fork implements Expiring, RestOfTargets {
	readonly options: ForkOptions;
	readonly #context: ResponseContext;
	readonly #groups: Target[][];
	/** Every target there ever was: none is called twice (§16.5). */
	readonly #known: Target[];
	/** The first group has been begun, and goes on as Max-Breadth comes free. */
	#begun = false;
	/** The first group is not to wait for those that are being called. */
	#due = true;
	/** Somebody has been called. */
	#called = false;
	#added = 0;
	#timer = NO_TIMER;

	constructor(context: ResponseContext, targets: readonly Target[], options: ForkOptions) {
		this.#context = context;
		this.options = options;
		this.#known = [...targets];
		this.#groups = groupsOf(targets, options.forking.order);
	}

	/** Calls who is next, if anybody is. */
	callNext(now: Milliseconds): void {
		for (;;) {
			const [group] = this.#groups;
			if (group === undefined || !(this.#due || this.#begun || !this.#context.pending)) return;
			const free = this.options.breadth - this.#used();
			if (free < 1) return;
			const called = group.splice(0, free);
			this.#begun = group.length > 0;
			if (!this.#begun) this.#groups.shift();
			this.#due = false;
			this.#arm(now);
			const share = free - this.#reserve(free - called.length);
			if (this.#call(called, share, now) === 0) this.#due = true;
		}
	}

	/** Under failover, whoever rings has been reached: it rings as long as it likes. */
	rang(): void {
		if (this.#fails) this.#disarm();
	}

	/** Takes those of the targets that were not in the set before, and answers them: the first group of them is called at once. */
	add(targets: readonly Target[]): readonly Target[] {
		const room = ADDED_MAX - this.#added;
		const known = this.#context.withoutLost(this.#known);
		const added = distinct(targets, known).slice(0, room);
		// The other flows of an instance that is called anew have been tried.
		const again = (target: Target) => this.#known.some((one) => ofOneInstance(one, target));
		this.#ahead(added.map((one) => (again(one) ? { ...one, next: undefined } : one)));
		return added;
	}

	/** Nobody else is called. */
	stop(): void {
		this.#groups.length = 0;
		this.#disarm();
	}

	expire(_tag: string, now: Milliseconds): void {
		this.#timer = NO_TIMER;
		this.#due = true;
		this.options.owner.unanswered(this.#context, now);
	}

	#ahead(targets: readonly Target[]): void {
		if (targets.length === 0) return;
		this.#known.push(...targets);
		this.#added += targets.length;
		const groups = groupsOf(targets, this.options.forking.order);
		// The rest of a group that waits for Max-Breadth is no group of its own.
		const first = this.#begun ? this.#groups.shift() : undefined;
		if (first !== undefined) groups[0]?.unshift(...first);
		this.#groups.unshift(...groups);
		this.#due = true;
	}

	/**
	 * Whoever has a time to answer in may still hold its share when that is up: each that follows needs
	 * one too. So does a binding that may turn up.
	 */
	#reserve(most: number): number {
		const late = this.options.forking.late === true ? LATE_SHARES : 0;
		if (!this.#timed) return Math.min(late, most);
		let left = 0;
		for (const group of this.#groups)
			for (const target of group) left += addressesOf(target).length;
		return Math.min(left + late, most);
	}

	get #timed(): boolean {
		return this.options.forking.timeout !== undefined && this.#context.request.method === "INVITE";
	}

	/** RFC 5393 §5.3.3: shares of at least one, and together no more than is free. Answers how many were called. */
	#call(called: readonly Target[], free: number, now: Milliseconds): number {
		const { owner } = this.options;
		const share = Math.floor(free / called.length);
		const over = free % called.length;
		let count = 0;
		for (const [index, target] of called.entries()) {
			const taken = owner.call(this.#context, target, index < over ? share + 1 : share, now);
			if (!taken) continue;
			count += 1;
			if (this.#fails) this.#failover(target);
		}
		return count;
	}

	/** Under failover, another address of a device is a target of its own, and the next. Another flow is none. */
	#failover({ next }: Target): void {
		if (this.#called) this.options.owner.failover();
		this.#called = true;
		if (next !== undefined && next.instance === undefined) this.#groups.unshift([next]);
	}

	get #fails(): boolean {
		return this.options.forking.order === "failover";
	}

	/** What branches that have no final response hold. */
	#used(): number {
		let used = 0;
		for (const { state, breadth = 0 } of this.#context.branches)
			if (state !== "ended") used += breadth;
		return used;
	}

	#arm(now: Milliseconds): void {
		const { forking, wheel } = this.options;
		if (forking.timeout === undefined || !this.#timed) return;
		wheel.disarm(this.#timer);
		this.#timer = wheel.arm(this, "unanswered", now + forking.timeout);
	}

	#disarm(): void {
		this.options.wheel.disarm(this.#timer);
		this.#timer = NO_TIMER;
	}
}

function groupsOf(targets: readonly Target[], order: Forking["order"]): Target[][] {
	if (targets.length === 0) return [];
	if (order === "parallel") return [[...targets]];
	if (order === "serial" || order === "failover") return targets.map((target) => [target]);
	const groups = new Map<number, Target[]>();
	for (const target of targets.toSorted((a, b) => qOf(b) - qOf(a))) {
		const group = groups.get(qOf(target)) ?? [];
		group.push(target);
		groups.set(qOf(target), group);
	}
	return [...groups.values()];
}
