/**
 * One loaded set of scripts, with the devices it was loaded with. Transactions that began on it
 * retain it; once it is replaced and nobody does, its isolate goes.
 */
import { BoundedMap } from "../base/bounded-map.ts";
import type { Log } from "../base/log.ts";
import type { Decision } from "../proxy/decision.ts";
import { type AskContext, contextText } from "./ask-context.ts";
import { problemAt } from "./code-frame.ts";
import { type Bundle, hashOf } from "./compile.ts";
import type { HookName } from "./hooks.ts";
import { type Breach, Isolate, type Thrown, TIMED_OUT, thrown } from "./isolate.ts";
import { DRAIN_MS, PROBE_TIMEOUT_MS, type ScriptLimits, START_TIMEOUT_MS } from "./limits.ts";
import { LoadError } from "./load-error.ts";
import type { LoadStep } from "./load-steps.ts";
import type { Place } from "./place.ts";
import { Positions } from "./positions.ts";
import { PROBES } from "./probes.ts";
import { readAnswer, readDecision } from "./read-answer.ts";
import { readJson } from "./read-json.ts";
import type { ScriptDevice } from "./script-device.ts";
import { ScriptError } from "./script-error.ts";
import { writeScriptLog } from "./script-log.ts";

/** Where the code came from: the configured script, what last worked of it, what a rollback brought back, or our own routes. */
export type Origin = "script" | "last-good" | "rolled-back" | "built-in";

export type GenerationOptions = {
	readonly id: number;
	readonly origin: Origin;
	readonly devices: readonly ScriptDevice[];
	readonly limits: ScriptLimits;
	readonly log: Log;
};

export class Generation {
	readonly id: number;
	readonly origin: Origin;
	readonly bundle: Bundle;
	readonly hash: string;
	readonly limits: ScriptLimits;
	readonly #isolate: Isolate;
	readonly #positions: Positions;
	readonly #log: Log;
	/** Answers that were checked before: scripts send many calls to the same few places. */
	readonly #known = new BoundedMap<string, Decision>("checked answers", KNOWN_ANSWERS);
	#asked = 0;
	#failed = 0;
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
	}

	/** Start, exports, probe. Throws LoadError, and leaves nothing behind then. */
	static async load(bundle: Bundle, options: GenerationOptions): Promise<Generation> {
		const isolate = await start(bundle, options);
		try {
			const generation = new Generation(bundle, isolate, options);
			const { fault } = isolate;
			if (fault !== undefined) throw refused("LOAD_EXPORTS", "exports", bundle, fault);
			await generation.#probe();
			return generation;
		} catch (error) {
			isolate.dispose();
			throw error;
		}
	}

	/** Questions so far, and how many of them got no decision. */
	get counts(): { readonly asked: number; readonly failed: number } {
		return { asked: this.#asked, failed: this.#failed };
	}

	/** Asks the script. `text` is the message as received, one character per octet. */
	ask(hook: HookName, text: string, context: AskContext): Decision | ScriptError {
		this.#asked += 1;
		const decision = this.#decide(hook, text, context);
		if (decision instanceof ScriptError) this.#failed += 1;
		if (this.#drain !== undefined) this.#disposeUnused();
		return decision;
	}

	/** Whatever goes wrong here costs this one request, and nothing else. */
	#decide(hook: HookName, text: string, context: AskContext): Decision | ScriptError {
		try {
			const { timeoutMs } = this.limits;
			const answer = this.#isolate.ask(hook, text, contextText(context), timeoutMs);
			const known = typeof answer === "string" ? this.#known.get(answer) : undefined;
			return known ?? this.#read(answer);
		} catch (error) {
			const at = { script: this.bundle.entry, place: undefined, generation: this.id };
			const reason = `the answer cannot be read: ${thrown(error).message}`;
			return new ScriptError("SCRIPT_DECISION", at, reason);
		}
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
		this.#ended = true;
		this.#isolate.dispose();
	}

	#disposeUnused(): void {
		if (this.#drain === undefined || (this.#users > 0 && !this.#ended)) return;
		this.end();
	}

	#read(answer: string | Breach): Decision | ScriptError {
		if (typeof answer !== "string") return this.#breached(answer);
		const read = readAnswer(answer);
		if (read === undefined) return this.#error("SCRIPT_DECISION", "the answer has no shape", "");
		if (read.log !== undefined) this.#writeLog(read.log);
		if (read.failure)
			return this.#error(read.failure.code, read.failure.reason, read.failure.stack);
		const decision = readDecision(read.decision);
		if (typeof decision === "string") return this.#error("SCRIPT_DECISION", decision, "");
		if (read.log === undefined && answer.length <= KNOWN_LENGTH_MAX)
			this.#known.push(answer, decision);
		return decision;
	}

	#breached({ code, reason, stack, log }: Breach): ScriptError {
		if (log !== undefined) this.#writeLog(readJson(log));
		return this.#error(code, reason, stack);
	}

	#writeLog(log: unknown): void {
		writeScriptLog(log, this.#positions, this.id, this.#log);
	}

	#error(code: ScriptError["code"], reason: string, stack: string): ScriptError {
		const place = this.#positions.of(stack);
		const at = { script: this.bundle.entry, place, generation: this.id };
		return new ScriptError(code, at, reason);
	}

	/** A script that fails on a canned request would fail on any. */
	async #probe(): Promise<void> {
		for (const { text, context } of PROBES) {
			const answer = await this.#isolate.rehearse(
				"onRequest",
				text,
				contextText(context),
				PROBE_TIMEOUT_MS,
			);
			const decision = this.#read(answer);
			if (decision instanceof ScriptError)
				throw refused("LOAD_PROBE", "probe", this.bundle, decision.reason, decision.place);
		}
	}
}

const KNOWN_ANSWERS = 1_000;
const KNOWN_LENGTH_MAX = 1_000;

async function start(bundle: Bundle, options: GenerationOptions): Promise<Isolate> {
	try {
		return await Isolate.open(bundle, JSON.stringify(options.devices), options.limits);
	} catch (error) {
		const what = thrown(error);
		const place = new Positions(bundle).of(what.stack);
		throw refused("LOAD_START", "start", bundle, startReason(what), place);
	}
}

function startReason({ name, message }: Thrown): string {
	if (message === TIMED_OUT) return `the top level ran for more than ${START_TIMEOUT_MS} ms`;
	return name === "Error" ? message : `${name}: ${message}`;
}

function refused(
	code: LoadError["code"],
	step: LoadStep,
	{ entry }: Bundle,
	message: string,
	place?: Place,
): LoadError {
	return new LoadError(code, step, [problemAt(place, entry, message)]);
}

/** Of code and devices: the same hash means the same behaviour. */
export function generationHash(bundle: Bundle, devices: readonly ScriptDevice[]): string {
	return hashOf(bundle.hash, JSON.stringify(devices)).slice(0, 16);
}
