/** What kept a reload from happening, in the words of the admin API. */
import type { ReloadError } from "./status.ts";

/** A thrown error with a code, and the place and the fix where it names them. */
export function asReloadError(error: unknown): ReloadError {
	if (!(error instanceof Error)) return { code: "RELOAD", message: String(error) };
	const { code, file, line, column, fix } = error as Partial<ReloadError>;
	return reloadError({ code: code ?? "RELOAD", file, line, column, message: error.message, fix });
}

/** Without the fields that are undefined: JSON has none. */
export function reloadError(fields: {
	readonly code: string;
	readonly file?: string | undefined;
	readonly line?: number | undefined;
	readonly column?: number | undefined;
	readonly message: string;
	readonly fix?: string | undefined;
}): ReloadError {
	const { code, file, line, column, message, fix } = fields;
	return {
		code,
		message,
		...(file === undefined ? {} : { file }),
		...(line === undefined ? {} : { line }),
		...(column === undefined ? {} : { column }),
		...(fix === undefined ? {} : { fix }),
	};
}

/** Problems of scripts, each with its code frame below the message. One of a file as a whole has no line. */
export function problemErrors(
	problems: readonly Required<Omit<ReloadError, "code" | "fix"> & { readonly frame: string }>[],
	code: string,
): readonly ReloadError[] {
	return problems.map(({ file, line, column, message, frame }) =>
		reloadError({
			code,
			file,
			line: line || undefined,
			column: column || undefined,
			message: frame === "" ? message : `${message}\n${frame}`,
		}),
	);
}

export function needsRestart(key: string): ReloadError {
	return {
		code: "CONFIG_RESTART",
		message: `${key} has changed, which a reload cannot follow`,
		fix: `restart, or put ${key} back as it was`,
	};
}
