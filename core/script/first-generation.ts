/** What serves first: the scripts on disk, what a rollback put in their place, or what last worked of them. */
import type { Bundle } from "./compile.ts";
import type { Generation } from "./generation.ts";
import { type Instead, type Kept, lastGood } from "./last-good.ts";
import { asLoadError, filesOf, LoadError } from "./load-error.ts";
import {
	compileRoutes,
	type LoadOptions,
	loadFallback,
	loadGeneration,
	writtenMeanwhile,
} from "./load-generation.ts";
import type { PlanOptions } from "./load-plan.ts";
import { tryRoutes } from "./try-routes.ts";
import type { Watcher } from "./watcher.ts";

export type First = {
	readonly generation: Generation;
	readonly error: LoadError | undefined;
	readonly instead: Instead | undefined;
	/** What is on disk has not been proven and is to be tried beside it. */
	readonly tries: boolean;
	/** It has served before this start. */
	readonly proven: boolean;
};

export async function firstGeneration(
	options: PlanOptions,
	watcher: Watcher | undefined,
): Promise<First> {
	const since = Date.now();
	const none = { error: undefined, instead: undefined, tries: false, proven: true };
	try {
		const compiled = await compileRoutes(options);
		await watcher?.include(compiled.inputs, since);
		const { bundle } = compiled;
		const kept = await keptOf(options);
		if (kept?.instead?.hash === bundle.hash) {
			const generation = await loadGeneration(kept.bundle, options, 1, "rolled-back");
			return { ...none, generation, instead: kept.instead };
		}
		const proven = kept?.bundle.hash === bundle.hash;
		if (kept !== undefined && !proven && options.canary !== undefined) {
			const generation = await tryKept(kept.bundle, options);
			if (generation !== undefined) return { ...none, generation, tries: true };
		}
		// What has served before was tested then: a start after a crash cannot wait.
		const untested = proven ? { ...options, tests: "off" as const } : options;
		const { current } = await tryRoutes(compiled, untested, 1);
		// The watcher has seen it: what was written is loaded next.
		if (!current) throw writtenMeanwhile(bundle.entry);
		return { ...none, generation: await loadGeneration(bundle, options, 1), proven };
	} catch (cause) {
		if (options.entry === undefined) throw cause;
		const error = asLoadError(cause, options.entry);
		await watcher?.include(filesOf(error.problems), since);
		return { ...none, generation: await loadFallback(options, 1), error };
	}
}

/** A rollback outlives a restart, and so does a canary: what has not been proven is not all there is. */
async function keptOf({ state, entry }: LoadOptions): Promise<Kept | undefined> {
	return entry === undefined ? undefined : lastGood(state, entry);
}

/** Undefined when it cannot be loaded any more. */
async function tryKept(bundle: Bundle, options: LoadOptions): Promise<Generation | undefined> {
	try {
		return await loadGeneration(bundle, options, 1, "last-good");
	} catch (error) {
		if (!(error instanceof LoadError)) throw error;
		return undefined;
	}
}
