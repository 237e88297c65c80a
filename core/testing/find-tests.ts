/** The files of tests that the command line names. */
import { globSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const NAMES = "**/*.test.{ts,mts,js,mjs}";
const LEFT_OUT = /^(node_modules|state|\..*)$/;

export type Found = { readonly files: readonly string[]; readonly missing: readonly string[] };

/** Absolute paths, in order, each once. A folder stands for all below it. */
export function findTests(paths: readonly string[]): Found {
	const files = new Set<string>();
	const missing: string[] = [];
	for (const path of paths) {
		const found = testsAt(resolve(path));
		if (found.length === 0) missing.push(path);
		for (const file of found) files.add(file);
	}
	return { files: [...files], missing };
}

function testsAt(path: string): readonly string[] {
	const kind = statSync(path, { throwIfNoEntry: false });
	if (kind === undefined) return [];
	if (!kind.isDirectory()) return [path];
	const exclude = (name: string) => LEFT_OUT.test(name);
	const found = globSync(NAMES, { cwd: path, exclude: (entry: string) => exclude(baseOf(entry)) });
	return found.map((file) => join(path, file)).sort();
}

function baseOf(path: string): string {
	return path.split(/[\\/]/).at(-1) ?? path;
}
