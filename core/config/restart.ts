/** What a reload cannot change: the top-level keys that the schema marks with `restart`. */
import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config.ts";
import { topShape } from "./schema.ts";
import { keyDocs } from "./section.ts";

type Key = "listen" | "state" | "location" | "node" | "admin";

const RESTART_ONLY = Object.entries(topShape)
	.filter(([, field]) => keyDocs.get(field)?.restart === true)
	.map(([word]) => word as Key);

/** The restart-only keys in which two configurations differ. */
export function restartOnlyChanges(before: Config, after: Config): readonly string[] {
	return RESTART_ONLY.filter((key) => !isDeepStrictEqual(before[key], after[key]));
}
