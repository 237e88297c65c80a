/** The scripts that a rollback goes back to. */
import { problemAt } from "./code-frame.ts";
import type { Bundle } from "./compile.ts";
import type { Generation } from "./generation.ts";
import { goodBefore, type Instead } from "./last-good.ts";
import { LoadError } from "./load-error.ts";
import { BUILT_IN, type LoadOptions } from "./load-generation.ts";

/** Those that served before `from`. Throws LoadError when there are none, or when they failed themselves. */
export async function bundleBefore(
	{ bundle }: Generation,
	{ state, entry = BUILT_IN }: LoadOptions,
	instead: Instead | undefined,
): Promise<Bundle> {
	const before = await goodBefore(state, entry);
	if (before === undefined || before.hash === bundle.hash)
		throw refusal(entry, "there are no scripts to go back to: none served before these");
	const { because } = before.hash === instead?.hash ? instead : {};
	if (because === undefined) return before;
	throw refusal(
		entry,
		`the scripts before these were rolled back by themselves (${because}): they serve again once they are changed`,
	);
}

/** What a rollback brought fails as well: nothing is left that is known to be better. */
export function nothingLeft({ entry = BUILT_IN }: LoadOptions): LoadError {
	return refusal(entry, "it is itself what a rollback brought back");
}

function refusal(entry: string, message: string): LoadError {
	return new LoadError("LOAD_ROLLBACK", "rollback", [problemAt(undefined, entry, message)]);
}
