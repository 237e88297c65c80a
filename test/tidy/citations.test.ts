/** What the code does because an RFC says so has a test that says so too: each section cited in core/ stands in a title. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { citations, firstRfc } from "../support/citations.ts";
import { readSource } from "../support/source.ts";
import { titles } from "../support/titles.ts";
import { fakeTree, repository, select, type Tree } from "../support/tree.ts";

/** Sections that ask nothing of us which could be tested, and why. */
const NOT_TESTED: Readonly<Record<string, string>> = {
	"3261 §16.2": "says what a response context is; what one does is in §16.7",
};

/** Section → where it is cited: `core/a.ts:7`. */
export function cited(tree: Tree): Map<string, string[]> {
	const found = new Map<string, string[]>();
	for (const [path, text] of select(tree, /^core\/.*\.ts$/)) {
		const { comments } = readSource(text);
		const rfc = firstRfc(comments.map((comment) => comment.text).join("\n"));
		for (const comment of comments)
			for (const section of citations(comment.text, rfc))
				found.set(section, [...(found.get(section) ?? []), `${path}:${comment.line}`]);
	}
	return found;
}

/** Cited sections without a title that names them or a part of them: `3261 §16.3: core/proxy/validate.ts:1`. */
export function untested(tree: Tree): string[] {
	const named = titles(tree).flatMap(({ text }) => citations(text));
	return [...cited(tree)]
		.filter(([section]) => !named.some((one) => one === section || one.startsWith(`${section}.`)))
		.map(([section, places]) => `${section}: ${places.join(" ")}`)
		.sort();
}

test("core/: a section of an RFC that is cited stands in the title of a test, or has a reason not to", () => {
	const excused = Object.keys(NOT_TESTED);
	const missing = untested(repository());
	const isExcused = (line: string) => excused.some((section) => line.startsWith(`${section}: `));
	assert.deepEqual(
		missing.filter((line) => !isExcused(line)),
		[],
	);
	const idle = excused.filter(
		(section) => !missing.some((line) => line.startsWith(`${section}: `)),
	);
	assert.deepEqual(idle, [], "tested or not cited any more: no reason is needed");
});

test("the citation check fails on a section that no title names, and on no other", () => {
	const tree = fakeTree({
		"core/a.ts": [
			"/** Title: RFC 3261 §16.3, §16.4 and RFC 3581 §4. */",
			"// §17.1 and RFC 9999, secure signaling §3.4, SS §2, architecture §6.",
			'const text = "RFC 1 §1";',
			"// RFC 4320 §4.1, then §4.2.",
		].join("\n"),
		"core/b.ts": "// §5: no RFC is named in this file.",
		"test/a.test.ts": [
			'test("RFC 3261 §16.3 step 4, §17.1.1: a", () => {});',
			"test(`RFC 4320 §4.2: b`, () => {}); // RFC 3581 §4",
		].join("\n"),
	});
	assert.deepEqual(untested(tree), [
		"3261 §16.4: core/a.ts:1",
		"3581 §4: core/a.ts:1",
		"4320 §4.1: core/a.ts:4",
	]);
});
