/** A script could not be loaded. The generation that is active keeps serving. */

/** The steps of a load, in their order. */
export type LoadStep = "read" | "bundle" | "types" | "start" | "exports" | "probe";

/** One thing to put right, where it stands. */
export type Problem = {
	/** Absolute path. */
	readonly file: string;
	/** From 1; 0 when the place within the file is not known. */
	readonly line: number;
	readonly column: number;
	readonly message: string;
	/** The lines around it with a mark under the place, or "". */
	readonly frame: string;
};

export class LoadError extends Error {
	override readonly name = "LoadError";
	readonly code: LoadErrorCode;
	readonly step: LoadStep;
	readonly problems: readonly Problem[];

	constructor(code: LoadErrorCode, step: LoadStep, problems: readonly Problem[]) {
		super(`${step}: ${problems.map(describe).join("; ")}`);
		this.code = code;
		this.step = step;
		this.problems = problems;
	}
}

export type LoadErrorCode =
	/** The entry does not exist or cannot be read. */
	| "LOAD_READ"
	/** It does not parse, or an import leads nowhere. */
	| "LOAD_BUNDLE"
	/** The compiler found an error in its types. */
	| "LOAD_TYPES"
	/** The compiler cannot be run. */
	| "LOAD_COMPILER"
	/** Its top level threw or ran into a limit. */
	| "LOAD_START"
	/** Its default export is not what `defineRoutes` makes. */
	| "LOAD_EXPORTS"
	/** It failed on a canned request. */
	| "LOAD_PROBE"
	/** A step did not end. */
	| "LOAD_TIMEOUT";

function describe({ file, line, column, message }: Problem): string {
	return line === 0 ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`;
}
