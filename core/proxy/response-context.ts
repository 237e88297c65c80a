/**
 * The response context: RFC 3261 §16.2, §16.7.
 *
 * One per request that the proxy takes, over its server transaction: it holds the branches,
 * collects their responses, and knows whether a final response has been sent.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Scheme } from "../base/scheme.ts";
import type { Expiring, TimerHandle } from "../base/timer-wheel.ts";
import type { Request, Response } from "../message/message.ts";
import type { ClientTransaction } from "../transaction/client-transaction.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import type { Call } from "./calls.ts";
import type { Forking, HeaderEdit } from "./decision.ts";
import { forResponses, type Passage } from "./passage.ts";
import type { Rejection } from "./rejection.ts";
import type { RouteInformation } from "./route-information.ts";
import type { ScriptedBranch } from "./scripted-branch.ts";
import { sessionTimer } from "./session-timer.ts";
import { distinct, type Hop, ofOneInstance, type Target } from "./target-set.ts";
import type { Located, Waiting } from "./waiting.ts";

/**
 * waiting: its next hop is being looked up. calling: sent, no response yet. proceeding: it has
 * answered provisionally. ended: it has a final response, failed, or was never sent.
 */
export type BranchState = "waiting" | "calling" | "proceeding" | "ended";

/** The proxy, as far as a branch has something to tell it. */
export type BranchOwner = {
	located(branch: Branch, located: Located, now: Milliseconds): void;
	timerC(branch: Branch, now: Milliseconds): void;
};

/** One attempt to reach one target: a branch of the fork, with its own client transaction. */
export class Branch implements Expiring, Waiting {
	readonly context: ResponseContext;
	target: Target;
	state: BranchState = "waiting";
	/** Addresses to try, in order (RFC 3263 §4.3), and the index of the next one. */
	hops: readonly Hop[] = NO_HOPS;
	nextHop = 0;
	/** What the look-up of those addresses failed with: a status for the caller. */
	unresolved: number | undefined;
	/** The legs it passes between: responses are made to fit the one that is answered. */
	passage: Passage | undefined;
	client: ClientTransaction | undefined;
	/** It went by TCP because of its size: the address that it would have gone to by UDP (§18.1.1). */
	oversized: Hop | undefined;
	/** Its share of Max-Breadth (RFC 5393 §5.3.3); undefined: it has all to itself. */
	breadth: number | undefined;
	/** Of a device whose calls are counted. */
	call: Call | undefined;
	/** Where the script has a say in it. */
	script: ScriptedBranch | undefined;
	/** It was cancelled because nobody answered: whatever 487 it brings says that. */
	unanswered = false;
	/** Timer C (§16.6 step 11). */
	timerC: TimerHandle | undefined;
	readonly #owner: BranchOwner;

	constructor(context: ResponseContext, target: Target, owner: BranchOwner) {
		this.context = context;
		this.target = target;
		this.#owner = owner;
	}

	/** What the script changes on the request. */
	get edits(): readonly HeaderEdit[] {
		return this.script?.timer?.edits ?? this.context.edits;
	}

	/** The session timer that the script asked for (RFC 4028 §8.2). */
	get sessionInterval(): number | undefined {
		const timer = this.script?.timer;
		return timer === undefined ? this.context.sessionInterval : timer.interval;
	}

	located(located: Located, now: Milliseconds): void {
		this.#owner.located(this, located, now);
	}

	/** Only a late 2xx can still come. A URI that was cut out of the request would keep all of it. */
	settle(): void {
		this.hops = NO_HOPS;
		this.script?.settle();
		const { next } = this.target;
		this.target = { ...this.target, uri: "" };
		if (next !== undefined)
			this.target = { ...this.target, next: { ...next, uri: "", next: undefined } };
		if (this.passage !== undefined) this.passage = forResponses(this.passage);
	}

	expire(_tag: string, now: Milliseconds): void {
		this.timerC = undefined;
		this.#owner.timerC(this, now);
	}
}

/** The targets that are still to be called: fork.ts. */
export type RestOfTargets = {
	readonly options: { readonly forking: Forking; readonly callee: Scheme | undefined };
	callNext(now: Milliseconds): void;
	/** Somebody who is called rings. */
	rang(): void;
	/** Takes those that were not in the target set before, and answers them: Contacts of a 3xx, late bindings. */
	add(targets: readonly Target[]): readonly Target[];
	stop(): void;
};

/** A final response, or the status of what came instead of one: a timeout, a transport failure. */
export type Candidate = {
	readonly status: number;
	readonly response: Response | undefined;
	readonly branch: Branch;
};

/** What is known of the failures of a request whose script wants to hear of them. */
export type Failures = {
	/** How often it has failed. */
	readonly attempts: number;
	/** The script has been asked and has not answered. */
	waiting: boolean;
	/** Branches that were made before its last answer. */
	earlier: number;
	/** What the caller is told where there was nobody to call at all. */
	readonly rejection: Rejection | undefined;
};

/** Whether the instance that gave this answer may be called along another flow (RFC 5626 §7). */
export function leavesOpen(status: number): boolean {
	return status === 408 || status === 430;
}

export class ResponseContext {
	readonly server: ServerTransaction;
	route: RouteInformation | undefined;
	/** The scheme of the caller's leg; undefined in a dialog, whose cookie knows it. */
	callerScheme: Scheme | undefined;
	/** Header fields that the script sets on what is forwarded. */
	edits: readonly HeaderEdit[] = NO_EDITS;
	/** The session timer that the script asked for, and a 2xx has to have (RFC 4028 §8.2). */
	sessionInterval: number | undefined;
	/** The header lines of `request` with credentials that were meant for us (§22.3). */
	consumed: readonly number[] = NONE_CONSUMED;
	branches: readonly Branch[] = NO_BRANCHES;
	/** What is still to be called, where it is not one target alone. */
	fork: RestOfTargets | undefined;
	/** What the ended branches brought and was not forwarded. */
	candidates: readonly Candidate[] = NO_CANDIDATES;
	/** Where the script hears of failures, and there was one. */
	failures: Failures | undefined;
	/** Whoever answers `ProxyPort.ask` keeps here what it needs until the context has ended. */
	asked: unknown;
	/** Other ways for the response, once the first has failed. */
	fallback: { next(now: Milliseconds): void } | undefined;
	/** Name of the device that sent the request, as far as anybody can tell. */
	caller: string | undefined;
	/** Of a caller whose calls are counted. */
	call: Call | undefined;
	/** Who sent the request is a device of ours, as far as anybody can tell. */
	vouched = false;
	/** A final response has gone to the caller, or none will. */
	answered = false;
	/** The caller gave up: no new branch is started (§16.10). */
	cancelled = false;
	/** Somebody refused for everybody (6xx): so it is then too (§16.7 step 5). */
	refused = false;
	#toTag: string | undefined;

	constructor(server: ServerTransaction) {
		this.server = server;
	}

	/** As it is routed: the one received, or what a strict router meant by it (§16.4). */
	get request(): Request {
		return this.route?.request ?? this.server.request;
	}

	/** Nobody else is called. */
	get closed(): boolean {
		return this.cancelled || this.refused;
	}

	/** Its final response goes out, or none will: nobody else is called. */
	close(): void {
		this.answered = true;
		this.fork?.stop();
		this.call?.settle();
		this.call = undefined;
	}

	/**
	 * Somebody is there, and has refused: whoever looks for one that can be reached has found it. What
	 * came of the others says nothing any more.
	 */
	found(): void {
		if (this.fork?.options.forking.order !== "failover") return;
		this.fork.stop();
		this.candidates = NO_CANDIDATES;
	}

	/** What the script sets on what is forwarded, as far as a proxy may; besides what it set before. */
	edit(edits: readonly HeaderEdit[]): void {
		const all = this.edits.length === 0 ? edits : [...this.edits, ...edits];
		const timer = sessionTimer(this.request, all);
		this.edits = timer.edits;
		this.sessionInterval = timer.interval;
	}

	/** The tag of every response that is our own (§8.2.6.2): made once. */
	toTag(make: () => string): string {
		this.#toTag ??= make();
		return this.#toTag;
	}

	/** No URI is called twice for one request (§16.5). What a request begins with has none called before. */
	notYetCalled(targets: readonly Target[]): readonly Target[] | Rejection {
		if (this.branches.length === 0) return targets;
		const called = this.withoutLost(this.branches.map(({ target }) => target));
		const found = targets.filter((target) => {
			const same = called.filter(({ scheme }) => scheme === target.scheme);
			return distinct([target], same).length > 0;
		});
		return found.length > 0 ? found : { status: 480 };
	}

	/**
	 * Known targets, those not told as of one instance of which no flow has reached anybody: it may be
	 * called along another, which any other answer than 408 and 430 forbids (RFC 5626 §7).
	 */
	withoutLost(known: readonly Target[]): readonly Target[] {
		return known.map((target) =>
			target.instance !== undefined && this.#isLost(target)
				? { ...target, instance: undefined }
				: target,
		);
	}

	#isLost(target: Target): boolean {
		const called = this.branches.filter((branch) => ofOneInstance(branch.target, target));
		return called.length > 0 && called.every((branch) => this.#wasLost(branch));
	}

	#wasLost(branch: Branch): boolean {
		if (branch.state !== "ended") return false;
		const found = this.candidates.find((one) => one.branch === branch);
		return found?.response === undefined || leavesOpen(found.status);
	}

	/** Whether one of those who are being called, or were before they failed, is at this device. */
	calls(device: string): boolean {
		const from = this.failures?.earlier ?? 0;
		return this.branches.some(({ target }, at) => at >= from && target.device === device);
	}

	/** Whether a branch can still bring a final response. */
	get pending(): boolean {
		for (const branch of this.branches) if (branch.state !== "ended") return true;
		return false;
	}

	/**
	 * Nothing is forwarded any more but a late 2xx. A transaction lives on for half a minute, so what
	 * only routing needs goes now.
	 */
	settle(): void {
		if (!this.answered || this.pending) return;
		this.route = undefined;
		this.edits = NO_EDITS;
		this.fork = undefined;
		this.candidates = NO_CANDIDATES;
		if (this.server.method !== "INVITE") this.branches = NO_BRANCHES;
		else for (const branch of this.branches) branch.settle();
	}

	collect(status: number, response: Response | undefined, branch: Branch): void {
		this.candidates = [...this.candidates, { status, response, branch }];
	}
}

const NO_BRANCHES: readonly Branch[] = [];
const NO_CANDIDATES: readonly Candidate[] = [];
const NO_EDITS: readonly HeaderEdit[] = [];
const NO_HOPS: readonly Hop[] = [];
const NONE_CONSUMED: readonly number[] = [];
