/** docs/reference/secure-signaling.md is what the titles say; every requirement has a test, and no title names another. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fakeTree, repository, type Tree } from "../support/tree.ts";
import { groups, PAGE, secureSignalingPage, testsByRequirement } from "./secure-signaling.ts";

/** Requirements without a test. */
export function open(tree: Tree): string[] {
	const tests = testsByRequirement(tree);
	return ids(tree).filter((id) => !tests.has(id));
}

/** What titles name and the list does not. */
export function unknown(tree: Tree): string[] {
	const known = ids(tree);
	return [...testsByRequirement(tree)]
		.filter(([id]) => !known.includes(id))
		.map(([id, files]) => `${files.join(", ")}: there is no ${id}`);
}

function ids(tree: Tree): string[] {
	return groups(tree).flatMap(({ requirements }) => requirements.map(({ id }) => id));
}

test(`${PAGE} is current: node test/tidy/secure-signaling.ts writes it`, () => {
	assert.equal(readFileSync(PAGE, "utf8"), secureSignalingPage(repository()));
});

test("every requirement of secure signaling has a test with its name in the title", () => {
	assert.deepEqual(open(repository()), []);
	const all = ids(repository());
	assert.equal(new Set(all).size, all.length, "each name stands once");
});

test("secure-signaling G18b: the page says that sips works through this proxy", () => {
	assert.match(readFileSync(PAGE, "utf8"), /goes beyond that: `sips` works through it/);
});

test("titles: a requirement of secure signaling that is named exists", () => {
	assert.deepEqual(unknown(repository()), []);
});

test("the check of requirements counts what stands between secure-signaling and the colon, in titles only", () => {
	const list = "test/requirements/secure-signaling.txt";
	const tree = fakeTree({
		[list]: "# Secure SIP signaling\n\n## G1 One\nG1a | A.\nG1b | B.\nM1 | C.\n5.9-1 | D.\n",
		"test/a.test.ts": [
			'test("RFC 1 §5.9, secure-signaling G1a M1 5.9-1: G1b", () => {}); // secure-signaling G1b: no',
			'test("G1b: no", () => assert.ok(true, "secure-signaling G1b: no"));',
			'test("secure-signaling G1x §3.4: neither", () => {});',
		].join("\n"),
	});
	assert.deepEqual(open(tree), ["G1b"]);
	assert.deepEqual(unknown(tree), ["test/a.test.ts: there is no G1x"]);
	assert.match(
		secureSignalingPage(tree),
		/\| G1a \| A\. \| \[a\]\(\.\.\/\.\.\/test\/a\.test\.ts\) \|/,
	);
	assert.match(secureSignalingPage(tree), /\| G1b \| B\. \| \*\*open\*\* \|/);
	const malformed = fakeTree({ [list]: "# Secure SIP signaling\n\n## G1 One\nG1 | A.\n" });
	assert.throws(() => groups(malformed), /:4: not "ID \| sentence\."/);
	assert.throws(() => groups(fakeTree({})), /a title is missing/);
});
