/** Writes docs/reference/conformance.md from test/conformance/ and the titles of all tests: `node test/tidy/conformance.ts`. */
import { writeFileSync } from "node:fs";
import { deviations } from "../support/deviations.ts";
import {
	type Chapter,
	chapters,
	ID,
	type Priority,
	type Requirement,
} from "../support/requirements.ts";
import { titles } from "../support/titles.ts";
import { repository, type Tree } from "../support/tree.ts";

export const PAGE = "docs/reference/conformance.md";

/** Item → the files of its tests, in order. */
export type Tests = ReadonlyMap<string, readonly string[]>;

export function testsByItem(tree: Tree): Tests {
	const found = new Map<string, Set<string>>();
	for (const { path, text } of titles(tree))
		for (const [id] of text.matchAll(ID)) {
			const files = found.get(id) ?? new Set();
			found.set(id, files.add(path));
		}
	return new Map([...found].map(([id, files]) => [id, [...files].sort()]));
}

export function conformancePage(tree: Tree): string {
	const tests = testsByItem(tree);
	const all = chapters(tree);
	const parts = all.map((one) => section(one, tests));
	const page = [INTRODUCTION, summary(all, tests), deviationTable(tree), ...parts];
	return `${page.join("\n\n")}\n`;
}

const INTRODUCTION = `# Conformance

<!-- Made from test/conformance/ and the titles of the tests by test/tidy/conformance.ts. -->

What the RFCs ask of a proxy and registrar like this one, item by item, with the tests that show it. The
priority is **M** for the first release, **S** for what should follow, **L** for later. An item is *tested*
when the title of a test names it, and *open* when none does: it may be missing, or work without a test of
its own. Tests ending in \`.interop.ts\` run with \`npm run interop\`, all others with \`npm test\`.`;

function summary(all: readonly Chapter[], tests: Tests): string {
	const rows = all.map(({ title, groups }) => {
		const items = groups.flatMap(({ requirements }) => requirements);
		return `| [${title}](#${anchor(title)}) | ${counts(items, tests)} |`;
	});
	const items = all.flatMap(({ groups }) => groups.flatMap(({ requirements }) => requirements));
	return [
		"## Summary",
		"",
		"| Tested of all | M | S | L |",
		"|---|---|---|---|",
		...rows,
		`| **Together** | ${counts(items, tests)} |`,
	].join("\n");
}

function counts(items: readonly Requirement[], tests: Tests): string {
	const count = (wanted: Priority) => {
		const some = items.filter(({ priority }) => priority === wanted);
		return some.length === 0
			? ""
			: `${some.filter(({ id }) => tests.has(id)).length} / ${some.length}`;
	};
	return [count("M"), count("S"), count("L")].join(" | ");
}

function deviationTable(tree: Tree): string {
	const rows = deviations(tree).map(
		({ section, text, title, path }) =>
			`| ${section} | ${text} | [${path}](../../${path}) | ${title} |`,
	);
	const head = ["| Section | What and why | Where | Test |", "|---|---|---|---|"];
	return ["## Deviations", "", ...head, ...rows].join("\n");
}

function section({ title, groups }: Chapter, tests: Tests): string {
	const parts = groups.map((group) => {
		const heading = group.title === "" ? [] : [`### ${group.title}`, ""];
		return [...heading, ...TABLE, ...group.requirements.map((one) => row(one, tests))].join("\n");
	});
	return [`## ${title}`, ...parts].join("\n\n");
}

const TABLE = ["| Item | | Source | What | State | Tests |", "|---|---|---|---|---|---|"];

function row({ id, priority, source, text }: Requirement, tests: Tests): string {
	const files = tests.get(id);
	const links = (files ?? []).map((path) => `[${short(path)}](../../${path})`).join(", ");
	const state = files === undefined ? "**open**" : "tested";
	return `| ${id} | ${priority} | ${source} | ${text} | ${state} | ${links} |`;
}

/** `flows/cancel`; the ending is kept where it says that another command runs it. */
function short(path: string): string {
	return path.replace(/^test\//, "").replace(/(\.test|\.battery)?\.ts$/, "");
}

function anchor(heading: string): string {
	return heading.toLowerCase().replaceAll(" ", "-");
}

if (import.meta.main) writeFileSync(PAGE, conformancePage(repository()));
