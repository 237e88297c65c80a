/**
 * The hooks of one generation that wait. What they want of the host is fetched from here, and what
 * they decide: nothing is called back, so that whoever resumes a hook is never resumed itself.
 */

import type { HookArguments, HookName } from "./hooks.ts";
import type { HostCall, HostResult } from "./host-call.ts";
import type { Breach, Isolate } from "./isolate.ts";
import {
	HOST_RESULT_LENGTH_MAX,
	HOST_RESULTS_KEPT_MAX,
	type ScriptLimits,
	WAITING_MAX,
} from "./limits.ts";
import { type ReadAnswer, readAnswer, readTaken } from "./read-answer.ts";
import { type CallsFail, type Outcome, WaitingHook } from "./waiting-hook.ts";

/** What the generation makes of what its isolate said. */
export type Reader = {
	/** Undefined: no decision yet. */
	outcome(hook: HookName, answer: ReadAnswer): Outcome | undefined;
	breach(breach: Breach): Outcome;
	log(log: unknown): void;
	metrics(counted: unknown): void;
};

export class WaitingHooks {
	readonly #isolate: Isolate;
	readonly #limits: ScriptLimits;
	readonly #reader: Reader;
	/** By their tickets in the isolate as it was opened last. */
	readonly #hooks = new Map<number, WaitingHook>();
	/** Those whose isolate is gone, and who will be asked again when a result comes. */
	readonly #lost = new Set<WaitingHook>();
	#opened: number;
	/** Characters of results that hooks keep, at most: those of hooks that are gone are taken off when it is too much. */
	#kept = 0;
	#calls: HostCall[] = [];
	#decided: WaitingHook[] = [];
	/** How many wait without a call of their own: counted when it matters, for what one crossing brought. */
	#without: number | undefined;

	constructor(isolate: Isolate, limits: ScriptLimits, reader: Reader) {
		this.#isolate = isolate;
		this.#limits = limits;
		this.#reader = reader;
		this.#opened = isolate.opened;
	}

	get size(): number {
		return this.#hooks.size + this.#lost.size;
	}

	/** Something is there to be fetched. */
	get busy(): boolean {
		return this.#calls.length > 0 || this.#decided.length > 0;
	}

	/** A hook has called the host. `outcome`: what it decided all the same. */
	add(
		hook: HookName,
		args: HookArguments,
		ticket: number,
		outcome: Outcome | undefined,
	): Outcome | WaitingHook {
		const waiting = new WaitingHook(hook, args, ticket);
		waiting.outcome = outcome;
		waiting.said = outcome !== undefined;
		const full = this.size >= WAITING_MAX;
		this.#hooks.set(ticket, waiting);
		this.#took(this.#isolate.take(this.#limits.timeoutMs), waiting);
		// What it called may be waited for by others, and is told so, too.
		if (full) this.#fail(waiting, limited(`${WAITING_MAX} hooks wait already`));
		if (waiting.outcome === undefined) return waiting;
		this.#decided = this.#decided.filter((one) => one !== waiting);
		return waiting.outcome;
	}

	/** What a hook wants, in the order of asking. */
	nextCall(): HostCall | undefined {
		for (let call = this.#calls.shift(); call !== undefined; call = this.#calls.shift()) {
			const { fails } = call.hook;
			if (fails === undefined) return call;
			const message = `${call.kind}: ${fails.reason}`;
			this.answer(call, { ok: false, code: fails.code, message });
		}
		return undefined;
	}

	/** A hook that has decided. */
	nextDecided(): WaitingHook | undefined {
		return this.#decided.shift();
	}

	/** What a call brought: the hook goes on. */
	answer({ hook, index, kind, args }: HostCall, result: HostResult): void {
		this.recover();
		const bounded = this.#bounded(hook, kind, result);
		if (!hook.end(index, kind, args, bounded)) return;
		if (this.#lost.delete(hook)) this.#askAgain(hook);
		else if (this.#hooks.get(hook.ticket) === hook) this.#resume(hook, index, bounded);
	}

	/** The result, or that it is too large to be kept until the hook has decided. */
	#bounded(hook: WaitingHook, kind: string, result: HostResult): HostResult {
		const { length } = JSON.stringify(result);
		if (length > HOST_RESULT_LENGTH_MAX)
			return tooLarge(`${kind}: ${length} characters are more than ${HOST_RESULT_LENGTH_MAX}`);
		if (hook.abandoned) return result;
		if (this.#kept + length > HOST_RESULTS_KEPT_MAX) this.#count();
		if (this.#kept + length > HOST_RESULTS_KEPT_MAX)
			return tooLarge(`${kind}: the hooks that wait keep ${this.#kept} characters already`);
		this.#kept += length;
		hook.kept += length;
		return result;
	}

	#count(): void {
		this.#kept = 0;
		for (const hooks of [this.#hooks.values(), this.#lost])
			for (const { kept } of hooks) this.#kept += kept;
	}

	/**
	 * Whether it lacks a result, its own or one that it shares: whoever makes the call that others wait for
	 * comes before them here, and stays as long as it is under way.
	 */
	awaitsHost(hook: WaitingHook): boolean {
		for (const one of this.#hooks.values()) {
			if (one.pending) return true;
			if (one === hook) return false;
		}
		return hook.pending;
	}

	/** Its decision is not wanted any more. What it called goes on, until `endCalls`. */
	abandon(hook: WaitingHook): void {
		if (hook.abandoned) return;
		hook.abandon();
		this.#lost.delete(hook);
		this.#leaveIfOver(hook);
	}

	/** What it called, and still calls, fails with this. Who waits for it is told so like any other result. */
	endCalls(hook: WaitingHook, fails: CallsFail): void {
		if (hook.fails !== undefined || this.#hooks.get(hook.ticket) !== hook) return;
		hook.fails = fails;
		const others = this.#calls.filter((call) => call.hook !== hook);
		this.#calls = [...others, ...hook.unanswered.map((call) => ({ ...call, hook }))];
	}

	/** After every question: whoever waited in an isolate that is gone is asked again, at the latest when its next result comes. */
	recover(except?: WaitingHook): void {
		for (const hook of this.#left(except)) this.#askAgain(hook);
	}

	/** Those of them who wait for no result of their own. */
	#left(except: WaitingHook | undefined): readonly WaitingHook[] {
		if (this.#opened === this.#isolate.opened) return NOBODY;
		this.#opened = this.#isolate.opened;
		const hooks = [...this.#hooks.values()];
		this.#hooks.clear();
		const now: WaitingHook[] = [];
		for (const hook of hooks) {
			// What had decided and still called somebody has had its say.
			if (hook === except || hook.abandoned || hook.outcome !== undefined) continue;
			if (hook.pending) this.#lost.add(hook);
			else now.push(hook);
		}
		return now;
	}

	#resume(hook: WaitingHook, index: number, result: HostResult): void {
		const { timeoutMs } = this.#limits;
		const before = this.#isolate.processorMs;
		const taken = this.#isolate.resume(hook.ticket, index, JSON.stringify(result), timeoutMs);
		hook.used += Math.max(0, this.#isolate.processorMs - before);
		this.#took(taken, hook);
		if (hook.used <= timeoutMs || hook.outcome !== undefined) return;
		this.#fail(hook, {
			code: "SCRIPT_TIMEOUT",
			reason: `ran for more than ${timeoutMs} ms in all`,
		});
	}

	#took(taken: string | Breach, running: WaitingHook): void {
		this.#without = undefined;
		let text = taken;
		while (this.#tookPart(text, running)) text = this.#isolate.take(this.#limits.timeoutMs);
		this.#leaveIfOver(running);
	}

	/** Whether there is more. */
	#tookPart(taken: string | Breach, running: WaitingHook): boolean {
		if (typeof taken !== "string") {
			this.#breached(running, taken);
			return false;
		}
		const read = readTaken(taken);
		if (read === undefined) {
			this.#isolate.dispose();
			this.#breached(running, wrong("what the hooks want has no shape"));
			return false;
		}
		if (read.log !== undefined) this.#reader.log(read.log);
		if (read.metrics !== undefined) this.#reader.metrics(read.metrics);
		for (const call of read.calls) this.#begin(call);
		for (const { ticket, answer } of read.decided) {
			const hook = this.#hooks.get(ticket);
			if (hook === undefined) continue;
			hook.said = true;
			this.#decide(hook, this.#reader.outcome(hook.hook, answer));
		}
		return read.more === true;
	}

	#begin(wish: { ticket: number; index: number; kind: string; args: string }): void {
		const { ticket, index, kind, args } = wish;
		const hook = this.#hooks.get(ticket);
		if (hook === undefined) return;
		const tooMany = index >= this.#allowedTo(hook, index);
		// The first one too many is told so. Further ones never are: a script that calls again whenever a call fails would not end.
		if (tooMany && hook.fails !== undefined) return;
		if (hook.begin(index, kind, args)) this.#calls.push({ hook, index, kind, args });
		const { hostCalls } = this.#limits;
		if (tooMany) this.#fail(hook, limited(`called the host more than ${hostCalls} times`));
	}

	/**
	 * Whose call it is, is known only of a hook that waits alone. Hooks that waited for its promise go on
	 * when it has come, and what they call then counts for it: so it may call for them, too.
	 */
	#allowedTo(hook: WaitingHook, index: number): number {
		const { hostCalls } = this.#limits;
		hook.allowed = Math.max(hook.allowed, hostCalls);
		if (index < hook.allowed) return hook.allowed;
		this.#without ??= [...this.#hooks.values()].filter(
			(one) => one !== hook && !one.pending,
		).length;
		hook.allowed = Math.max(hook.allowed, hostCalls * (1 + this.#without));
		return hook.allowed;
	}

	#decide(hook: WaitingHook, outcome: Outcome | undefined): void {
		if (hook.outcome === undefined && outcome !== undefined) {
			hook.outcome = outcome;
			if (!hook.abandoned) this.#decided.push(hook);
		}
		this.#leaveIfOver(hook);
	}

	#leaveIfOver(hook: WaitingHook): void {
		// After a breach the number may be another hook's, in another isolate.
		if (!hook.over || this.#hooks.get(hook.ticket) !== hook) return;
		this.#hooks.delete(hook.ticket);
		if (!hook.said) this.#isolate.forget(hook.ticket);
	}

	/** The hook has its outcome, and what it called fails. */
	#fail(hook: WaitingHook, fault: Pick<Breach, "code" | "reason">): void {
		if (hook.outcome === undefined)
			this.#decide(hook, this.#reader.breach({ ...fault, stack: "", log: undefined }));
		this.endCalls(hook, {
			code: "HOST_LIMIT",
			reason: `the hook that this counts for ${fault.reason}`,
		});
	}

	/**
	 * Those that waited for a promise of the one that ran may have gone on in its place: then each is asked
	 * again by itself, and whoever does it is known.
	 */
	#breached(running: WaitingHook, breach: Breach): void {
		const others = this.#left(running);
		const unsure = breach.late !== undefined || others.length > 0;
		if (running.outcome === undefined && !running.abandoned) {
			if (running.again || !unsure) this.#decide(running, this.#reader.breach(breach));
			else {
				running.again = true;
				this.#askAgain(running);
			}
		}
		for (const hook of others) this.#askAgain(hook);
	}

	/** In the isolate that is open now, with what it has learnt so far. */
	#askAgain(hook: WaitingHook): void {
		const { timeoutMs } = this.#limits;
		const answer = this.#isolate.ask(hook.hook, hook.argumentsAgain, timeoutMs);
		this.recover(hook);
		if (typeof answer !== "string") {
			this.#decide(hook, this.#reader.breach(answer));
			return;
		}
		const read = readAnswer(answer) ?? {};
		const outcome = this.#reader.outcome(hook.hook, read);
		if (read.ticket === undefined) {
			this.#decide(hook, outcome ?? this.#reader.breach(wrong("the answer has no shape")));
			return;
		}
		hook.ticket = read.ticket;
		hook.said = outcome !== undefined;
		this.#hooks.set(read.ticket, hook);
		this.#decide(hook, outcome);
		this.#took(this.#isolate.take(timeoutMs), hook);
	}
}

const NOBODY: readonly WaitingHook[] = [];

function limited(reason: string): Breach {
	return { code: "SCRIPT_LIMIT", reason, stack: "", log: undefined };
}

function wrong(reason: string): Breach {
	return { code: "SCRIPT_DECISION", reason, stack: "", log: undefined };
}

function tooLarge(message: string): HostResult {
	return { ok: false, code: "HOST_LIMIT", message };
}
