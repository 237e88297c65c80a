/**
 * Asking the scripts: hooks that wait get what they call, and are waited for until their deadline.
 * Time is that of the timer wheel, so that a test can let it pass.
 */
import type { Milliseconds } from "../base/clock.ts";
import { type Expiring, NO_TIMER, type TimerHandle, type TimerWheel } from "../base/timer-wheel.ts";
import type { AskContext } from "../script/ask-context.ts";
import type { HookName } from "../script/hooks.ts";
import type { HostCall, HostCalls } from "../script/host-call.ts";
import type { ScriptError } from "../script/script-error.ts";
import { type Outcome, WaitingHook } from "../script/waiting-hook.ts";
import type { RouteGeneration } from "./route-generation.ts";

export type Question = {
	readonly generation: RouteGeneration;
	readonly hook: HookName;
	/** The message, one character per octet. */
	readonly text: string;
	readonly context: AskContext;
	/** What the hook is told besides. */
	readonly more?: string;
	/** Whom the decision is for: `giveUp` names it. */
	readonly owner?: object;
};

/** Gets the outcome of a hook that waited. */
export type Decided = (outcome: Outcome, now: Milliseconds) => void;

export class Asking {
	readonly #calls: HostCalls;
	readonly #wheel: TimerWheel;
	readonly #waits = new Map<WaitingHook, Wait>();
	/** Those of them that have an owner. */
	readonly #owned = new Map<object, Wait>();
	readonly #serving = new Set<RouteGeneration>();
	#made = 0;
	#failed = 0;

	constructor(calls: HostCalls, wheel: TimerWheel) {
		this.#calls = calls;
		this.#wheel = wheel;
	}

	/** Hooks that are waited for. */
	get waiting(): number {
		return this.#waits.size;
	}

	/** Hooks that wait now; host calls since the start, and those that brought an error. */
	get counters() {
		return { hooksWaiting: this.waiting, hostCalls: this.#made, hostCallsFailed: this.#failed };
	}

	/** The outcome, or undefined where the hook waits: `decided` gets it then. */
	ask(question: Question, decided: Decided, now: Milliseconds): Outcome | undefined {
		const { generation, hook, text, context, more } = question;
		const answer = generation.ask(hook, text, context, more);
		if (!(answer instanceof WaitingHook)) {
			if (generation.busy) this.#serve(generation, now);
			return answer;
		}
		const deadline = now + generation.limits.deadlineMs;
		const late = (ended: Wait, at: Milliseconds) => this.#late(ended, at);
		const wait = new Wait(answer, question, deadline, decided, late);
		this.#waits.set(answer, wait);
		if (question.owner !== undefined) this.#owned.set(question.owner, wait);
		generation.retain();
		wait.timer = this.#wheel.arm(wait, "deadline", deadline);
		this.#serve(generation, now);
		return undefined;
	}

	/**
	 * Everything that can be done now for the hooks of a generation. What a decision leads to may ask that
	 * generation again: whoever serves it already goes on, so that hooks that decide at once do not pile up.
	 */
	#serve(generation: RouteGeneration, now: Milliseconds): void {
		if (this.#serving.has(generation)) return;
		this.#serving.add(generation);
		try {
			this.#serveAll(generation, now);
		} finally {
			this.#serving.delete(generation);
		}
	}

	#serveAll(generation: RouteGeneration, now: Milliseconds): void {
		while (generation.busy) {
			for (let call = generation.nextCall(); call !== undefined; call = generation.nextCall())
				this.#perform(generation, call, now);
			const hook = generation.nextDecided();
			const wait = hook && this.#waits.get(hook);
			if (wait !== undefined && hook?.outcome !== undefined) this.#end(wait, hook.outcome, now);
		}
	}

	#perform(generation: RouteGeneration, call: HostCall, now: Milliseconds): void {
		this.#made += 1;
		const result = this.#calls.perform(call, now, (late, at) => {
			if (!late.ok) this.#failed += 1;
			generation.answer(call, late);
			this.#serve(generation, at);
		});
		if (result === undefined) return;
		if (!result.ok) this.#failed += 1;
		generation.answer(call, result);
	}

	/** Its owner has ended otherwise: what it still decides would interest nobody. */
	giveUp(owner: object): void {
		if (this.#owned.size === 0) return;
		const wait = this.#owned.get(owner);
		if (wait === undefined) return;
		const { generation } = wait.question;
		this.#forget(wait);
		generation.abandon(wait.hook);
		this.#letCallsEnd(wait);
		generation.release();
	}

	/**
	 * What a hook called goes on when nobody waits for it any more: others may wait for the same promise, and
	 * the script may keep it. Each has a result by twice the deadline, if only that it has none.
	 */
	#letCallsEnd({ hook, question: { generation }, deadline }: Wait): void {
		if (!hook.pending) return;
		const expire = (_tag: string, now: Milliseconds) => {
			this.#calls.abandon(hook);
			generation.endCalls(hook);
			this.#serve(generation, now);
		};
		this.#wheel.arm({ expire }, "calls", deadline + generation.limits.deadlineMs);
	}

	#end(wait: Wait, outcome: Outcome, now: Milliseconds): void {
		this.#forget(wait);
		// It called too often: what is under way has failed already.
		if (wait.hook.fails !== undefined) this.#calls.abandon(wait.hook);
		wait.decided(outcome, now);
		wait.question.generation.release();
	}

	#forget({ hook, timer, question }: Wait): void {
		this.#waits.delete(hook);
		if (question.owner !== undefined) this.#owned.delete(question.owner);
		this.#wheel.disarm(timer);
	}

	#late(wait: Wait, now: Milliseconds): void {
		const { generation, hook } = wait.question;
		const reason = `${hook} waited for more than ${generation.limits.deadlineMs} ms`;
		const error: ScriptError | undefined = generation.abandon(wait.hook, reason);
		this.#letCallsEnd(wait);
		if (error !== undefined) this.#end(wait, error, now);
	}
}

class Wait implements Expiring {
	readonly hook: WaitingHook;
	readonly question: Question;
	readonly deadline: Milliseconds;
	readonly decided: Decided;
	timer: TimerHandle = NO_TIMER;
	readonly #late: (wait: Wait, now: Milliseconds) => void;

	constructor(
		hook: WaitingHook,
		question: Question,
		deadline: Milliseconds,
		decided: Decided,
		late: (wait: Wait, now: Milliseconds) => void,
	) {
		this.hook = hook;
		this.question = question;
		this.deadline = deadline;
		this.decided = decided;
		this.#late = late;
	}

	expire(_tag: string, now: Milliseconds): void {
		this.timer = NO_TIMER;
		this.#late(this, now);
	}
}
