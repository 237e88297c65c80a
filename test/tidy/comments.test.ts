/** No mark of unfinished work, no commented-out code, no skipped test; every file of core/ says what it is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Comment, readSource } from "../support/source.ts";
import { fakeTree, repository, select, type Tree } from "../support/tree.ts";

const CODE = /^(core|routes|examples|test)\/.*\.[tj]s$/;
const UNFINISHED = new RegExp(`\\b(${["TODO", "FIXME", "XXX", "HACK"].join("|")})\\b`);
const STATEMENT =
	/^\/\/\s*((const|let|import|export|return|throw|await|if|for|while|switch|case|function|class)\b.*[;{(,]|[\w.#]+\(.*\);|[\w.#]+ [+-]?= .*;|\}.*)$/;
const SKIPPED =
	/\b(test|it|describe|suite)\s*\.\s*(skip|todo|only)\b|\b(skip|todo|only)\s*:\s*true\b/;

export function unfinished(tree: Tree): string[] {
	return perComment(tree, (comment) => UNFINISHED.test(comment.text));
}

export function commentedOut(tree: Tree): string[] {
	return perComment(tree, (comment) => STATEMENT.test(comment.text.trim()));
}

export function skippedTests(tree: Tree): string[] {
	return [...tree].filter(([, text]) => SKIPPED.test(readSource(text).code)).map(([path]) => path);
}

export function withoutFirstLine(tree: Tree): string[] {
	return [...tree]
		.filter(([, text]) => !/^(#![^\n]*\n)?\s*(\/\*\*|\/\/)/.test(text))
		.map(([path]) => path);
}

function perComment(tree: Tree, wrong: (comment: Comment) => boolean): string[] {
	return [...tree].flatMap(([path, text]) =>
		readSource(text)
			.comments.filter(wrong)
			.map((comment) => `${path}:${comment.line}`),
	);
}

test("no unfinished work is marked in a comment", () => {
	assert.deepEqual(unfinished(select(repository(), CODE)), []);
});

test("no commented-out code", () => {
	assert.deepEqual(commentedOut(select(repository(), CODE)), []);
});

test("no test is skipped, put off or run alone", () => {
	assert.deepEqual(skippedTests(select(repository(), CODE)), []);
});

test("core/, routes/: the first line of a file says what it is", () => {
	assert.deepEqual(withoutFirstLine(select(repository(), /^(core|routes)\/.*\.[tj]s$/)), []);
});

test("the comment checks fail on unfinished, commented-out, skipped and silent files", () => {
	const todo = ["TO", "DO"].join("");
	const tree = fakeTree({
		"core/a.ts": `/** A. */\nconst a = 1; // ${todo}: b\n/* ${todo} later */`,
		"core/b.ts": "// B.\n// const x = 1;\n// call(x);\n// x = 2;\n// }\n// Words; plain ones.",
		"core/c.ts": "export const c = 1;",
		"test/d.test.ts": '/** D. */\ntest.skip("x", () => {});',
		"test/e.test.ts": '/** E. */\ntest("x", { todo: true }, () => {});',
		"core/fine.ts": "/** For example:\n *     const x = 1;\n */\n// Answers 404 (Not Found).",
	});
	assert.deepEqual(unfinished(tree), ["core/a.ts:2", "core/a.ts:3"]);
	assert.deepEqual(
		commentedOut(tree),
		[2, 3, 4, 5].map((line) => `core/b.ts:${line}`),
	);
	assert.deepEqual(skippedTests(tree), ["test/d.test.ts", "test/e.test.ts"]);
	assert.deepEqual(withoutFirstLine(tree), ["core/c.ts"]);
});
