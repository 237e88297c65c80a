/**
 * `onStart`: scripts are asked once before they serve, and heard to their end. What they call is
 * performed as for any other hook, within the deadline of hooks; what is still under way when they have
 * answered is broken off, and fails for whoever waits for it.
 */
import { type AskContext, NOBODY } from "./ask-context.ts";
import type { Clock } from "./clock.ts";
import type { HostCall, HostCalls, HostResult } from "./host-call.ts";
import { ScriptError } from "./script-error.ts";
import { type Outcome, WaitingHook } from "./waiting-hook.ts";

/** What it takes. */
export type Starting = {
	readonly calls: HostCalls;
	/** That of the calls; it keeps the process alive meanwhile. */
	readonly clock: Clock;
};

/** A generation, as far as this asks it. */
type Asked = {
	ask(hook: "onStart", text: string, context: AskContext, more: string): Outcome | WaitingHook;
	readonly busy: boolean;
	nextCall(): HostCall | undefined;
	nextDecided(): WaitingHook | undefined;
	answer(call: HostCall, result: HostResult): void;
	abandon(hook: WaitingHook, reason?: string): ScriptError | undefined;
	endCalls(hook: WaitingHook): void;
	readonly limits: { readonly deadlineMs: number };
};

/** `done` gets what it failed with; undefined when the scripts may serve. */
export function beginServing(
	generation: Asked,
	id: number,
	starting: Starting,
	done: (error: ScriptError | undefined) => void,
): void {
	new Beginning(generation, starting, done).ask(id);
}

class Beginning {
	readonly #generation: Asked;
	readonly #calls: HostCalls;
	readonly #clock: Clock;
	readonly #done: (error: ScriptError | undefined) => void;
	#hook: WaitingHook | undefined;
	#callOff: () => void = () => undefined;
	#over = false;

	constructor(
		generation: Asked,
		{ calls, clock }: Starting,
		done: (error: ScriptError | undefined) => void,
	) {
		this.#generation = generation;
		this.#calls = calls;
		this.#clock = clock;
		this.#done = done;
	}

	ask(id: number): void {
		const answer = this.#generation.ask("onStart", "", NOBODY, JSON.stringify(id));
		if (answer instanceof WaitingHook) {
			this.#hook = answer;
			const { deadlineMs } = this.#generation.limits;
			this.#callOff = this.#clock.after(deadlineMs, () => this.#late(answer, deadlineMs));
			this.#serve();
		} else {
			// What it called and did not await.
			this.#serve();
			this.#end(answer);
		}
	}

	/** Nobody else asks this generation yet. */
	#serve(): void {
		const generation = this.#generation;
		while (!this.#over && generation.busy) {
			for (let call = generation.nextCall(); call !== undefined; call = generation.nextCall())
				this.#perform(call);
			const decided = generation.nextDecided();
			if (decided?.outcome !== undefined && decided === this.#hook) this.#end(decided.outcome);
		}
	}

	#perform(call: HostCall): void {
		this.#hook ??= call.hook;
		const result = this.#calls.perform(call, this.#clock.now(), (late) => {
			if (this.#over) return;
			this.#generation.answer(call, late);
			this.#serve();
		});
		if (result !== undefined) this.#generation.answer(call, result);
	}

	#late(hook: WaitingHook, deadlineMs: number): void {
		const reason = `onStart waited for more than ${deadlineMs} ms`;
		const error = this.#generation.abandon(hook, reason);
		if (error !== undefined) this.#end(error);
	}

	#end(outcome: Outcome): void {
		this.#over = true;
		this.#callOff();
		if (this.#hook !== undefined) this.#breakOff(this.#hook);
		this.#done(outcome instanceof ScriptError ? outcome : undefined);
	}

	#breakOff(hook: WaitingHook): void {
		const generation = this.#generation;
		this.#calls.abandon(hook);
		generation.endCalls(hook);
		// What fails has been told when there is nothing more to fetch.
		while (generation.busy) {
			generation.nextCall();
			generation.nextDecided();
		}
	}
}
