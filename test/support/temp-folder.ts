/** A folder that lives as long as a test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export type TempFolder = {
	readonly path: string;
	/** Writes a file, making its folders, and returns its absolute path. */
	write(name: string, text: string): string;
	remove(): void;
};

export function tempFolder(): TempFolder {
	const path = mkdtempSync(join(tmpdir(), "sipwright-"));
	return {
		path,
		write: (name, text) => {
			const file = join(path, name);
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, text);
			return file;
		},
		// A browser may write on for a moment after it has ended.
		remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }),
	};
}
