import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";

const TYPES = globSync("core/{script,testing}/sipwright*.d.ts");
const EXPORT = /^export (?:const|function|interface|type) (\w+)/;

/** Names that are exported without a comment of at least one @example right above (overloads count by themselves). */
function withoutExample(text: string): string[] {
	const lines = text.split("\n");
	return lines.flatMap((line, at) => {
		const name = EXPORT.exec(line)?.[1];
		if (name === undefined) return [];
		const above = lines.slice(0, at);
		const comment = above.slice(above.findLastIndex((one) => one.startsWith("/**")));
		const documented = comment.at(-1) === " */" && comment.includes(" * @example");
		return documented ? [] : [name];
	});
}

test("style §2.11: every export of the module sipwright has TSDoc with an example", () => {
	assert.ok(TYPES.length >= 4);
	for (const file of TYPES) assert.deepEqual(withoutExample(readFileSync(file, "utf8")), []);
});

test("the example check fails on an export without one", () => {
	const text =
		"/** A. */\nexport type A = 1;\n/**\n * B.\n * @example\n * b();\n */\nexport function b(): void;";
	assert.deepEqual(withoutExample(text), ["A"]);
});
