/**
 * The order of a reload, read beside docs/guides/hot-reload.md: one row is one step, done from top to
 * bottom. A step that fails ends the reload with one of its codes, and what serves goes on serving.
 */

// biome-ignore format: the rows stay aligned so that they can be read as a table
export const LOAD_STEPS = [
	{ step: "read",     does: "find the script",                               codes: ["LOAD_READ"] },
	{ step: "bundle",   does: "make one text of it and what it imports",       codes: ["LOAD_BUNDLE", "LOAD_TIMEOUT"] },
	{ step: "hash",     does: "compare it with what serves: the same is done", codes: [] },
	{ step: "types",    does: "check its types",                               codes: ["LOAD_TYPES", "LOAD_COMPILER", "LOAD_TIMEOUT"] },
	{ step: "start",    does: "run its top level in an isolate of its own",    codes: ["LOAD_START", "LOAD_CRASHED"] },
	{ step: "exports",  does: "look for what `defineRoutes` makes",            codes: ["LOAD_EXPORTS"] },
	{ step: "probe",    does: "try it with an OPTIONS and an INVITE",          codes: ["LOAD_PROBE"] },
	{ step: "tests",    does: "run the author's tests beside it",              codes: ["LOAD_TESTS", "LOAD_TIMEOUT"] },
	{ step: "on-start", does: "let `onStart` prepare what it needs",           codes: ["LOAD_ON_START"] },
	{ step: "activate", does: "give it every new request",                     codes: [] },
	{ step: "keep",     does: "write it to the state folder",                  codes: [] },
	{ step: "drain",    does: "let the old one end what it began",             codes: [] },
] as const;

type Row = (typeof LOAD_STEPS)[number];

/** A rollback has a step of its own in place of the first four, and a promotion in place of all before `activate`. */
export type LoadErrorCode = Row["codes"][number] | "LOAD_ROLLBACK" | "LOAD_PROMOTE";

/** The steps that can fail. */
export type LoadStep =
	| Exclude<Row, { readonly codes: readonly [] }>["step"]
	| "rollback"
	| "promote";
