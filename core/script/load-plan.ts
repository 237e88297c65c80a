/**
 * What a reload has to load, of the scripts on disk, those that serve, and those that are tried beside
 * them. Bundle, types and tests are of one and the same text: what is written in between is taken up anew.
 */
import type { Canary } from "./canary.ts";
import type { Bundle, Compiled } from "./compile.ts";
import type { Generation, Origin } from "./generation.ts";
import type { Instead } from "./last-good.ts";
import type { Problem } from "./load-error.ts";
import {
	compileRoutes,
	type LoadOptions,
	serves,
	wanted,
	writtenMeanwhile,
} from "./load-generation.ts";
import { rolledBack, warn } from "./load-log.ts";
import { type Tried, tryRoutes } from "./try-routes.ts";
import type { Watcher } from "./watcher.ts";

export type Plan = {
	/** What is on disk was rolled back, and does not serve. */
	readonly held: boolean;
	/** To be loaded for every request that is not the candidate's; undefined: what serves goes on. */
	readonly serving: Bundle | undefined;
	readonly origin: Origin;
	/** The candidate gets every request: there is no canary any more. */
	readonly promotes: boolean;
	/** To be loaded and tried. */
	readonly candidate: Bundle | undefined;
	/** The one that is tried goes on being tried. */
	readonly stays: boolean;
};

/** What there is. */
export type Present = {
	readonly serving: Generation;
	readonly canary: Canary | undefined;
	readonly instead: Instead | undefined;
};

export type PlanOptions = LoadOptions & { readonly canary?: object | undefined };

/** A script that is written once more while it is loaded, again and again. */
const ATTEMPTS_MAX = 10;

export async function planLoad(
	options: PlanOptions,
	present: Present,
	watcher: Watcher | undefined,
	since: number,
): Promise<Plan & { readonly warnings: readonly Problem[] }> {
	for (let left = ATTEMPTS_MAX; ; left -= 1) {
		const compiled = await compileRoutes(options);
		await watcher?.include(compiled.inputs, since);
		const { bundle } = compiled;
		const plan = planOf(bundle, options, present);
		const fresh = plan.candidate !== undefined || plan.serving === bundle;
		const tried = fresh ? tryRoutes(compiled, options, present.serving.id + 1) : undefined;
		const { warnings, current } =
			(await tried) ?? (await asItWas(plan, compiled, options, present));
		if (current) return { ...plan, warnings };
		if (left === 1) throw writtenMeanwhile(bundle.entry);
	}
}

function planOf(bundle: Bundle, options: PlanOptions, present: Present): Plan {
	const { serving, canary, instead } = present;
	const held = bundle.hash === instead?.hash;
	const tried = !held && isTried(bundle, options, serving);
	const wants = held || tried ? serving.bundle : bundle;
	const origin = held || tried ? serving.origin : wanted(options);
	const same = canary !== undefined && serves(canary.generation, bundle, options);
	const promotes = same && !held && !tried;
	const goesOn = promotes || serves(serving, wants, options, origin);
	return {
		held,
		serving: goesOn ? undefined : wants,
		origin,
		promotes,
		candidate: tried && !same ? bundle : undefined,
		stays: tried && same,
	};
}

/** The first scripts of one's own have nothing to be compared with but our routes, and serve at once. */
function isTried(bundle: Bundle, { canary }: PlanOptions, serving: Generation): boolean {
	return (
		canary !== undefined && serving.origin !== "built-in" && bundle.hash !== serving.bundle.hash
	);
}

/** It is not to be loaded: its types and tests have been looked at before, or are of no interest. */
async function asItWas(
	{ held }: Plan,
	compiled: Compiled,
	options: PlanOptions,
	{ serving, instead }: Present,
): Promise<Tried> {
	const warnings = held
		? [rolledBack(serving, options, instead?.because)]
		: await warn(compiled, options, false);
	return { warnings, current: true };
}
