/** The repository as data: path → text. The checks of test/tidy/ take one, so that they can be tried on a made-up one. */
import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export type Tree = ReadonlyMap<string, string>;

const IGNORED = /(^|\/)(node_modules|dist|\.git|state)(\/|$)|\.(tgz|wav|png)$/;
const EVERYTHING = ["**/*", ".ci/*", ".gitignore", ".npmrc"];

let whole: Tree | undefined;

/** Every text file that belongs to the project. */
export function repository(): Tree {
	whole ??= readTree(EVERYTHING);
	return whole;
}

/** The part of a tree whose paths match. */
export function select(tree: Tree, pattern: RegExp): Tree {
	return new Map([...tree].filter(([path]) => pattern.test(path)));
}

export function fakeTree(files: Record<string, string>): Tree {
	return new Map(Object.entries(files));
}

function readTree(patterns: readonly string[]): Tree {
	const files = globSync(patterns, { withFileTypes: true, exclude: (e) => IGNORED.test(e.name) })
		.filter((entry) => entry.isFile())
		.map((entry) => relative(".", join(entry.parentPath, entry.name)))
		.filter((path) => !IGNORED.test(path))
		.sort();
	return new Map(files.map((path) => [path, readFileSync(path, "utf8")]));
}
