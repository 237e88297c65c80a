/** The top level is fixed, and every folder of core/ has its map: a README of at most five lines. */
import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import { fakeTree, repository, type Tree } from "../support/tree.ts";

const TOP = ["core", "routes", "examples", "test", "docs", ".ci"];
const TOP_FILES = [
	...["package.json", "package-lock.json", "tsconfig.json", "biome.json", ".gitignore", ".npmrc"],
	...["README.md", "LICENSE", "CHANGELOG.md"],
];
const README_LINES_MAX = 5;

export function strayTopLevel(tree: Tree): string[] {
	const tops = new Set([...tree.keys()].map((path) => path.split("/")[0] ?? ""));
	return [...tops].filter((top) => !TOP.includes(top) && !TOP_FILES.includes(top));
}

export function readmeViolations(tree: Tree): string[] {
	const folders = new Set(
		[...tree.keys()].filter((path) => /^core\/.+\//.test(path)).map((path) => posix.dirname(path)),
	);
	return [...folders].flatMap((folder) => {
		const text = tree.get(`${folder}/README.md`);
		if (text === undefined) return [`${folder} has no README.md`];
		const lines = text.trimEnd().split("\n");
		if (lines.length > README_LINES_MAX) return [`${folder}/README.md has ${lines.length} lines`];
		return /^[^#\s].*\.$/.test(lines[0] ?? "")
			? []
			: [`${folder}/README.md: line 1 is no sentence`];
	});
}

test("the top level holds the five folders and the usual files, nothing else", () => {
	assert.deepEqual(strayTopLevel(repository()), []);
});

test("core/: every folder has a README.md of at most five lines that starts with its sentence", () => {
	assert.deepEqual(readmeViolations(repository()), []);
});

test("the folder checks fail on a stray folder, and on a missing, long or headless README", () => {
	const tree = fakeTree({
		"lib/x.ts": "",
		"README.md": "",
		"core/a/x.ts": "",
		"core/b/README.md": "One.\n2\n3\n4\n5\n6\n",
		"core/c/README.md": "# c\nText.\n",
		"core/d/README.md": "What d is, in a sentence.\n",
		"core/d/deep/x.ts": "",
		"core/main.ts": "",
	});
	assert.deepEqual(strayTopLevel(tree), ["lib"]);
	assert.deepEqual(readmeViolations(tree), [
		"core/a has no README.md",
		"core/b/README.md has 6 lines",
		"core/c/README.md: line 1 is no sentence",
		"core/d/deep has no README.md",
	]);
});
