import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeTree, repository } from "../support/tree.ts";
import { apiSnapshot, SNAPSHOT } from "./api-snapshot.ts";

test(`${SNAPSHOT} is the public API: a change is accepted by node test/types/api-snapshot.ts`, () => {
	const now = apiSnapshot(repository()).split("\n");
	const accepted = (repository().get(SNAPSHOT) ?? "").split("\n");
	const gone = accepted.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
	const come = now.filter((line) => !accepted.includes(line)).map((line) => `+ ${line}`);
	assert.deepEqual([...gone, ...come], []);
	assert.deepEqual(now, accepted);
});

const PACKAGE = JSON.stringify({
	name: "p",
	exports: { ".": { types: "./a.d.ts" }, "./test": { types: "./b.d.ts" }, "./data.json": "./x" },
});

test("the snapshot follows exports from file to file, and knows neither comments nor layout", () => {
	const tree = fakeTree({
		"package.json": PACKAGE,
		"a.d.ts": [
			'import type { X } from "./b.d.ts";',
			'export type * from "./b.d.ts";',
			'export { late } from "./b.js";',
			"/** A; { comment. */",
			"export function twice(\n\ta: string,\n\tb?: () => { c: 1; d: 2 },\n): void;",
			"export function twice(a: number): void;",
			"declare const own: unique symbol;",
			'export const log: "a;b" | "/* c */"; // why',
			"export {};",
		].join("\n"),
		"b.d.ts": [
			'export type X =\n\t| ("a" | "b")\n\t| string;',
			"/** Y. */\nexport interface Y extends X {",
			"\t/** Why. */\n\tz(): void;\n\treadonly a?: [\n\t\tb: 1,\n\t];",
			"\t(first: 1): void;\n}",
			"export interface Z extends Y {}\nexport function hidden(): void;\nexport function late(): void;",
		].join("\n"),
	});
	assert.deepEqual(apiSnapshot(tree).split("\n"), [
		'module "p"',
		"",
		'type X = ("a" | "b") | string',
		"interface Y extends X",
		"\t(first: 1): void",
		"\treadonly a?: [b: 1]",
		"\tz(): void",
		"interface Z extends Y",
		"function late(): void",
		'const log: "a;b" | "/* c */"',
		"function twice(a: string, b?: () => { c: 1; d: 2 }): void",
		"function twice(a: number): void",
		"",
		'module "p/test"',
		"",
		'type X = ("a" | "b") | string',
		"interface Y extends X",
		"\t(first: 1): void",
		"\treadonly a?: [b: 1]",
		"\tz(): void",
		"interface Z extends Y",
		"function hidden(): void",
		"function late(): void",
		"",
	]);
});
