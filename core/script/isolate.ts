/**
 * One V8 isolate with one bundle in it (isolated-vm). Strings go in, one string comes out; no object
 * of the host is within reach of the script. Files are a matter of the bundle (bundle-files.ts).
 *
 * V8 looks at the limits between the steps of a script, not within a built-in function: one call
 * that sorts or multiplies something huge holds the thread until it is done, and one that asks for
 * more memory than there is ends the process.
 *
 * Time is watched by isolated-vm, and under load by a watchdog, which is cheaper and knows less: what
 * it ended is asked once more, and from then on isolated-vm watches that script.
 *
 * A script that ran into a limit was stopped in the middle of something. Its isolate is thrown away,
 * and the next question gets another from the same bundle. While that happens often, hooks get less
 * time (patience.ts).
 */
import type { Bundle } from "./compile.ts";
import type { HookArguments, HookName } from "./hooks.ts";
import {
	ANSWER_LENGTH_MAX,
	HEAP_CHECK_EVERY,
	HEAP_SLACK_MB,
	LOG_LENGTH_MAX,
	type ScriptLimits,
	STACK_LENGTH_MAX,
} from "./limits.ts";
import {
	type Contents,
	lastLog,
	OWN_QUESTION,
	openAtOnce,
	openIsolate,
	type Running,
	shut,
} from "./open-isolate.ts";
import { Patience } from "./patience.ts";
import { SpareIsolate } from "./spare-isolate.ts";
import { startAgain, startAgainApart } from "./start-again.ts";
import { Overdue } from "./watchdog.ts";

export type Breach = {
	readonly code:
		| ("SCRIPT_TIMEOUT" | "SCRIPT_MEMORY" | "SCRIPT_THREW" | "SCRIPT_DECISION")
		| "SCRIPT_LIMIT";
	readonly reason: string;
	/** Of the bundle; "" when there is none. */
	readonly stack: string;
	/** JSON of the Log written before, as far as it can still be had. */
	readonly log: string | undefined;
	/** It may be asked again: it has hardly run (stalled), or it is not known yet where it was (overdue). */
	readonly late?: "stalled" | "overdue";
};

/** A crossing: with `timeout` it is watched by isolated-vm, else by the watchdog. */
type Cross = (running: Running, options?: { readonly timeout: number }) => unknown;

/** What isolated-vm says. */
export const TIMED_OUT = "Script execution timed out.";
export const OUT_OF_MEMORY = "Isolate was disposed during execution due to memory limit";

/** In a millisecond. */
const MICROSECONDS = 1e3;
const NANOSECONDS = 1e6;
const MB = 1024 * 1024;
/** What a hook gets that was stopped early and had hardly run: that often as much. */
const STALLED_TIMES = 3;
const CLOSED: Breach = {
	code: "SCRIPT_DECISION",
	reason: "its isolate is gone",
	stack: "",
	log: undefined,
};
/** Of a question that found no isolate. */
const NOTHING: NodeJS.CpuUsage = { user: 0, system: 0 };

export class Isolate {
	readonly #contents: Contents;
	readonly #limits: ScriptLimits;
	#running: Running | undefined;
	readonly #spare: SpareIsolate;
	readonly #patience: Patience;
	/** The script has run for too long before: from then on it is worth while to know where. */
	#overdue = false;
	#untilCheck = HEAP_CHECK_EVERY;
	#opened = 1;
	readonly #usage = new ThreadUsage();

	private constructor(contents: Contents, running: Running) {
		this.#contents = contents;
		this.#limits = contents.limits;
		this.#running = running;
		this.#spare = new SpareIsolate(contents);
		this.#patience = new Patience(contents.limits.timeoutMs);
	}

	/** Runs the script's top level, off the main thread. Rejects with what it threw. */
	static async open(bundle: Bundle, devices: string, limits: ScriptLimits): Promise<Isolate> {
		const contents = { bundle, devices, limits, started: undefined };
		return new Isolate(contents, await openIsolate(contents));
	}

	/** Another isolate of the same bundle, in which the script has started as it did in this one. */
	async another(): Promise<Isolate> {
		const contents = { ...this.#contents };
		return new Isolate(contents, await startAgainApart(contents, await openIsolate(contents)));
	}

	/** `onStart` has come to its end: what it was asked, and what its calls brought. */
	started(args: HookArguments): void {
		this.#contents.started = args;
	}

	/** Why the default export is no script. */
	get fault(): string | undefined {
		try {
			return this.#open().fault.applySync(undefined, [], OWN_QUESTION);
		} catch (error) {
			return thrown(error).message;
		}
	}

	/** JSON: the names of the hooks that the script defines, and its timers; made inside and not to be trusted. */
	get defined(): string {
		return this.#open().defined;
	}

	/** Another number after each time that it was thrown away: what waited in the one before is lost. */
	get opened(): number {
		return this.#opened;
	}

	/** What it has used of the processor since it was opened last, milliseconds. */
	get processorMs(): number {
		const isolate = this.#running?.isolate;
		return isolate === undefined || isolate.isDisposed ? 0 : Number(isolate.cpuTime) / NANOSECONDS;
	}

	/** JSON of an Answer (sandbox/asked.ts), made inside and not to be trusted; or why there is none. */
	ask(hook: HookName, args: HookArguments, timeout: number): string | Breach {
		const answer = this.#askOnce(hook, args, timeout);
		if (typeof answer === "string" || answer.late === undefined) return answer;
		return this.#askAgain(hook, args, timeout, answer.late);
	}

	#askOnce(hook: HookName, args: HookArguments, timeout: number, stalled = false): string | Breach {
		const within = this.#patience.within(timeout);
		return this.#cross(
			({ ask }, options) => ask[hook].applySync(undefined, args, options),
			stalled ? Math.min(timeout, STALLED_TIMES * within) : within,
		);
	}

	/** A host call has its result; the JSON of a Taken (sandbox/runtime.ts), or why there is none. */
	resume(ticket: number, call: number, result: string, timeout: number): string | Breach {
		const done = this.#cross(({ resume }, options) => {
			resume.applySync(undefined, [ticket, call, result], options);
			return "";
		}, this.#patience.within(timeout));
		return typeof done === "string" ? this.take(timeout) : done;
	}

	/** The JSON of a Taken (sandbox/runtime.ts): what came of the microtasks of the last crossing. */
	take(timeout: number): string | Breach {
		return this.#cross(
			({ take }, options) => take.applySync(undefined, [], options),
			this.#patience.within(timeout),
		);
	}

	/** Nobody waits for this hook any more. */
	forget(ticket: number): void {
		if (this.#running === undefined) return;
		try {
			this.#running.forget.applySync(undefined, [ticket], OWN_QUESTION);
		} catch {
			this.dispose();
		}
	}

	#cross(cross: Cross, timeout: number): string | Breach {
		let running: Running | undefined;
		let used = NOTHING;
		try {
			running = this.#open();
			used = this.#usage.before(timeout);
			const answer = this.#run(running, cross, timeout);
			if (this.#isFull(running)) return this.#drop(running, "SCRIPT_MEMORY", this.#tooMuch());
			if (typeof answer === "string" && answer.length <= ANSWER_LENGTH_MAX) return answer;
			return this.#drop(running, "SCRIPT_DECISION", "the answer is too long or no text");
		} catch (error) {
			const what = thrown(error);
			const stalled = isStalled(used, timeout);
			const breach =
				error instanceof Overdue
					? this.#late(stalled, timeout)
					: this.#breach(running, what, timeout);
			if (!stalled && breach.code !== "SCRIPT_THREW") this.#patience.overran(timeout);
			return what.message === TIMED_OUT && stalled ? { ...breach, late: "stalled" } : breach;
		}
	}

	/** What came back, unchecked. */
	#run(running: Running, cross: Cross, timeout: number): unknown {
		const { watchdog } = running;
		if (this.#overdue || !watchdog.begin()) return cross(running, { timeout });
		try {
			const answer = cross(running);
			if (watchdog.end()) return answer;
		} catch (error) {
			if (watchdog.end()) throw error;
		}
		throw new Overdue();
	}

	/** From now on isolated-vm watches this script, which tells where in it a loop is. */
	#late(stalled: boolean, timeout: number): Breach {
		this.#overdue ||= !stalled;
		const breach = this.#drop(undefined, "SCRIPT_TIMEOUT", tooLong(timeout));
		return { ...breach, late: stalled ? "stalled" : "overdue" };
	}

	/** What a watchdog ended is asked again with a `timeout`, which tells where in the script it is. */
	#askAgain(hook: HookName, args: HookArguments, timeout: number, late: Breach["late"]) {
		const second = this.#askOnce(hook, args, timeout, late === "stalled");
		if (late === "stalled" || typeof second !== "string") return second;
		return this.#drop(undefined, "SCRIPT_TIMEOUT", tooLong(timeout));
	}

	/** As `ask`, off the main thread: for questions that no request waits for. */
	rehearse(hook: HookName, args: HookArguments, timeout: number): Promise<string | Breach> {
		return this.#apart(timeout, ({ ask }, options) => ask[hook].apply(undefined, args, options));
	}

	/** As `resume`, for what was asked so. */
	async rehearseResult(
		ticket: number,
		call: number,
		result: string,
		timeout: number,
	): Promise<string | Breach> {
		const done = await this.#apart(timeout, async ({ resume }, options) => {
			await resume.apply(undefined, [ticket, call, result], options);
			return "";
		});
		return typeof done === "string" ? this.take(timeout) : done;
	}

	async #apart(
		timeout: number,
		cross: (running: Running, options: { readonly timeout: number }) => Promise<string>,
	): Promise<string | Breach> {
		const running = this.#open();
		try {
			const answer = await cross(running, { timeout });
			return running === this.#running ? answer : CLOSED;
		} catch (error) {
			// Closed meanwhile: what is opened now is no concern of this question.
			if (running !== this.#running) return CLOSED;
			return this.#breach(running, thrown(error), timeout);
		}
	}

	/** Frees it. A later question opens it again. */
	dispose(): void {
		this.#spare.dispose();
		this.#throwAway();
	}

	#throwAway(): void {
		if (this.#running === undefined) return;
		shut(this.#running);
		this.#running = undefined;
		this.#opened += 1;
	}

	#open(): Running {
		if (this.#running !== undefined) return this.#running;
		this.#running = this.#spare.take() ?? startAgain(this.#contents, openAtOnce(this.#contents));
		this.#usage.renew();
		return this.#running;
	}

	/**
	 * What the script keeps, looked at now and then. V8 counts garbage in, so where that is too much
	 * the room that would be left is asked for: V8 collects before it says no.
	 */
	#isFull({ isolate, fits }: Running): boolean {
		this.#untilCheck -= 1;
		if (this.#untilCheck > 0) return false;
		const limit = this.#limits.heapMb * MB;
		const heap = isolate.getHeapStatisticsSync();
		const used = heap.used_heap_size + heap.externally_allocated_size;
		this.#untilCheck = used > limit / 2 ? 1 : HEAP_CHECK_EVERY;
		if (used <= limit) return false;
		return !fits.applySync(undefined, [HEAP_SLACK_MB * MB], OWN_QUESTION);
	}

	#breach(running: Running | undefined, error: Thrown, timeout: number): Breach {
		const { message, stack } = error;
		if (running?.isolate.isDisposed)
			return this.#drop(running, "SCRIPT_MEMORY", this.#tooMuch(), stack);
		if (message === TIMED_OUT)
			return this.#drop(running, "SCRIPT_TIMEOUT", tooLong(timeout), stack);
		return this.#drop(running, "SCRIPT_THREW", message, stack);
	}

	#drop(running: Running | undefined, code: Breach["code"], reason: string, stack = ""): Breach {
		const log = running && lastLog(running);
		this.#throwAway();
		this.#spare.prepare();
		return { code, reason, stack, log };
	}

	#tooMuch(): string {
		return `kept more than ${this.#limits.heapMb} MB`;
	}
}

/**
 * The clock of isolated-vm is the wall's. On a machine that is short of processors a script can be
 * stopped that has hardly run: what this thread used since says so, and the script is asked once
 * more, from the start.
 */
function isStalled(begun: NodeJS.CpuUsage, timeout: number): boolean {
	const { user, system } = process.threadCpuUsage(begun);
	return (user + system) / MICROSECONDS < timeout / 2;
}

function tooLong(timeout: number): string {
	return `ran for more than ${timeout} ms`;
}

/** What this thread has used, looked up as seldom as `isStalled` allows: it costs as much as a short hook. */
class ThreadUsage {
	#usage: NodeJS.CpuUsage = process.threadCpuUsage();
	#at = performance.now();

	/** What has been used so far counts for no hook: opening takes longer than most. */
	renew(): void {
		this.#at = -Infinity;
	}

	/** As it was at most a quarter of `timeout` ago. */
	before(timeout: number): NodeJS.CpuUsage {
		const now = performance.now();
		if (now - this.#at < timeout / 4) return this.#usage;
		this.#at = now;
		this.#usage = process.threadCpuUsage();
		return this.#usage;
	}
}

/** What came out of an isolate instead of a value. */
export type Thrown = { readonly name: string; readonly message: string; readonly stack: string };

/** A script can throw anything, `null` among it. */
export function thrown(error: unknown): Thrown {
	if (!(error instanceof Error))
		return { name: "Error", message: `threw ${String(error)}`, stack: "" };
	return {
		name: String(error.name),
		message: String(error.message).slice(0, LOG_LENGTH_MAX),
		stack: String(error.stack).slice(0, STACK_LENGTH_MAX),
	};
}
