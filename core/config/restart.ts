/** What a reload cannot change: the keys that docs/reference/config.md marks with `restart`. */
import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config.ts";

/** The restart-only keys in which two configurations differ. */
export function restartOnlyChanges(before: Config, after: Config): readonly string[] {
	return RESTART_ONLY.filter((key) => !isDeepStrictEqual(before[key], after[key]));
}

export const RESTART_ONLY = ["listen", "state", "location", "admin"] as const;
