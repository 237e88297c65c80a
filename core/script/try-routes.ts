/** What is looked at before scripts that are new may serve: their types, whether they load, and their tests. */
import { runTests, testsOf } from "./authors-tests.ts";
import type { Bundle, Compiled } from "./compile.ts";
import type { Problem } from "./load-error.ts";
import { isCurrent, type LoadOptions, loadGeneration } from "./load-generation.ts";
import { tellWarnings, warn } from "./load-log.ts";

export type Tried = {
	readonly warnings: readonly Problem[];
	/** The files still say what was looked at. */
	readonly current: boolean;
};

/** `id`: of the generation that it is about to be. Throws LoadError. */
export async function tryRoutes(
	compiled: Compiled,
	options: LoadOptions,
	id: number,
): Promise<Tried> {
	const { bundle } = compiled;
	const doubtful = await warn(compiled, options, true);
	const tests = await testsOf(options);
	// What does not load says so better than each of its tests would.
	if (tests.length > 0) await tryLoad(bundle, options, id);
	const failed = await runTests(bundle, tests, options);
	tellWarnings(failed, options);
	const current = await isCurrent(bundle, options, tests.length > 0);
	return { warnings: [...doubtful, ...failed], current };
}

/** Without effect: `onStart` is asked when nothing else is against the scripts. */
async function tryLoad(bundle: Bundle, options: LoadOptions, id: number): Promise<void> {
	const generation = await loadGeneration(bundle, { ...options, starting: undefined }, id);
	generation.end();
}
