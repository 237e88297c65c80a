/**
 * The generation that serves, and how the next one takes its place. Whatever fails before it is
 * activated changes nothing; what the old one began, it finishes.
 */
import { problemAt } from "./code-frame.ts";
import type { Bundle } from "./compile.ts";
import { folderOf } from "./find-entry.ts";
import { type First, firstGeneration } from "./first-generation.ts";
import type { Generation, Origin } from "./generation.ts";
import { Generations } from "./generations.ts";
import { goodBefore, keepLastGood } from "./last-good.ts";
import { asLoadError, filesOf, LoadError, type Problem } from "./load-error.ts";
import {
	BUILT_IN,
	compileRoutes,
	isCurrent,
	type LoadOptions,
	loadGeneration,
	serves,
	wanted,
	writtenMeanwhile,
} from "./load-generation.ts";
import { announce, refused, rolledBack, warn } from "./load-log.ts";
import type { ScriptDevice } from "./script-device.ts";
import { Watcher } from "./watcher.ts";

export type ScriptsOptions = LoadOptions & {
	/** Reload when a file of the script changes. */
	readonly watch: boolean;
	/** Then: milliseconds between two looks at the contents; Infinity, as without it, for none. */
	readonly pollMs?: number;
	/** Told of every reload, asked for or not. */
	readonly reloaded?: (result: ReloadResult) => void;
};

/** What a reload may change beside the devices. */
export type ScriptsChange = Pick<LoadOptions, "entry" | "limits"> &
	Partial<Pick<ScriptsOptions, "typecheck" | "pollMs">>;

export type ReloadResult = {
	readonly ok: boolean;
	/** Another generation took over. */
	readonly changed: boolean;
	/** The one that serves now. */
	readonly generation: number;
	readonly hash: string;
	/** Why the new one was refused. */
	readonly reason?: string;
	readonly errors?: readonly Problem[];
	/** What is no reason to refuse it. */
	readonly warnings?: readonly Problem[];
};

export type ScriptsStatus = {
	readonly generation: number;
	readonly hash: string;
	readonly origin: Origin;
	readonly entry: string;
	readonly asked: number;
	readonly failed: number;
	/** Why what is on disk does not serve; undefined when it does. */
	readonly error: LoadError | undefined;
};

export class Scripts {
	#options: ScriptsOptions;
	/** For the reload that waits: taken over only when it succeeds. */
	#change: Partial<ScriptsOptions> = {};
	readonly #generations: Generations;
	/** After a rollback: the hash of the bundle that is not taken up again while it is what is on disk. */
	#instead: string | undefined;
	#error: LoadError | undefined;
	#watcher: Watcher | undefined;
	/** The reload under way, and the one that waits for it. */
	#running: Promise<unknown> = Promise.resolve();
	#waiting: Promise<ReloadResult> | undefined;

	private constructor(options: ScriptsOptions, first: First, watcher: Watcher | undefined) {
		this.#options = options;
		this.#generations = new Generations(first.generation, options.log);
		this.#instead = first.instead;
		this.#error = first.error;
		this.#watcher = watcher;
	}

	/** Starts even when the script is broken: with what last worked, or with the built-in routes. */
	static async start(options: ScriptsOptions): Promise<Scripts> {
		let scripts: Scripts | undefined;
		let early = false;
		const watcher = await watch(options, () => {
			early = scripts === undefined;
			void scripts?.reload();
		});
		const first = await firstGeneration(options, watcher);
		scripts = new Scripts(options, first, watcher);
		if (first.error === undefined) await keep(first.generation, options, first.instead);
		else refused(first.error, first.generation, options);
		announce(first.generation, options);
		if (early) void scripts.reload();
		return scripts;
	}

	/** The one that new requests ask. Whoever asks again later retains it. */
	get generation(): Generation {
		return this.#generations.current;
	}

	/** Every one that is alive. */
	get generations(): Generations {
		return this.#generations;
	}

	get status(): ScriptsStatus {
		const { id, hash, origin, bundle, counts } = this.generation;
		return { generation: id, hash, origin, entry: bundle.entry, ...counts, error: this.#error };
	}

	/**
	 * Loads what is on disk now, with other devices, another entry and other limits if given.
	 * Requests that come together are one reload.
	 */
	reload(devices?: readonly ScriptDevice[], change?: ScriptsChange): Promise<ReloadResult> {
		this.#change = { ...this.#change, ...(devices && { devices }), ...change };
		this.#waiting ??= this.#running.then(() => {
			this.#waiting = undefined;
			return this.#replace();
		});
		this.#running = this.#waiting;
		return this.#waiting;
	}

	/**
	 * The scripts before those that serve take over again, with the devices of today; asked for once
	 * more, the others do. What is on disk is left alone until it changes.
	 */
	rollback(): Promise<ReloadResult> {
		const result = this.#running.then(() => this.#rollBack());
		this.#running = result;
		return result;
	}

	async close(): Promise<void> {
		await this.#watcher?.close();
		await this.#running;
		// The last reload may have moved it.
		await this.#watcher?.close();
		this.generation.retire();
	}

	async #replace(): Promise<ReloadResult> {
		const result = await this.#load();
		this.#options.reloaded?.(result);
		return result;
	}

	async #load(): Promise<ReloadResult> {
		const options = { ...this.#options, ...this.#change };
		this.#change = {};
		const since = Date.now();
		let watcher = this.#watcher;
		try {
			watcher = await this.#watcherFor(options);
			const prepared = await this.#prepare(options, watcher, since);
			const { bundle, origin, held, changed, warnings } = prepared;
			if (changed)
				this.#activate(
					await loadGeneration(bundle, options, this.generation.id + 1, origin),
					options,
				);
			await this.#takeOver(options, watcher);
			if (!held) this.#instead = undefined;
			if (changed) await keep(this.generation, options, this.#instead);
			return this.#result({ ok: true, changed, ...(warnings.length > 0 && { warnings }) });
		} catch (cause) {
			this.#error = asLoadError(cause, options.entry ?? BUILT_IN);
			refused(this.#error, this.generation, options);
			const { message, problems } = this.#error;
			if (watcher === this.#watcher) await watcher?.include(filesOf(problems), since);
			else await watcher?.close();
			return this.#result({ ok: false, changed: false, reason: message, errors: problems });
		}
	}

	/** Bundle and types of one and the same text: what is written in between is taken up anew. */
	async #prepare(
		options: ScriptsOptions,
		watcher: Watcher | undefined,
		since: number,
	): Promise<Prepared> {
		for (let left = ATTEMPTS_MAX; ; left -= 1) {
			const compiled = await compileRoutes(options);
			await watcher?.include(compiled.inputs, since);
			const held = compiled.bundle.hash === this.#instead;
			const origin = held ? "rolled-back" : wanted(options);
			const bundle = held ? this.generation.bundle : compiled.bundle;
			const changed = !serves(this.generation, bundle, options, origin);
			const warnings = held
				? [rolledBack(this.generation, options)]
				: await warn(compiled, options, changed);
			const done = held || !changed || (await isCurrent(bundle, options));
			if (done) return { bundle, origin, held, changed, warnings };
			if (left === 1) throw writtenMeanwhile(bundle.entry);
		}
	}

	async #rollBack(): Promise<ReloadResult> {
		const options = this.#options;
		const from = this.generation;
		try {
			const bundle = await bundleBefore(from, options);
			const back = bundle.hash === this.#instead;
			const origin = back ? wanted(options) : "rolled-back";
			this.#activate(await loadGeneration(bundle, options, from.id + 1, origin), options);
			this.#instead = back ? undefined : from.bundle.hash;
			await keep(this.generation, options, this.#instead);
			return this.#result({ ok: true, changed: true });
		} catch (cause) {
			const error = asLoadError(cause, options.entry ?? BUILT_IN);
			refused(error, from, options);
			const { message, problems } = error;
			return this.#result({ ok: false, changed: false, reason: message, errors: problems });
		}
	}

	/** Another entry is watched from before it is read. */
	async #watcherFor(options: ScriptsOptions): Promise<Watcher | undefined> {
		const { entry, pollMs } = this.#options;
		if (options.entry === entry && options.pollMs === pollMs) return this.#watcher;
		return watch(options, () => void this.reload());
	}

	async #takeOver(options: ScriptsOptions, watcher: Watcher | undefined): Promise<void> {
		const old = this.#watcher;
		this.#options = options;
		this.#watcher = watcher;
		this.#error = undefined;
		if (old !== watcher) await old?.close();
	}

	#activate(next: Generation, options: ScriptsOptions): void {
		this.#generations.activate(next);
		announce(next, options);
	}

	#result(outcome: Omit<ReloadResult, "generation" | "hash">): ReloadResult {
		const { id, hash } = this.generation;
		return { ...outcome, generation: id, hash };
	}
}

async function bundleBefore(
	{ bundle }: Generation,
	{ state, entry = BUILT_IN }: LoadOptions,
): Promise<Bundle> {
	const before = await goodBefore(state, entry);
	if (before !== undefined && before.hash !== bundle.hash) return before;
	const message = "there are no scripts to go back to: none served before these";
	throw new LoadError("LOAD_ROLLBACK", "rollback", [problemAt(undefined, entry, message)]);
}

async function watch(options: ScriptsOptions, changed: () => void): Promise<Watcher | undefined> {
	const { entry, state, log, pollMs = Infinity } = options;
	if (!options.watch || entry === undefined) return undefined;
	const folder = await folderOf(entry);
	const failed = ({ message: reason }: Error) =>
		log.error(
			{ event: "routes.not-watched", folder, reason },
			"changes of the routes may be missed",
		);
	return Watcher.open({ folder, except: state, pollMs }, { changed, failed });
}

/** A script that is written once more while it is loaded, again and again. */
const ATTEMPTS_MAX = 10;

type Prepared = {
	readonly bundle: Bundle;
	readonly origin: Origin;
	/** What is on disk was rolled back, and does not serve. */
	readonly held: boolean;
	readonly changed: boolean;
	readonly warnings: readonly Problem[];
};

/** A disk that is full is no reason not to serve. */
async function keep(
	{ origin, bundle }: Generation,
	{ state, log }: ScriptsOptions,
	instead?: string,
): Promise<void> {
	if (origin !== "script" && origin !== "rolled-back") return;
	await keepLastGood(state, bundle, instead).catch((error: Error) =>
		log.warn({ event: "routes.not-kept", reason: error.message }, "last good version not kept"),
	);
}
