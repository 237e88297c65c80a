/** A script could not be loaded. The generation that is active keeps serving. */
import type { LoadErrorCode, LoadStep } from "./load-steps.ts";

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

function describe({ file, line, column, message }: Problem): string {
	return line === 0 ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`;
}
