/**
 * The generation that serves, and how the next one takes its place. Whatever fails before it is
 * activated changes nothing; what the old one began, it finishes.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Request } from "../message/message.ts";
import { bundleBefore, nothingLeft } from "./bundle-before.ts";
import { Canary, type CanarySettings, noCandidate, sameSettings } from "./canary.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import type { Bundle } from "./compile.ts";
import { type First, firstGeneration } from "./first-generation.ts";
import type { Generation } from "./generation.ts";
import { Generations } from "./generations.ts";
import { type Instead, insteadOf, keep } from "./last-good.ts";
import { asLoadError, filesOf, type LoadError } from "./load-error.ts";
import { BUILT_IN, loadGeneration, wanted } from "./load-generation.ts";
import {
	announce,
	announceCanary,
	announceFailure,
	announcePromotion,
	announceWithdrawal,
	refused,
} from "./load-log.ts";
import { type Plan, planLoad } from "./load-plan.ts";
import { isBad, NO_PROBATION } from "./probation.ts";
import type {
	ReloadResult,
	RolledBack,
	ScriptsChange,
	ScriptsOptions,
	ScriptsStatus,
} from "./reload-result.ts";
import type { ScriptDevice } from "./script-device.ts";
import { Trials } from "./trials.ts";
import { watchRoutes } from "./watch-routes.ts";
import type { Watcher } from "./watcher.ts";

export class Scripts {
	#options: ScriptsOptions;
	/** For the reload that waits: taken over only when it succeeds. */
	#change: Partial<ScriptsOptions> = {};
	/** Of those who wait for it, somebody asks for what is on disk and no more. */
	#plain = false;
	readonly #clock: Clock;
	readonly #generations: Generations;
	/** The highest so far. */
	#lastId = 1;
	/** When scripts that had not served before took over from others. */
	#tookOver: Milliseconds;
	/** After a rollback: what is not taken up again while it is what is on disk. */
	#instead: Instead | undefined;
	#rolledBack: RolledBack | undefined;
	#rollbacks = 0;
	#error: LoadError | undefined;
	#watcher: Watcher | undefined;
	readonly #trials: Trials;
	/** The reload under way, and the one that waits for it. */
	#running: Promise<unknown> = Promise.resolve();
	#waiting: Promise<ReloadResult> | undefined;

	private constructor(options: ScriptsOptions, first: First, watcher: Watcher | undefined) {
		this.#options = options;
		this.#clock = options.clock ?? SYSTEM_CLOCK;
		this.#generations = new Generations(first.generation, options.log, this.#clock);
		this.#tookOver = first.proven ? -Infinity : this.#clock.now();
		this.#instead = first.instead;
		this.#error = first.error;
		this.#watcher = watcher;
		this.#trials = new Trials(this.#clock, {
			rules: () => this.#options.rollback ?? NO_PROBATION,
			expired: (canary) => void this.#next(() => this.#promote(canary)),
			failed: (generation, because) => {
				this.#generations.stop(generation);
				void this.#next(() => this.#giveUp(generation, because));
			},
		});
		this.#trials.prove(first.generation, this.#tookOver);
	}

	/** Starts even when the script is broken: with what last worked, or with the built-in routes. */
	static async start(options: ScriptsOptions): Promise<Scripts> {
		let scripts: Scripts | undefined;
		let early = false;
		const watcher = await watchRoutes(options, () => {
			early = scripts === undefined;
			void scripts?.reload();
		});
		const first = await firstGeneration(options, watcher);
		scripts = new Scripts(options, first, watcher);
		if (first.error === undefined) await keep(first.generation, options, first.instead);
		else refused(first.error, first.generation, options);
		announce(first.generation, options, first.error);
		if (first.tries) await scripts.reload();
		else if (early) void scripts.reload();
		return scripts;
	}

	/** The one that new requests ask, but for those of a canary. */
	get generation(): Generation {
		return this.#generations.current;
	}

	/** The one that this new request asks. Whoever asks again later retains it. */
	generationFor(request: Request, device: string | undefined, address: string): Generation {
		const { canary, current } = this.#generations;
		return canary?.takes(request, device, address) ? canary.generation : current;
	}

	/** Those that new requests ask. */
	get serving(): readonly Generation[] {
		return this.#generations.serving;
	}

	/** Every one that is alive. */
	get generations(): Generations {
		return this.#generations;
	}

	get status(): ScriptsStatus {
		const { id, hash, origin, bundle, counts } = this.generation;
		const { canary } = this.#generations;
		return {
			generation: id,
			hash,
			origin,
			entry: bundle.entry,
			...counts,
			error: this.#error,
			canary: canary?.status,
			rolledBack: this.#rolledBack,
			rollbacks: this.#rollbacks,
		};
	}

	/**
	 * Loads what is on disk now, with other devices, another entry and other limits if given.
	 * Requests that come together are one reload.
	 */
	reload(devices?: readonly ScriptDevice[], change?: ScriptsChange): Promise<ReloadResult> {
		this.#change = { ...this.#change, ...(devices && { devices }), ...change };
		this.#plain ||= devices === undefined && change === undefined;
		this.#waiting ??= this.#next(() => {
			this.#waiting = undefined;
			return this.#replace();
		});
		return this.#waiting;
	}

	/**
	 * The candidate is asked no more; without one, the scripts before those that serve take over again,
	 * with the devices of today, and asked for once more, the others do. What is on disk is left alone
	 * until it changes.
	 */
	rollback(): Promise<ReloadResult> {
		return this.#next(() => this.#rollBack());
	}

	/** The candidate serves every new request. */
	promote(): Promise<ReloadResult> {
		return this.#next(() => this.#promote());
	}

	async close(): Promise<void> {
		await this.#watcher?.close();
		await this.#running;
		// The last reload may have moved it.
		await this.#watcher?.close();
		this.#trials.end();
		this.#generations.close();
	}

	/** One thing after the other. */
	#next(task: () => Promise<ReloadResult>): Promise<ReloadResult> {
		const result = this.#running.then(task);
		this.#running = result;
		return result;
	}

	async #replace(): Promise<ReloadResult> {
		const result = await this.#load();
		this.#options.reloaded?.(result);
		return result;
	}

	async #load(): Promise<ReloadResult> {
		const options = { ...this.#options, ...this.#change };
		const again = this.#plain && Object.keys(this.#change).length > 0;
		[this.#change, this.#plain] = [{}, false];
		const since = Date.now();
		let watcher = this.#watcher;
		try {
			watcher = await this.#watcherFor(options);
			const { current, canary } = this.#generations;
			const present = { serving: current, canary, instead: this.#instead };
			const plan = await planLoad(options, present, watcher, since);
			const { warnings } = plan;
			const loaded = await this.#loadPlanned(plan, options);
			await this.#takeOver(options, watcher);
			const changed = this.#swap(plan, loaded, options);
			if (!plan.held) this.#forgive();
			if (changed) await keep(this.generation, options, this.#instead, this.#isGood(current));
			return this.#result({ ok: true, changed, ...(warnings.length > 0 && { warnings }) });
		} catch (cause) {
			this.#error = asLoadError(cause, options.entry ?? BUILT_IN);
			// What was saved must not wait because somebody else asked for too much.
			if (again) void this.reload();
			const files = filesOf(this.#error.problems);
			if (watcher === this.#watcher) await watcher?.include(files, since);
			else await watcher?.close();
			return this.#refuse(this.#error);
		}
	}

	/** Both or none. */
	async #loadPlanned(plan: Plan, options: ScriptsOptions): Promise<LoadedPlan> {
		const { serving, origin, candidate } = plan;
		const next = serving && (await loadGeneration(serving, options, this.#lastId + 1, origin));
		try {
			const id = (next?.id ?? this.#lastId) + 1;
			return { next, tried: candidate && (await loadGeneration(candidate, options, id)) };
		} catch (error) {
			next?.end();
			throw error;
		}
	}

	/** Whether anything else serves than before. */
	#swap(plan: Plan, { next, tried }: LoadedPlan, options: ScriptsOptions): boolean {
		const { canary: settings } = options;
		// It may have failed since it was planned: then it is dropped next.
		if (plan.promotes && this.#generations.canary?.stopped) return false;
		if (plan.promotes) this.#takeAll();
		if (next !== undefined) this.#activate(next);
		if (!plan.stays) this.#withdraw();
		if (settings !== undefined && tried !== undefined)
			this.#tryOut(new Canary(tried, settings, this.#clock.now()));
		else if (settings !== undefined) this.#tryOn(settings);
		return plan.promotes || next !== undefined || tried !== undefined;
	}

	async #rollBack(): Promise<ReloadResult> {
		const options = this.#options;
		const { canary } = this.#generations;
		try {
			if (canary !== undefined) return await this.#drop(canary);
			return await this.#goBack(await bundleBefore(this.generation, options, this.#instead));
		} catch (cause) {
			return this.#refuse(asLoadError(cause, options.entry ?? BUILT_IN));
		}
	}

	/** One, if it is still tried; or whichever is. */
	async #promote(only?: Canary): Promise<ReloadResult> {
		const { canary } = this.#generations;
		// One that was stopped is about to be dropped.
		if (canary === undefined || canary.stopped || (only !== undefined && only !== canary))
			return this.#refuse(noCandidate(this.#options.entry ?? BUILT_IN), only !== undefined);
		const good = this.#isGood(this.generation);
		this.#takeAll();
		await keep(this.generation, this.#options, undefined, good);
		return this.#result({ ok: true, changed: true });
	}

	/** It has shown that it is not good: what there was before it serves instead, if there was anything. */
	async #giveUp(generation: Generation, because: string): Promise<ReloadResult> {
		const { canary } = this.#generations;
		const options = this.#options;
		const tried = canary?.generation === generation;
		if (!tried && generation !== this.generation) return this.#result({ ok: true, changed: false });
		try {
			const before = tried ? undefined : await this.#wayBack(generation);
			announceFailure(generation, because, "are rolled back", options);
			const { id, hash } = generation;
			this.#rollbacks += 1;
			this.#rolledBack = { generation: id, hash, at: this.#clock.now(), because };
			if (before !== undefined) return await this.#goBack(before, because);
			return canary === undefined
				? this.#result({ ok: true, changed: false })
				: await this.#drop(canary, because);
		} catch (cause) {
			const error = asLoadError(cause, options.entry ?? BUILT_IN);
			announceFailure(generation, because, `go on serving, since ${error.message}`, options);
			return this.#refuse(error, true);
		}
	}

	/** The candidate is not taken up again until the files change. */
	async #drop(canary: Canary, because?: string): Promise<ReloadResult> {
		this.#withdraw();
		this.#instead = insteadOf(canary.generation.bundle.hash, because);
		await keep(this.generation, this.#options, this.#instead);
		return this.#result({ ok: true, changed: true });
	}

	async #wayBack(failing: Generation): Promise<Bundle> {
		const options = this.#options;
		if (failing.origin === "rolled-back") throw nothingLeft(options);
		return bundleBefore(failing, options, this.#instead);
	}

	async #goBack(bundle: Bundle, because?: string): Promise<ReloadResult> {
		const options = this.#options;
		const from = this.generation;
		const back = bundle.hash === this.#instead?.hash;
		const origin = back ? wanted(options) : "rolled-back";
		this.#activate(await loadGeneration(bundle, options, this.#lastId + 1, origin));
		if (back) this.#rolledBack = undefined;
		this.#instead = back ? undefined : (this.#instead ?? insteadOf(from.bundle.hash, because));
		await keep(this.generation, options, this.#instead);
		return this.#result({ ok: true, changed: true });
	}

	/** Another entry is watched from before it is read. */
	async #watcherFor(options: ScriptsOptions): Promise<Watcher | undefined> {
		const { entry, pollMs } = this.#options;
		if (options.entry === entry && options.pollMs === pollMs) return this.#watcher;
		return watchRoutes(options, () => void this.reload());
	}

	async #takeOver(options: ScriptsOptions, watcher: Watcher | undefined): Promise<void> {
		const old = this.#watcher;
		this.#options = options;
		this.#watcher = watcher;
		this.#error = undefined;
		if (old !== watcher) await old?.close();
	}

	#activate(next: Generation): void {
		const { bundle } = this.generation;
		this.#lastId = Math.max(this.#lastId, next.id);
		this.#generations.activate(next);
		if (bundle.hash !== next.bundle.hash) this.#tookOver = this.#clock.now();
		this.#trials.prove(next, this.#tookOver);
		const { canary } = this.#generations;
		if (canary !== undefined) this.#trials.tryOut(canary, next);
		announce(next, this.#options);
	}

	#tryOut(canary: Canary): void {
		this.#lastId = canary.generation.id;
		this.#generations.propose(canary);
		this.#trials.tryOut(canary, this.generation);
		announceCanary(canary, this.#options);
	}

	/** The same candidate, on other requests or for another time. */
	#tryOn(settings: CanarySettings): void {
		const { canary } = this.#generations;
		if (canary === undefined || sameSettings(canary.settings, settings)) return;
		canary.settings = settings;
		this.#trials.tryOut(canary, this.generation);
		announceCanary(canary, this.#options);
	}

	#takeAll(): void {
		const { canary } = this.#generations;
		if (canary === undefined) return;
		this.#trials.end();
		announcePromotion(canary, this.#options);
		this.#activate(canary.generation);
	}

	#withdraw(): void {
		const { canary } = this.#generations;
		if (canary === undefined) return;
		this.#trials.end();
		this.#generations.withdraw();
		announceWithdrawal(canary, this.#options);
	}

	/** What was rolled back is no longer what is on disk. */
	#forgive(): void {
		this.#instead = undefined;
		this.#rolledBack = undefined;
	}

	/** Whether what was replaced is something to go back to. */
	#isGood({ counts }: Generation): boolean {
		return !isBad(counts, this.#options.rollback ?? NO_PROBATION);
	}

	/** `told`: the log has it. */
	#refuse(error: LoadError, told = false): ReloadResult {
		if (!told) refused(error, this.generation, this.#options);
		const { message, problems } = error;
		return this.#result({ ok: false, changed: false, reason: message, errors: problems });
	}

	#result(outcome: Omit<ReloadResult, "generation" | "hash" | "candidate">): ReloadResult {
		const { id, hash } = this.generation;
		const candidate = this.#generations.canary?.status;
		return { ...outcome, generation: id, hash, ...(candidate && { candidate }) };
	}
}

type LoadedPlan = {
	readonly next: Generation | undefined;
	readonly tried: Generation | undefined;
};
