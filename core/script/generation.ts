/**
 * One loaded set of scripts, with the devices it was loaded with. Transactions that began on it
 * retain it; once it is replaced and nobody does, its isolate goes.
 */

import { BoundedMap } from "../base/bounded-map.ts";
import type { Log } from "../base/log.ts";
import type { Answer } from "../proxy/decision.ts";
import { explained } from "./absent-globals.ts";
import { type AskContext, contextText } from "./ask-context.ts";
import { beginServing, type Starting } from "./beginning.ts";
import { type Bundle, hashOf } from "./compile.ts";
import { readDefined, type TimerOfScript } from "./defined.ts";
import { type HookArguments, type HookName, REQUEST_HOOKS } from "./hooks.ts";
import type { HostCall, HostResult } from "./host-call.ts";
import { type Breach, type Isolate, thrown } from "./isolate.ts";
import { DRAIN_MS, PROBE_TIMEOUT_MS, type ScriptLimits } from "./limits.ts";
import { Positions } from "./positions.ts";
import { PROBES } from "./probes.ts";
import { mayAnswer, type ReadAnswer, readAnswer, readDecision, readTaken } from "./read-answer.ts";
import { readJson } from "./read-json.ts";
import { rehearse } from "./rehearsal.ts";
import type { Recorded } from "./sandbox/tickets.ts";
import type { ScriptDevice } from "./script-device.ts";
import { ScriptError } from "./script-error.ts";
import { writeScriptLog } from "./script-log.ts";
import type { ScriptMetrics } from "./script-metrics.ts";
import { notLoaded, startIsolate } from "./start-isolate.ts";
import { type Counts, TrackRecord } from "./track-record.ts";
import type { Outcome, WaitingHook } from "./waiting-hook.ts";
import { type Reader, WaitingHooks } from "./waiting-hooks.ts";

/** Where the code came from: the configured script, what last worked of it, what a rollback brought back, or our own routes. */
export type Origin = "script" | "last-good" | "rolled-back" | "built-in";

export type GenerationOptions = {
	readonly id: number;
	readonly origin: Origin;
	readonly devices: readonly ScriptDevice[];
	readonly limits: ScriptLimits;
	readonly log: Log;
	/** What `onStart` may call. Without it, it is not asked, and nothing is tried that needs what it prepares. */
	readonly starting?: Starting | undefined;
	/** Where scripts count; without it, nothing is counted. */
	readonly metrics?: ScriptMetrics | undefined;
};

export type Observer = (
	hook: HookName,
	text: string,
	context: AskContext,
	answer: Outcome | WaitingHook,
) => void;

export class Generation {
	readonly id: number;
	readonly origin: Origin;
	readonly bundle: Bundle;
	readonly hash: string;
	readonly limits: ScriptLimits;
	/** What it is asked again and again while it serves. */
	readonly timers: readonly TimerOfScript[];
	readonly record = new TrackRecord();
	/** Told of every question and what came of it. */
	observer: Observer | undefined;
	/** Told once its isolate is freed. */
	whenEnded: (() => void) | undefined;
	readonly #isolate: Isolate;
	readonly #positions: Positions;
	readonly #log: Log;
	/** Undefined for what has no effect. */
	#metrics: ScriptMetrics | undefined;
	/** Answers that were checked before: scripts send many calls to the same few places. */
	readonly #known = new BoundedMap<string, Answer>("checked answers", KNOWN_ANSWERS);
	readonly #reader: Reader;
	readonly #waiting: WaitingHooks;
	readonly #hooks: ReadonlySet<HookName>;
	#users = 0;
	#drain: NodeJS.Timeout | undefined;
	#ended = false;

	private constructor(bundle: Bundle, isolate: Isolate, options: GenerationOptions) {
		this.id = options.id;
		this.origin = options.origin;
		this.bundle = bundle;
		this.hash = generationHash(bundle, options.devices);
		this.#isolate = isolate;
		this.#positions = new Positions(bundle);
		this.limits = options.limits;
		this.#log = options.log;
		this.#metrics = options.metrics;
		const { hooks, timers } = readDefined(isolate.defined);
		this.#hooks = hooks;
		this.timers = timers;
		this.#reader = {
			outcome: (hook, answer) => this.#outcome(hook, answer),
			breach: (breach) => this.#breached(breach),
			log: (log) => this.#writeLog(log),
			metrics: (counted) => this.#metrics?.take(counted),
		};
		this.#waiting = new WaitingHooks(isolate, options.limits, this.#reader);
	}

	/** Start, exports, on-start, probe. Throws LoadError, and leaves nothing behind then. */
	static async load(bundle: Bundle, options: GenerationOptions): Promise<Generation> {
		let isolate = await startIsolate(bundle, options);
		try {
			const generation = new Generation(bundle, isolate, options);
			const { fault } = isolate;
			if (fault !== undefined) throw notLoaded("LOAD_EXPORTS", "exports", bundle, fault);
			if (generation.defines("onStart")) {
				if (options.starting === undefined) return generation;
				await generation.#begin(options.starting);
			}
			generation.#metrics = undefined;
			const called = await generation.#probe();
			generation.#metrics = options.metrics;
			if (!called) return generation;
			// A promise that the script keeps would wait for ever for what the probe called.
			isolate.dispose();
			isolate = await startIsolate(bundle, options, isolate);
			return new Generation(bundle, isolate, options);
		} catch (error) {
			isolate.dispose();
			throw error;
		}
	}

	/** So far. */
	get counts(): Counts {
		return this.record.counts;
	}

	/** A request that it decided has its final response. */
	answered(status: number): void {
		this.record.answered(status);
	}

	/** Whether the script has something to say there. */
	defines(hook: HookName): boolean {
		return this.#hooks.has(hook);
	}

	/** Hooks that wait. */
	get waiting(): number {
		return this.#waiting.size;
	}

	/**
	 * Asks the script. `text` is the message as received, one character per octet; `more` what the hook
	 * is told besides. A hook that waits is in the answer of `nextDecided` once it has decided.
	 */
	ask(hook: HookName, text: string, context: AskContext, more?: string): Outcome | WaitingHook {
		if (REQUEST_HOOKS.includes(hook)) this.record.asked();
		const outcome = this.#decide(hook, text, context, more);
		if (outcome instanceof ScriptError) this.#failed(hook, outcome);
		this.observer?.(hook, text, context, outcome);
		if (this.#drain !== undefined) this.#disposeUnused();
		return outcome;
	}

	/**
	 * As `ask`, without effect and off the main thread, for `onRequest`. `known`: what host calls brought
	 * somebody else; any other call is refused.
	 */
	rehearse(text: string, context: AskContext, known: readonly Recorded[]): Promise<Outcome> {
		const { hostCalls } = this.limits;
		const isolate = this.#isolate;
		return rehearse(
			{ isolate, hostCalls, text, sender: contextText(context), known },
			this.#reader,
		);
	}

	/** Whether a host call or a decision is there to be fetched. */
	get busy(): boolean {
		return this.#waiting.busy;
	}

	nextCall(): HostCall | undefined {
		return this.#waiting.nextCall();
	}

	/** Its `outcome` is there. */
	nextDecided(): WaitingHook | undefined {
		const hook = this.#waiting.nextDecided();
		if (hook?.outcome instanceof ScriptError) this.#failed(hook.hook, hook.outcome);
		else if (hook?.hook === "onStart") this.#isolate.started(hook.argumentsAgain);
		return hook;
	}

	/** What a host call brought. */
	answer(call: HostCall, result: HostResult): void {
		this.#waiting.answer(call, result);
		if (this.#ended) this.#disposeUnused();
	}

	/** It has waited for too long; or, without a reason, nobody wants to know any more. What it called goes on. */
	abandon(hook: WaitingHook, reason?: string): ScriptError | undefined {
		const outside = reason !== undefined && this.#waiting.awaitsHost(hook);
		this.#waiting.abandon(hook);
		if (reason === undefined) return undefined;
		const error = this.#error("SCRIPT_DEADLINE", reason, "", outside);
		this.#failed(hook.hook, error);
		return error;
	}

	/** It was abandoned long ago: what it called has had its time. */
	endCalls(hook: WaitingHook): void {
		this.#waiting.endCalls(hook, {
			code: "HOST_DEADLINE",
			reason: "the hook that this counts for was over long ago",
		});
	}

	/** Whatever goes wrong here costs this one request, and nothing else. */
	#decide(
		hook: HookName,
		text: string,
		context: AskContext,
		more: string | undefined,
	): Outcome | WaitingHook {
		try {
			const sender = contextText(context);
			const args: HookArguments = more === undefined ? [text, sender] : [text, sender, more];
			const answer = this.#isolate.ask(hook, args, this.limits.timeoutMs);
			this.#waiting.recover();
			const known = typeof answer === "string" ? this.#known.get(answer) : undefined;
			if (known !== undefined && mayAnswer(hook, known)) return known;
			if (typeof answer !== "string") return this.#breached(answer);
			return this.#answered(hook, args, answer);
		} catch (error) {
			const at = { script: this.bundle.entry, place: undefined, generation: this.id };
			const reason = `the answer cannot be read: ${thrown(error).message}`;
			return new ScriptError("SCRIPT_DECISION", at, reason);
		}
	}

	#answered(hook: HookName, args: HookArguments, answer: string): Outcome | WaitingHook {
		const read = readAnswer(answer);
		if (read === undefined) return this.#error("SCRIPT_DECISION", "the answer has no shape", "");
		const outcome = this.#outcome(hook, read);
		const { ticket, log, metrics } = read;
		if (ticket !== undefined)
			return this.#started(hook, args, this.#waiting.add(hook, args, ticket, outcome));
		if (outcome === undefined) return this.#error("SCRIPT_DECISION", "the answer is empty", "");
		const alone = log === undefined && metrics === undefined;
		if (alone && !(outcome instanceof ScriptError) && answer.length <= KNOWN_LENGTH_MAX)
			this.#known.push(answer, outcome);
		return this.#started(hook, args, outcome);
	}

	#started<T extends Outcome | WaitingHook>(hook: HookName, args: HookArguments, answer: T): T {
		if (hook === "onStart" && "kind" in answer) this.#isolate.started(args);
		return answer;
	}

	#failure({ code, reason, stack, outside }: NonNullable<ReadAnswer["failure"]>): ScriptError {
		return this.#error(code, reason, stack, outside);
	}

	#outcome(hook: HookName, read: ReadAnswer): Outcome | undefined {
		if (read.log !== undefined) this.#writeLog(read.log);
		if (read.metrics !== undefined) this.#metrics?.take(read.metrics);
		if (read.failure) return this.#failure(read.failure);
		if (read.decision === undefined) return undefined;
		const decision = readDecision(read.decision);
		if (typeof decision === "string") return this.#error("SCRIPT_DECISION", decision, "");
		const { kind } = decision;
		if (mayAnswer(hook, decision)) return decision;
		return this.#error("SCRIPT_DECISION", `${hook} may not answer ${kind}`, "");
	}

	/** Requests that it began and that have not ended. */
	get users(): number {
		return this.#users;
	}

	/** It was replaced and its isolate is freed. */
	get ended(): boolean {
		return this.#ended;
	}

	retain(): void {
		this.#users += 1;
	}

	release(): void {
		this.#users -= 1;
		this.#disposeUnused();
	}

	/** Another generation has taken over. */
	retire(): void {
		this.#drain ??= setTimeout(() => this.end(), DRAIN_MS).unref();
		this.#disposeUnused();
	}

	/** Frees the isolate. A question that comes all the same opens it for that one answer. */
	end(): void {
		clearTimeout(this.#drain);
		const first = !this.#ended;
		this.#ended = true;
		this.#positions.forget();
		this.#isolate.dispose();
		if (first) this.whenEnded?.();
	}

	/** Whoever waits in an isolate that was opened again finds it open: opening takes as long as thousands of answers. */
	#disposeUnused(): void {
		if (this.#drain === undefined) return;
		if (this.#ended ? this.#waiting.size > 0 : this.#users > 0) return;
		this.end();
	}

	#breached({ code, reason, stack, log }: Breach): ScriptError {
		if (log !== undefined) this.#writeLog(readJson(log));
		return this.#error(code, reason, stack);
	}

	#writeLog(log: unknown): void {
		writeScriptLog(log, this.#positions, this.id, this.#log);
	}

	/** No request is behind a timer. */
	#failed(hook: HookName, error: ScriptError): void {
		if (hook !== "onTimer") this.record.failed(error);
	}

	#error(code: ScriptError["code"], reason: string, stack: string, outside = false): ScriptError {
		const place = this.#positions.of(stack);
		const at = { script: this.bundle.entry, place, generation: this.id };
		return new ScriptError(code, at, explained(reason, place?.file), outside);
	}

	/** Throws LoadError. */
	async #begin(starting: Starting): Promise<void> {
		const error = await new Promise<ScriptError | undefined>((done) =>
			beginServing(this, this.id, starting, done),
		);
		if (error !== undefined)
			throw notLoaded("LOAD_ON_START", "on-start", this.bundle, error.reason, error.place);
	}

	/** A script that fails on a canned request would fail on any. Whether it called the host. */
	async #probe(): Promise<boolean> {
		let called = false;
		for (const { text, context } of PROBES) {
			const args: HookArguments = [text, contextText(context)];
			const answer = await this.#isolate.rehearse("onRequest", args, PROBE_TIMEOUT_MS);
			const outcome = typeof answer === "string" ? this.#rehearsed(answer) : this.#breached(answer);
			if (outcome instanceof ScriptError)
				throw notLoaded("LOAD_PROBE", "probe", this.bundle, outcome.reason, outcome.place);
			called ||= this.#called();
		}
		return called;
	}

	#called(): boolean {
		const taken = this.#isolate.take(PROBE_TIMEOUT_MS);
		const read = typeof taken === "string" ? readTaken(taken) : undefined;
		if (read?.log !== undefined) this.#writeLog(read.log);
		return read === undefined || read.calls.length > 0;
	}

	/** A hook that waits has done what can be tried: what it calls would be done. */
	#rehearsed(answer: string): Outcome | undefined {
		const read = readAnswer(answer);
		if (read === undefined) return this.#error("SCRIPT_DECISION", "the answer has no shape", "");
		if (read.ticket !== undefined) this.#isolate.forget(read.ticket);
		return this.#outcome("onRequest", read);
	}
}

const KNOWN_ANSWERS = 1_000;
const KNOWN_LENGTH_MAX = 1_000;

/** Of code and devices: the same hash means the same behaviour. */
export function generationHash(bundle: Bundle, devices: readonly ScriptDevice[]): string {
	return hashOf(bundle.hash, JSON.stringify(devices)).slice(0, 16);
}
