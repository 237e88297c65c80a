/** A file is read in one sitting, a function on one screen. The linter counts functions; here it is shown that it does. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { fakeTree, repository, select, type Tree } from "../support/tree.ts";

const FILE_LINES_MAX = 400;
const RULE = "noExcessiveLinesPerFunction";

export function longFiles(tree: Tree): string[] {
	return [...tree]
		.map(([path, text]) => ({ path, lines: text.trimEnd().split("\n").length }))
		.filter(({ lines }) => lines > FILE_LINES_MAX)
		.map(({ path, lines }) => `${path} has ${lines} lines`);
}

test("core/, routes/, examples/, test/: a file has at most 400 lines", () => {
	const code = select(repository(), /^(core|routes|examples|test)\/.*\.[tj]s$/);
	assert.deepEqual(longFiles(code), []);
});

test("the size check fails on a file of 401 lines", () => {
	const tree = fakeTree({ "a.ts": "x\n".repeat(400), "b.ts": "x\n".repeat(401) });
	assert.deepEqual(longFiles(tree), ["b.ts has 401 lines"]);
});

test("functions: the linter's rule is on, at most 70 lines, and no file switches it off", () => {
	assert.match(lint(functionOf(72)), new RegExp(RULE));
	assert.doesNotMatch(lint(functionOf(60)), new RegExp(RULE));
	const here = "test/tidy/sizes.test.ts";
	const excused = [...repository()].filter(([path, text]) => path !== here && text.includes(RULE));
	assert.deepEqual(
		excused.map(([path]) => path),
		["biome.json"],
	);
});

function functionOf(lines: number): string {
	return `export function long() {\n${"\tlong();\n".repeat(lines)}}\n`;
}

/** Runs the linter with the project's settings on one file of core/, in a folder of its own. */
function lint(text: string): string {
	const folder = mkdtempSync(join(tmpdir(), "tidy-"));
	mkdirSync(join(folder, "core"));
	copyFileSync("biome.json", join(folder, "biome.json"));
	writeFileSync(join(folder, "core/long.ts"), text);
	const run = spawnSync(resolve("node_modules/.bin/biome"), ["lint"], {
		cwd: folder,
		encoding: "utf8",
	});
	rmSync(folder, { recursive: true });
	return run.stdout + run.stderr;
}
