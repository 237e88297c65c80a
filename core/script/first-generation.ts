/** What serves first: the scripts on disk, what a rollback put in their place, or what last worked of them. */
import type { Bundle } from "./compile.ts";
import type { Generation } from "./generation.ts";
import { lastGood } from "./last-good.ts";
import { asLoadError, filesOf, type LoadError } from "./load-error.ts";
import {
	compileRoutes,
	isCurrent,
	type LoadOptions,
	loadFallback,
	loadGeneration,
	writtenMeanwhile,
} from "./load-generation.ts";
import { warn } from "./load-log.ts";
import type { Watcher } from "./watcher.ts";

export type First = {
	readonly generation: Generation;
	readonly error: LoadError | undefined;
	readonly instead: string | undefined;
};

export async function firstGeneration(
	options: LoadOptions,
	watcher: Watcher | undefined,
): Promise<First> {
	const since = Date.now();
	try {
		const compiled = await compileRoutes(options);
		await watcher?.include(compiled.inputs, since);
		const kept = await keptInstead(compiled.bundle, options);
		if (kept !== undefined) {
			const generation = await loadGeneration(kept, options, 1, "rolled-back");
			return { generation, error: undefined, instead: compiled.bundle.hash };
		}
		await warn(compiled, options, true);
		// The watcher has seen it: what was written is loaded next.
		if (!(await isCurrent(compiled.bundle, options))) throw writtenMeanwhile(compiled.bundle.entry);
		const generation = await loadGeneration(compiled.bundle, options, 1);
		return { generation, error: undefined, instead: undefined };
	} catch (cause) {
		if (options.entry === undefined) throw cause;
		const error = asLoadError(cause, options.entry);
		await watcher?.include(filesOf(error.problems), since);
		return { generation: await loadFallback(options, 1), error, instead: undefined };
	}
}

/** A rollback outlives a restart. */
async function keptInstead(
	{ hash }: Bundle,
	{ state, entry }: LoadOptions,
): Promise<Bundle | undefined> {
	const kept = entry === undefined ? undefined : await lastGood(state, entry);
	return kept?.instead === hash ? kept.bundle : undefined;
}
