/** A place in a script's own files. */
export type Place = {
	/** Absolute path. */
	readonly file: string;
	/** Both count from 1. */
	readonly line: number;
	readonly column: number;
};

export function placeText({ file, line, column }: Place): string {
	return `${file}:${line}:${column}`;
}
