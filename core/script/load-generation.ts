/**
 * From files to a generation that may serve: read, bundle, hash (same? nothing to do), types,
 * start, exports, probe, tests, on-start.
 */
import { fileURLToPath } from "node:url";
import type { Log } from "../base/log.ts";
import type { AuthorsTests, TestsMode } from "./authors-tests.ts";
import type { Starting } from "./beginning.ts";
import { problemAt } from "./code-frame.ts";
import { type Bundle, type Compiled, compile } from "./compile.ts";
import type { CrashGuard } from "./crash-guard.ts";
import { findEntry } from "./find-entry.ts";
import { Generation, generationHash, type Origin } from "./generation.ts";
import { goodBefore, keep, lastGood } from "./last-good.ts";
import { DEFAULT_LIMITS, type ScriptLimits } from "./limits.ts";
import { LoadError, type Problem } from "./load-error.ts";
import type { ScriptDevice } from "./script-device.ts";
import type { ScriptMetrics } from "./script-metrics.ts";
import { checkTypes, type Typecheck } from "./typecheck.ts";

export type LoadOptions = {
	/** Absolute path of a script, or of a folder with `default.ts`; undefined for the built-in routes. */
	readonly entry: string | undefined;
	readonly devices: readonly ScriptDevice[];
	readonly limits: ScriptLimits;
	readonly typecheck: Typecheck;
	/** Without it they are not run. */
	readonly tests?: TestsMode;
	readonly authorsTests?: AuthorsTests | undefined;
	readonly log: Log;
	/** The state folder. */
	readonly state: string;
	/** Undefined where nobody would start the process again. */
	readonly guard?: CrashGuard | undefined;
	/** What `onStart` may call; without it, it is not asked. */
	readonly starting?: Starting | undefined;
	/** Where scripts count; without it, nothing is counted. */
	readonly metrics?: ScriptMetrics | undefined;
};

/** What loads ask of others than the engine. */
export type LoadHelpers = Pick<LoadOptions, "guard" | "authorsTests">;

export const BUILT_IN = fileURLToPath(new URL("../../routes/default.ts", import.meta.url));

/** What is configured, as one bundle. Throws LoadError. */
export async function compileRoutes({ entry = BUILT_IN, state }: LoadOptions): Promise<Compiled> {
	return compile(await findEntry(entry), state);
}

/** What to warn of in the types of the script. Throws LoadError when an error in them is one of the load. */
export async function checkRoutes(
	{ entry }: Bundle,
	options: LoadOptions,
): Promise<readonly Problem[]> {
	// Ours were checked with the package.
	if (options.typecheck === "off" || options.entry === undefined) return [];
	try {
		const problems = await checkTypes(entry);
		if (problems.length > 0) throw new LoadError("LOAD_TYPES", "types", problems);
		return [];
	} catch (error) {
		if (options.typecheck === "block" || !(error instanceof LoadError)) throw error;
		return error.problems;
	}
}

/** Whether the files still say what was bundled: the compiler of the types, and the tests, have read them later. */
export async function isCurrent(
	{ entry, hash }: Bundle,
	options: LoadOptions,
	tested: boolean,
): Promise<boolean> {
	if ((options.typecheck === "off" && !tested) || options.entry === undefined) return true;
	return (await compile(entry, options.state)).bundle.hash === hash;
}

/** They do not, again and again. */
export function writtenMeanwhile(file: string): LoadError {
	const message = "it was written while it was loaded: save it once, and reload";
	return new LoadError("LOAD_READ", "read", [problemAt(undefined, file, message)]);
}

/** Runs a bundle in an isolate of its own and tries it. Throws LoadError. */
export async function loadGeneration(
	bundle: Bundle,
	options: LoadOptions,
	id: number,
	origin: Origin = wanted(options),
): Promise<Generation> {
	const load = () => Generation.load(bundle, { ...options, id, origin });
	return options.guard === undefined ? load() : options.guard.watch(bundle, load);
}

/** Whether loading the bundle would change nothing. */
export function serves(
	generation: Generation,
	bundle: Bundle,
	options: LoadOptions,
	expected: Origin = wanted(options),
): boolean {
	const { hash, origin, limits, bundle: served } = generation;
	const bounds = Object.keys(DEFAULT_LIMITS) as (keyof ScriptLimits)[];
	return (
		hash === generationHash(bundle, options.devices) &&
		origin === expected &&
		served.entry === bundle.entry &&
		bounds.every((bound) => limits[bound] === options.limits[bound])
	);
}

/** Where the code comes from when nothing is wrong. */
export function wanted({ entry }: LoadOptions): Origin {
	return entry === undefined ? "built-in" : "script";
}

/** For a start whose script is broken: what last worked of it, what worked before that, else the built-in routes. */
export async function loadFallback(options: LoadOptions, id: number): Promise<Generation> {
	const { entry, state } = options;
	if (entry !== undefined) {
		const last = await loadKept((await lastGood(state, entry))?.bundle, options, id);
		if (last !== undefined) return last;
		const before = await loadKept(await goodBefore(state, entry), options, id);
		// It is what the next scripts go back to, and not those that do not load any more.
		if (before !== undefined) await keep(before, options, undefined, false);
		if (before !== undefined) return before;
	}
	const { bundle } = await compile(BUILT_IN, state);
	return Generation.load(bundle, { ...options, id, origin: "built-in" });
}

async function loadKept(
	bundle: Bundle | undefined,
	options: LoadOptions,
	id: number,
): Promise<Generation | undefined> {
	try {
		return bundle && (await loadGeneration(bundle, options, id, "last-good"));
	} catch (error) {
		if (!(error instanceof LoadError)) throw error;
		return undefined;
	}
}
