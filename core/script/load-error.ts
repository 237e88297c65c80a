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

/** Where something is wrong may lie elsewhere, and it is there that it will be mended. */
export function filesOf(problems: readonly Problem[]): readonly string[] {
	return problems.map(({ file }) => file);
}

/** What went wrong on the way to the script, such as a folder that cannot be read. */
export function asLoadError(cause: unknown, file: string): LoadError {
	if (cause instanceof LoadError) return cause;
	const problem = { file, line: 0, column: 0, message: String(cause), frame: "" };
	return new LoadError("LOAD_READ", "read", [problem]);
}
