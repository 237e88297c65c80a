/** No import cycles, no barrels, no dead files. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { imports, namedFiles, readSource, resolve } from "../support/source.ts";
import { fakeTree, repository, select, type Tree } from "../support/tree.ts";

const CODE = /^(core|routes|test)\/.*\.[tj]s$/;

/** Cycles among the files of a tree, each as the list of its files. */
export function importCycles(tree: Tree): string[][] {
	const edges = new Map(
		[...tree].map(([path, text]) => [
			path,
			imports(text)
				.map((target) => resolve(path, target))
				.filter((target) => tree.has(target)),
		]),
	);
	const cycles: string[][] = [];
	const done = new Set<string>();
	const visit = (path: string, trail: readonly string[]) => {
		const seen = trail.indexOf(path);
		if (seen >= 0) cycles.push([...trail.slice(seen), path]);
		if (seen >= 0 || done.has(path)) return;
		for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
		done.add(path);
	};
	for (const path of edges.keys()) visit(path, []);
	return cycles;
}

export function barrels(tree: Tree): string[] {
	return [...tree]
		.filter(([path, text]) => /(^|\/)index\.[tj]s$/.test(path) || onlyReExports(text))
		.map(([path]) => path);
}

/** Files under core/ that nothing imports or names; package.json names the entry points. */
export function deadFiles(tree: Tree): string[] {
	const used = new Set<string>();
	for (const [path, text] of select(tree, CODE)) {
		if (path.startsWith("test/")) continue;
		for (const target of namedFiles(path, text)) if (target !== path) used.add(target);
	}
	const entries = tree.get("package.json") ?? "";
	return [...select(tree, /^core\/.*\.[tj]s$/).keys()].filter(
		(path) => !used.has(path) && !entries.includes(path),
	);
}

function onlyReExports(text: string): boolean {
	const statements = readSource(text)
		.code.split(";")
		.map((statement) => statement.trim())
		.filter((statement) => statement !== "");
	return statements.length > 0 && statements.every((one) => /^export\b[\s\S]*\bfrom$/.test(one));
}

test("no import cycles", () => {
	assert.deepEqual(importCycles(select(repository(), CODE)), []);
});

test("no barrel files", () => {
	assert.deepEqual(barrels(select(repository(), CODE)), []);
});

test("core/: no file that nothing imports", () => {
	assert.deepEqual(deadFiles(repository()), []);
});

test("the import checks fail on a cycle, a barrel and a dead file", () => {
	const tree = fakeTree({
		"package.json": '{ "scripts": { "start": "node core/main.ts" } }',
		"core/main.ts": 'import "./a/one.ts";\nnew URL("./a/loaded.ts", import.meta.url);',
		"core/a/one.ts": 'import { two } from "./two.ts";',
		"core/a/two.ts": 'import type { Three } from "./three.ts";',
		"core/a/three.ts": 'import { one } from "./one.ts";',
		"core/a/loaded.ts": "export const x = 1;",
		"core/a/index.ts": "",
		"core/a/all.ts": 'export { x } from "./loaded.ts";\nexport * from "./one.ts";',
		"test/a/one.test.ts": 'import "../../core/a/all.ts";',
	});
	assert.deepEqual(importCycles(tree), [
		["core/a/one.ts", "core/a/two.ts", "core/a/three.ts", "core/a/one.ts"],
	]);
	assert.deepEqual(barrels(tree), ["core/a/index.ts", "core/a/all.ts"]);
	assert.deepEqual(deadFiles(tree), ["core/a/index.ts", "core/a/all.ts"]);
});
