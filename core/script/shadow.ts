/**
 * Other scripts that are asked about a share of the live requests, without effect: what they would have
 * decided is compared with what was. It happens beside the traffic: questions wait in a queue that is
 * bounded, and what does not fit is counted and left out.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { own } from "../base/own-text.ts";
import { parseMessage } from "../message/parse-message.ts";
import type { AskContext } from "./ask-context.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { outcomeText, sameOutcome } from "./decision-text.ts";
import type { Generation, Observer } from "./generation.ts";
import { SHADOW_DIFFERENCES_SHOWN, SHADOW_KINDS_LOGGED, SHADOW_QUEUE_MAX } from "./limits.ts";
import { asLoadError, type LoadError } from "./load-error.ts";
import { compileRoutes, type LoadOptions, loadGeneration, serves } from "./load-generation.ts";
import { ScriptError } from "./script-error.ts";
import { type Outcome, WaitingHook } from "./waiting-hook.ts";
import { watchRoutes } from "./watch-routes.ts";
import type { Watcher } from "./watcher.ts";

export type ShadowSettings = {
	/** Absolute path of the other scripts: a file or a folder. */
	readonly routes: string;
	/** Percent of the requests. */
	readonly share: number;
};

export type Difference = {
	/** Milliseconds of the epoch. */
	readonly at: Milliseconds;
	readonly method: string;
	readonly uri: string;
	readonly callId: string;
	/** The name of the device that sent it, as far as it was known. */
	readonly device?: string;
	/** What was decided, and what would have been. */
	readonly now: string;
	readonly shadow: string;
};

/** What other scripts would have decided about a share of the requests. */
export type ShadowStatus = {
	/** Path of the other scripts. */
	readonly routes: string;
	/** Of scripts and devices; "" where they cannot be loaded. */
	readonly hash: string;
	/** Percent of the requests. */
	readonly share: number;
	/** Why they cannot be loaded. */
	readonly error?: string;
	/** Requests that were decided alike, and differently. */
	readonly same: number;
	readonly different: number;
	/** Of the different ones: those where the other scripts failed. */
	readonly failed: number;
	/** Requests that there was no room for. */
	readonly overflowed: number;
	/** Those that wait to be asked about. */
	readonly queued: number;
	/** The last ones, the newest first. */
	readonly differences: readonly Difference[];
};

export type ShadowOptions = Pick<LoadOptions, "devices" | "limits" | "state" | "guard"> & {
	readonly pollMs: number;
};

type Question = {
	readonly text: string;
	readonly context: AskContext;
	readonly answer: Outcome | WaitingHook;
	readonly at: Milliseconds;
};

/** How soon a hook that waits is looked at again. */
const UNDECIDED_MS = 100;
const PERCENT = 100;

export class Shadow {
	readonly #log: Log;
	readonly #clock: Clock;
	#settings: ShadowSettings | undefined;
	#options: ShadowOptions | undefined;
	#generation: Generation | undefined;
	#error: LoadError | undefined;
	#watcher: Watcher | undefined;
	#loading: Promise<unknown> = Promise.resolve();
	#loads = 0;
	/** Grows by the share with each request: at 100 one is taken. */
	#credit = 0;
	#queue: Question[] = [];
	/** Undefined while nothing is asked. */
	#asking: Promise<void> | undefined;
	#counts = NOTHING;
	#overflowed = 0;
	#differences: Difference[] = [];
	readonly #logged = new Set<string>();

	constructor(log: Log, clock: Clock = SYSTEM_CLOCK) {
		this.#log = log;
		this.#clock = clock;
	}

	/** Undefined settings end it. What is loaded already, and is the same, goes on with its counts. */
	configure(settings: ShadowSettings | undefined, options: ShadowOptions): Promise<void> {
		const next = this.#loading.then(() => this.#take(settings, options));
		this.#loading = next;
		return next;
	}

	/** What the serving generation is watched with; undefined while there is nothing to compare with. */
	get observer(): Observer | undefined {
		return this.#settings === undefined ? undefined : this.#observe;
	}

	/** Undefined when none is configured. */
	get status(): ShadowStatus | undefined {
		if (this.#settings === undefined) return undefined;
		const error = this.#error;
		return {
			...this.#settings,
			hash: this.#generation?.hash ?? "",
			...(error && { error: error.message }),
			...this.#counts,
			overflowed: this.#overflowed,
			queued: this.#queue.length,
			differences: [...this.#differences].reverse(),
		};
	}

	/** Resolves when nothing is being asked. */
	async idle(): Promise<void> {
		await this.#asking;
	}

	async close(): Promise<void> {
		await this.#loading;
		this.#settings = undefined;
		await this.#watcher?.close();
		this.#queue = [];
		await this.idle();
		this.#drop();
	}

	/** Bound: a generation keeps it. */
	readonly #observe: Observer = (hook, text, context, answer) => {
		const { share } = this.#settings ?? { share: 0 };
		if (hook !== "onRequest" || this.#generation === undefined) return;
		this.#credit += share;
		if (this.#credit < PERCENT) return;
		this.#credit -= PERCENT;
		this.#add({ text, context, answer, at: this.#clock.now() });
		this.#askAll();
	};

	#add(question: Question): void {
		if (this.#queue.length >= SHADOW_QUEUE_MAX) this.#overflowed += 1;
		else this.#queue.push(question);
	}

	async #take(settings: ShadowSettings | undefined, options: ShadowOptions): Promise<void> {
		const before = this.#settings;
		this.#settings = settings;
		this.#options = options;
		if (before?.routes !== settings?.routes) {
			await this.#watcher?.close();
			this.#watcher = settings && (await this.#watch(settings.routes, options));
		}
		if (settings === undefined) this.#drop();
		else await this.#load(settings.routes, options);
	}

	#watch(entry: string, { state, pollMs }: ShadowOptions): Promise<Watcher | undefined> {
		const log = this.#log;
		return watchRoutes({ watch: true, entry, state, log, pollMs }, () => {
			const options = this.#options;
			if (options !== undefined) void this.configure(this.#settings, options);
		});
	}

	async #load(entry: string, options: ShadowOptions): Promise<void> {
		const load = { ...options, entry, typecheck: "off", log: this.#log } as const;
		const since = Date.now();
		try {
			const { bundle, inputs } = await compileRoutes(load);
			await this.#watcher?.include(inputs, since);
			this.#error = undefined;
			if (this.#generation && serves(this.#generation, bundle, load)) return;
			const next = await loadGeneration(bundle, load, this.#loads + 1);
			this.#drop();
			this.#loads += 1;
			this.#generation = next;
			const { hash } = next;
			this.#log.info(
				{ event: "shadow.active", hash, entry },
				`scripts of ${entry} are asked as a shadow`,
			);
		} catch (cause) {
			const error = asLoadError(cause, entry);
			this.#drop();
			this.#error = error;
			await this.#watcher?.include(
				error.problems.map(({ file }) => file),
				since,
			);
			for (const { message, ...place } of error.problems)
				this.#log.error({ event: "shadow.refused", code: error.code, ...place }, message);
		}
	}

	/** Other scripts begin with other counts. */
	#drop(): void {
		this.#generation?.end();
		this.#generation = undefined;
		this.#queue = [];
		this.#counts = NOTHING;
		this.#overflowed = 0;
		this.#differences = [];
		this.#logged.clear();
	}

	/** One after the other: what it costs besides the traffic is one thread. */
	#askAll(): void {
		this.#asking ??= this.#askQueue().finally(() => {
			this.#asking = undefined;
		});
	}

	async #askQueue(): Promise<void> {
		for (let one = this.#queue.shift(); one !== undefined; one = this.#queue.shift())
			await this.#ask(one);
	}

	async #ask(question: Question): Promise<void> {
		const { answer, text, context } = question;
		const waits = answer instanceof WaitingHook;
		const current = waits ? answer.outcome : answer;
		const generation = this.#generation;
		if (generation === undefined || (waits && answer.abandoned)) return;
		if (current === undefined) {
			this.#clock.after(UNDECIDED_MS, () => {
				this.#add(question);
				this.#askAll();
			});
			return;
		}
		const shadow = await generation.rehearse(text, context, waits ? answer.learnt : []);
		// Other scripts may have taken its place meanwhile.
		if (generation === this.#generation) this.#compare(question, current, shadow);
	}

	#compare({ text, context, at }: Question, current: Outcome, shadow: Outcome): void {
		const { same, different, failed } = this.#counts;
		if (sameOutcome(current, shadow)) {
			this.#counts = { same: same + 1, different, failed };
			return;
		}
		const fails = shadow instanceof ScriptError;
		this.#counts = { same, different: different + 1, failed: failed + (fails ? 1 : 0) };
		const message = parseMessage(text, "datagram");
		if (message.kind !== "request") return;
		const { device } = context.source;
		const difference: Difference = {
			at,
			method: own(message.method),
			uri: own(message.uri),
			callId: own(message.head.callId),
			...(device !== undefined && { device }),
			now: outcomeText(current),
			shadow: outcomeText(shadow),
		};
		this.#differences = [...this.#differences.slice(1 - SHADOW_DIFFERENCES_SHOWN), difference];
		this.#tell(difference, `${kindOf(current)}, ${kindOf(shadow)}`);
	}

	/** The first of each kind: a script that decides everything differently must not fill the disk. */
	#tell(difference: Difference, kind: string): void {
		if (this.#logged.has(kind) || this.#logged.size >= SHADOW_KINDS_LOGGED) return;
		this.#logged.add(kind);
		const { method, uri, now, shadow } = difference;
		this.#log.warn(
			{ event: "shadow.different", ...difference },
			`${method} ${uri}: ${now}, and the shadow: ${shadow}; the first of its kind`,
		);
	}
}

const NOTHING = { same: 0, different: 0, failed: 0 };

/** `relay`, `reply 404`, `failed at /routes/default.ts:5:3`. */
function kindOf(outcome: Outcome): string {
	if (outcome instanceof ScriptError) {
		const { place, code } = outcome;
		return `failed at ${place === undefined ? code : `${place.file}:${place.line}`}`;
	}
	return "status" in outcome ? `${outcome.kind} ${outcome.status}` : outcome.kind;
}
