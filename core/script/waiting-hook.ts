/**
 * A hook that waits for what it called. What it was asked and every result that it got are kept: when
 * its isolate is thrown away, because another request ran into a limit there, it is asked again and
 * given what it knows already, so that nothing is done twice.
 *
 * When nobody wants its decision any more, what it called goes on for a while: other hooks may wait for
 * the same promises, and the script may keep them.
 */
import type { Answer } from "../proxy/decision.ts";
import type { HookArguments, HookName } from "./hooks.ts";
import type { HostResult, Recorded } from "./sandbox/tickets.ts";
import type { ScriptError } from "./script-error.ts";

export type Outcome = Answer | ScriptError;

/** `reason` follows the kind of the call: `fetch: the hook …`. */
export type CallsFail = { readonly code: "HOST_DEADLINE" | "HOST_LIMIT"; readonly reason: string };

/** A call of a hook that will not be asked again. */
const ENDED: Recorded = { kind: "", args: "", result: { ok: true } };

export class WaitingHook {
	readonly hook: HookName;
	#args: HookArguments;
	readonly #calls: (Recorded | undefined)[] = [];
	/** In the isolate that it waits in now. */
	ticket: number;
	/** Its decision, once there is one. */
	outcome: Outcome | undefined;
	/** What its calls that have no result fail with, and those that it still makes. */
	fails: CallsFail | undefined;
	/** Its isolate has heard its decision. */
	said = false;
	/** Calls that it may make: those that are made for hooks which waited with it are counted here, too. */
	allowed = 0;
	/** It was asked again because it was not known where in it the time went, or whether in it at all. */
	again = false;
	/** Processor time, milliseconds. */
	used = 0;
	/** Characters of the results that it has got. */
	kept = 0;

	#abandoned = false;

	constructor(hook: HookName, args: HookArguments, ticket: number) {
		this.hook = hook;
		this.#args = args;
		this.ticket = ticket;
	}

	/** Whether a call has no result yet. */
	get pending(): boolean {
		return this.#calls.some((call) => call !== undefined && call.result === undefined);
	}

	/** It needs nothing any more. */
	get over(): boolean {
		return (this.#abandoned || this.outcome !== undefined) && !this.pending;
	}

	/** Nobody wants its decision any more. */
	get abandoned(): boolean {
		return this.#abandoned;
	}

	/** It will not be asked again: neither its request nor what it has learnt need be kept. */
	abandon(): void {
		this.#abandoned = true;
		this.#args = ["", ""];
		this.#calls.forEach((call, index) => {
			if (call?.result !== undefined) this.#calls[index] = ENDED;
		});
		this.kept = 0;
	}

	/** The calls that have no result. */
	get unanswered(): readonly (Omit<Recorded, "result"> & { readonly index: number })[] {
		return this.#calls.flatMap((call, index) =>
			call === undefined || call.result !== undefined
				? []
				: [{ index, kind: call.kind, args: call.args }],
		);
	}

	/** Notes a call; false for one that is under way since before it was asked again. */
	begin(index: number, kind: string, args: string): boolean {
		const before = this.#calls[index];
		if (before?.kind === kind && before.args === args) return false;
		this.#calls[index] = { kind, args };
		return true;
	}

	/** Notes a result; false for a call that is not under way. */
	end(index: number, kind: string, args: string, result: HostResult): boolean {
		const call = this.#calls[index];
		if (call?.kind !== kind || call.args !== args || call.result !== undefined) return false;
		this.#calls[index] = this.#abandoned ? ENDED : { kind, args, result };
		return true;
	}

	/** The host calls that have a result. */
	get learnt(): readonly Recorded[] {
		return this.#calls.filter((call) => call?.result !== undefined) as readonly Recorded[];
	}

	/** What it was asked, with what it has learnt since. */
	get argumentsAgain(): HookArguments {
		const [text, sender, more = ""] = this.#args;
		return [text, sender, more, JSON.stringify(this.#calls)];
	}
}
