/**
 * A hook that waits for what it called. What it was asked and every result that it got are kept: when
 * its isolate is thrown away, because another request ran into a limit there, it is asked again and
 * given what it knows already, so that nothing is done twice.
 */
import type { Answer } from "../proxy/decision.ts";
import type { HookName } from "./hooks.ts";
import type { HookArguments } from "./isolate.ts";
import type { HostResult, Recorded } from "./sandbox/tickets.ts";
import type { ScriptError } from "./script-error.ts";

export type Outcome = Answer | ScriptError;

export class WaitingHook {
	readonly hook: HookName;
	readonly #args: HookArguments;
	readonly #calls: (Recorded | undefined)[] = [];
	/** In the isolate that it waits in now. */
	ticket: number;
	/** Its decision, once there is one. */
	outcome: Outcome | undefined;
	/** Nobody wants to know any more. */
	abandoned = false;
	/** It was asked again because it was not known where in it the time went. */
	again = false;
	/** Processor time, milliseconds. */
	used = 0;
	/** Characters of the results that it has got. */
	kept = 0;

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
		return this.abandoned || (this.outcome !== undefined && !this.pending);
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
		this.#calls[index] = { kind, args, result };
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
