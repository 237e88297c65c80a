/**
 * The hooks of one generation that wait. What they want of the host is fetched from here, and what
 * they decide: nothing is called back, so that whoever resumes a hook is never resumed itself.
 */

import type { HookName } from "./hooks.ts";
import type { HostCall, HostResult } from "./host-call.ts";
import type { Breach, HookArguments, Isolate } from "./isolate.ts";
import {
	HOST_RESULT_LENGTH_MAX,
	HOST_RESULTS_KEPT_MAX,
	type ScriptLimits,
	WAITING_MAX,
} from "./limits.ts";
import { type ReadAnswer, readAnswer, readTaken } from "./read-answer.ts";
import { type Outcome, WaitingHook } from "./waiting-hook.ts";

/** What the generation makes of what its isolate said. */
export type Reader = {
	/** Undefined: no decision yet. */
	outcome(hook: HookName, answer: ReadAnswer): Outcome | undefined;
	breach(breach: Breach): Outcome;
	log(log: unknown): void;
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
		if (this.size >= WAITING_MAX) {
			this.#isolate.forget(ticket);
			return outcome ?? this.#reader.breach(limited(`${WAITING_MAX} hooks wait already`));
		}
		this.#hooks.set(ticket, waiting);
		this.#took(this.#isolate.take(this.#limits.timeoutMs), waiting);
		if (waiting.outcome === undefined) return waiting;
		this.#decided = this.#decided.filter((one) => one !== waiting);
		return waiting.outcome;
	}

	/** What a hook wants, in the order of asking. */
	nextCall(): HostCall | undefined {
		return this.#calls.shift();
	}

	/** A hook that has decided. */
	nextDecided(): WaitingHook | undefined {
		return this.#decided.shift();
	}

	/** What a call brought: the hook goes on. */
	answer({ hook, index, kind, args }: HostCall, result: HostResult): void {
		this.recover();
		const bounded = this.#bounded(hook, kind, result);
		if (hook.abandoned || !hook.end(index, kind, args, bounded)) return;
		if (this.#lost.delete(hook)) this.#askAgain(hook);
		else if (this.#hooks.get(hook.ticket) === hook) this.#resume(hook, index, bounded);
	}

	/** The result, or that it is too large to be kept until the hook has decided. */
	#bounded(hook: WaitingHook, kind: string, result: HostResult): HostResult {
		const { length } = JSON.stringify(result);
		if (length > HOST_RESULT_LENGTH_MAX)
			return tooLarge(`${kind}: ${length} characters are more than ${HOST_RESULT_LENGTH_MAX}`);
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

	abandon(hook: WaitingHook): void {
		if (hook.abandoned) return;
		hook.abandoned = true;
		this.#lost.delete(hook);
		this.#calls = this.#calls.filter((call) => call.hook !== hook);
		if (this.#hooks.get(hook.ticket) !== hook) return;
		this.#hooks.delete(hook.ticket);
		this.#isolate.forget(hook.ticket);
	}

	/** After every question: whoever waited in an isolate that is gone is asked again, at the latest when its next result comes. */
	recover(except?: WaitingHook): void {
		if (this.#opened === this.#isolate.opened) return;
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
		for (const hook of now) this.#askAgain(hook);
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
		if (typeof taken !== "string") {
			this.#breached(running, taken);
			return;
		}
		const read = readTaken(taken);
		if (read === undefined) {
			this.#isolate.dispose();
			this.#breached(running, wrong("what the hooks want has no shape"));
			return;
		}
		if (read.log !== undefined) this.#reader.log(read.log);
		for (const call of read.calls) this.#begin(call);
		for (const { ticket, answer } of read.decided) {
			const hook = this.#hooks.get(ticket);
			if (hook === undefined) continue;
			this.#decide(hook, this.#reader.outcome(hook.hook, answer));
		}
		if (running.over) this.#hooks.delete(running.ticket);
	}

	#begin(wish: { ticket: number; index: number; kind: string; args: string }): void {
		const { ticket, index, kind, args } = wish;
		const hook = this.#hooks.get(ticket);
		if (hook === undefined) return;
		const { hostCalls } = this.#limits;
		if (index >= hostCalls)
			this.#fail(hook, limited(`called the host more than ${hostCalls} times`));
		else if (hook.begin(index, kind, args)) this.#calls.push({ hook, index, kind, args });
	}

	#decide(hook: WaitingHook, outcome: Outcome | undefined): void {
		if (hook.outcome === undefined && outcome !== undefined) {
			hook.outcome = outcome;
			this.#decided.push(hook);
		}
		if (hook.over) this.#hooks.delete(hook.ticket);
	}

	/** The hook is not waited for any more, and nobody else is hurt. */
	#fail(hook: WaitingHook, fault: Pick<Breach, "code" | "reason">): void {
		const outcome = this.#reader.breach({ ...fault, stack: "", log: undefined });
		this.#decide(hook, outcome);
		this.abandon(hook);
	}

	#breached(running: WaitingHook, breach: Breach): void {
		this.recover(running);
		if (running.outcome !== undefined) return;
		if (breach.late === undefined || running.again) {
			this.#decide(running, this.#reader.breach(breach));
			return;
		}
		running.again = true;
		this.#askAgain(running);
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
		this.#hooks.set(read.ticket, hook);
		this.#decide(hook, outcome);
		this.#took(this.#isolate.take(timeoutMs), hook);
	}
}

function limited(reason: string): Breach {
	return { code: "SCRIPT_LIMIT", reason, stack: "", log: undefined };
}

function wrong(reason: string): Breach {
	return { code: "SCRIPT_DECISION", reason, stack: "", log: undefined };
}

function tooLarge(message: string): HostResult {
	return { ok: false, code: "HOST_LIMIT", message };
}
