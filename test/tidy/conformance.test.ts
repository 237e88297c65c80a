/** docs/reference/conformance.md is what the titles say, the titles name items that exist, and what has to be tested is. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { deviations } from "../support/deviations.ts";
import { chapters, ID } from "../support/requirements.ts";
import { titles } from "../support/titles.ts";
import { fakeTree, repository, type Tree } from "../support/tree.ts";
import { conformancePage, PAGE, testsByItem } from "./conformance.ts";

/** `PX-80 to PX-82`, `OT-01…25`, `TX-2/3`: each item stands by itself, so that it can be found. */
const RANGE =
	/\b(?:MSG|TR|TX|PX|RG|AU|SIPS|OT)-[A-Z]?\d+\s*(?:to|[-–…/&+]|\.\.+)\s*(?:[A-Z]+-)?[A-Z]?\d/g;

/** Chapters and groups whose M items all have a test; what is not here still has open ones. "": the whole chapter. */
const COMPLETE: Readonly<Record<string, readonly string[]>> = {
	Messages: ["Structure", "URIs"],
	"Torture messages": ["RFC 4475", "RFC 5118"],
	Transport: ["Sending and receiving", "Keep-alive and flows", "TLS", "Limits against abuse"],
	Transactions: ["INVITE client", "INVITE server", "Non-INVITE", "Matching"],
	Proxy: [
		...["Validation", "Route information", "Targets", "Request forwarding", "Responses"],
		...["CANCEL and Reason", "ACK and stateless forwarding", "Loops and breadth"],
		...["Locating servers", "More"],
	],
	Authentication: [""],
	"Other extensions": [""],
};

export function titleFaults(tree: Tree): string[] {
	const known = new Set(items(tree).map(({ id }) => id));
	return titles(tree).flatMap(({ path, text }) => [
		...[...text.matchAll(RANGE)].map(([range]) => `${path}: ${range} is a range`),
		...[...text.matchAll(ID)]
			.filter(([id]) => !known.has(id))
			.map(([id]) => `${path}: there is no ${id}`),
	]);
}

/** Deviations whose test is not there. */
export function unknownTests(tree: Tree): string[] {
	const known = titles(tree).map(({ text }) => text);
	return deviations(tree)
		.filter(({ title }) => !known.some((one) => one.startsWith(title)))
		.map(({ path, title }) => `${path}: there is no test ${title}`);
}

/** M items without a test, in the chapters and groups given. */
export function openItems(tree: Tree, complete: typeof COMPLETE): string[] {
	const tests = testsByItem(tree);
	return items(tree)
		.filter(({ chapter, group }) => complete[chapter]?.includes(group))
		.filter(({ id, priority }) => priority === "M" && !tests.has(id))
		.map(({ id }) => id);
}

function items(tree: Tree) {
	return chapters(tree).flatMap(({ title: chapter, groups }) =>
		groups.flatMap(({ title: group, requirements }) =>
			requirements.map((one) => ({ ...one, chapter, group })),
		),
	);
}

test(`${PAGE} is current: node test/tidy/conformance.ts writes it`, () => {
	assert.equal(readFileSync(PAGE, "utf8"), conformancePage(repository()));
});

test("titles: an item is written in full, and exists", () => {
	assert.deepEqual(titleFaults(repository()), []);
});

test("core/: each deviation from an RFC names a test that exists", () => {
	assert.deepEqual(unknownTests(repository()), []);
});

test("no M item is open in the chapters and groups that are complete", () => {
	const groups = items(repository()).map(({ chapter, group }) => `${chapter}/${group}`);
	for (const [chapter, names] of Object.entries(COMPLETE))
		for (const name of names)
			assert.ok(groups.includes(`${chapter}/${name}`), `${chapter}/${name}`);
	assert.deepEqual(openItems(repository(), COMPLETE), []);
});

const OTHERS = ["messages", "torture", "transport", "transactions", "proxy", "registrar"];
const FILES = Object.fromEntries(
	[...OTHERS, "authentication", "sips"].map((name) => [`test/conformance/${name}.txt`, "# x"]),
);

test("the conformance check counts titles, tables and torture messages, and nothing else", () => {
	const tree = fakeTree({
		...FILES,
		"test/conformance/others.txt": [
			...["# Others", "", "## One", "OT-01 M | RFC 1 §2 | A.", "OT-02 S | – | B."],
			...["## Two", "OT-03 M | – | C.", "OT-04 M | – | D.", "OT-05 L | – | E."],
		].join("\n"),
		"test/a.test.ts": [
			'// test("OT-01 in a comment")',
			'const note = "OT-01 in a string"; /x/.test("OT-01 in a call");',
			'test("RFC 1 §2: nothing", () => assert.ok(true, "OT-01"));',
			`test(\`\${x} OT-02, OT-9\${y}\`, () => {});`,
			'for (const [title, odd] of [["TX-1 to 3", "OT-01"], ["a", { b: ["OT-01"] }]])',
			"\ttest(title, () => {});",
		].join("\n"),
		"test/b.battery.ts": [
			"for (const [title, run] of Object.entries(ALL)) test(title, run);",
			'const ALL: Record<string, string> = { "OT-03: c": f("OT-01: x"), d: { "OT-01": 1 } };',
		].join("\n"),
		"test/torture/rfc1.test.ts": "torture(1);",
		"test/torture/rfc1/x.json": '{ "id": "OT-05", "section": "2", "title": "x" }',
	});
	assert.deepEqual(
		[...testsByItem(tree)],
		[
			["OT-02", ["test/a.test.ts"]],
			["OT-9", ["test/a.test.ts"]],
			["TX-1", ["test/a.test.ts"]],
			["OT-03", ["test/b.battery.ts"]],
			["OT-05", ["test/torture/rfc1.test.ts"]],
		],
	);
	assert.deepEqual(titleFaults(tree), [
		"test/a.test.ts: there is no OT-9",
		"test/a.test.ts: TX-1 to 3 is a range",
		"test/a.test.ts: there is no TX-1",
	]);
	assert.deepEqual(openItems(tree, { Others: ["One", "Two"] }), ["OT-01", "OT-04"]);
	assert.deepEqual(openItems(tree, { Others: ["One"] }), ["OT-01"]);
	const page = conformancePage(tree);
	assert.match(page, /\| \[Others\]\(#others\) \| 1 \/ 3 \| 1 \/ 1 \| 1 \/ 1 \|/);
	assert.match(
		page,
		/\| OT-02 \| S \| – \| B\. \| tested \| \[a\]\(\.\.\/\.\.\/test\/a\.test\.ts\) \|/,
	);
	assert.match(page, /\| OT-01 \| M \| RFC 1 §2 \| A\. \| \*\*open\*\* \| {2}\|/);
});

test("the conformance check refuses titles that it cannot read and requirements that are malformed", () => {
	const withTest = (text: string) => () => titles(fakeTree({ ...FILES, "test/a.test.ts": text }));
	assert.throws(withTest("for (const title of list) test(title, run);"), /a\.test\.ts: no table/);
	assert.throws(withTest("for (const [title] of make()) test(title, run);"), /no table/);
	assert.throws(
		() => titles(fakeTree({ "test/torture/rfc1/x.json": "{}", "test/torture/rfc1.test.ts": "" })),
		/rfc1\.test\.ts does not run/,
	);
	const withLines = (...lines: string[]) => {
		const text = ["# Others", ...lines].join("\n");
		return () => chapters(fakeTree({ ...FILES, "test/conformance/others.txt": text }));
	};
	assert.throws(withLines("OT-01 X | – | A."), /others\.txt:2: not/);
	assert.throws(withLines("OT-01 M | – | A.", "OT-01 S | – | B."), /twice .* OT-01/);
	assert.throws(() => chapters(fakeTree({ ...FILES, "test/conformance/more.txt": "" })), /chapter/);
});

test("the deviation check reads the form that it asks for, and fails on any other and on tests that are not there", () => {
	const comment = "Deviates from RFC 3261 §18.2.2: what,\n *  and why. Test: RFC 1 §2: it does.";
	const tree = fakeTree({
		...FILES,
		"test/conformance/others.txt": "# Others",
		"core/a.ts": `/**\n * Title.\n *\n * ${comment}\n *\n * More. */`,
		"test/a.test.ts": 'test("RFC 1 §2: it does, and more", run);',
	});
	assert.deepEqual(deviations(tree), [
		{
			section: "RFC 3261 §18.2.2",
			text: "what, and why.",
			title: "RFC 1 §2: it does",
			path: "core/a.ts",
		},
	]);
	assert.deepEqual(unknownTests(tree), []);
	assert.match(
		conformancePage(tree),
		/\| RFC 3261 §18\.2\.2 \| what, and why\. \| \[core\/a\.ts\]/,
	);
	const gone = fakeTree({ "core/a.ts": `/** ${comment} */` });
	assert.deepEqual(unknownTests(gone), ["core/a.ts: there is no test RFC 1 §2: it does"]);
	const vague = fakeTree({ "core/a.ts": "// Deviates from RFC 3261 §18.2.2: it is better." });
	assert.throws(() => deviations(vague), /core\/a\.ts: not/);
});
