import assert from "node:assert/strict";
import { test } from "node:test";
import { imports, namedFiles, readSource } from "../support/source.ts";

test("source: comments, strings and regular expressions are told apart from code", () => {
	const text = [
		'const a = "// no comment"; // one',
		"const b = /[/\"'`]\\/x/g.test(a) ? 1 / 2 / 3 : 0; /* two",
		"three */ const c = `Date $" + "{a}`;",
	].join("\n");
	const { code, comments, strings } = readSource(text);
	assert.deepEqual(
		comments.map((comment) => comment.line),
		[1, 2],
	);
	assert.deepEqual(
		strings.map((literal) => literal.text),
		["// no comment", "Date $" + "{a}"],
	);
	assert.equal(code.length, text.length);
	assert.match(code, /\? 1 \/ 2 \/ 3 : 0;/);
	assert.doesNotMatch(code, /Date|one|three|'/);
});

test("source: imports are found over several lines, as types, re-exported and dynamic", () => {
	const text = [
		'import type {\n\tA,\n\tB,\n} from "./a.ts";',
		'import "./b.ts";',
		'export { c } from "./c.ts";',
		'const d = await import("./d.ts");',
		'// import x from "./no.ts";',
		'const e = "from"; const f = "./not-imported.ts";',
	].join("\n");
	assert.deepEqual(imports(text), ["./a.ts", "./b.ts", "./c.ts", "./d.ts"]);
	assert.deepEqual(namedFiles("core/x/y.ts", 'new URL("../z/entry.ts", here)'), [
		"core/z/entry.ts",
	]);
});
