/**
 * The author's tests as a step of a load: what they say decides whether the scripts serve. They run
 * elsewhere, as programs of their own.
 */
import { problemAt } from "./code-frame.ts";
import type { Bundle } from "./compile.ts";
import { folderOf } from "./find-entry.ts";
import { LoadError, type Problem } from "./load-error.ts";

/** What a test that fails does: keeps the scripts from serving, is told, or is not run. */
export type TestsMode = "block" | "warn" | "off";

export type FailedTest = {
	/** "" where the file itself could not be run. */
	readonly name: string;
	/** Absolute path. */
	readonly file: string;
	/** From 1; 0 where it is not known. */
	readonly line: number;
	readonly column: number;
	readonly reason: string;
};

export type TestsOutcome =
	| { readonly kind: "ran"; readonly failed: readonly FailedTest[] }
	| { readonly kind: "late"; readonly milliseconds: number }
	/** They could not be run: why. */
	| { readonly kind: "unable"; readonly reason: string };

export type AuthorsTests = {
	/** Absolute paths of those in a folder. */
	find(folder: string): readonly string[];
	run(files: readonly string[]): Promise<TestsOutcome>;
};

type Options = {
	readonly entry: string | undefined;
	readonly tests?: TestsMode;
	readonly authorsTests?: AuthorsTests | undefined;
};

const SHOWN_MAX = 20;

/** Files of tests that the load of these scripts runs. */
export async function testsOf({ entry, tests, authorsTests }: Options): Promise<readonly string[]> {
	if (entry === undefined || tests === "off" || authorsTests === undefined) return [];
	return authorsTests.find(await folderOf(entry));
}

/** What to warn of. Throws LoadError when it is to keep the scripts from serving. */
export async function runTests(
	{ entry }: Bundle,
	files: readonly string[],
	{ tests, authorsTests }: Options,
): Promise<readonly Problem[]> {
	if (authorsTests === undefined || files.length === 0) return [];
	const error = errorOf(entry, await authorsTests.run(files));
	if (error === undefined) return [];
	if (tests !== "warn") throw error;
	return error.problems;
}

function errorOf(entry: string, outcome: TestsOutcome): LoadError | undefined {
	const whole = (message: string) => [problemAt(undefined, entry, message)];
	switch (outcome.kind) {
		case "late": {
			const message = `its tests did not end within ${outcome.milliseconds} ms`;
			return new LoadError("LOAD_TIMEOUT", "tests", whole(message));
		}
		case "unable":
			return new LoadError("LOAD_TESTS", "tests", whole(`its tests: ${outcome.reason}`));
		case "ran": {
			const { failed } = outcome;
			if (failed.length === 0) return undefined;
			const more = failed.length - SHOWN_MAX;
			const shown = failed.slice(0, SHOWN_MAX).map(asProblem);
			const rest = more > 0 ? whole(`and ${more} more tests that fail`) : [];
			return new LoadError("LOAD_TESTS", "tests", [...shown, ...rest]);
		}
	}
}

export function asProblem({ name, reason, ...place }: FailedTest): Problem {
	const message = name === "" ? reason : `test "${name}": ${reason}`;
	return problemAt(place.line === 0 ? undefined : place, place.file, message);
}
