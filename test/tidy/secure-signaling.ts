/** Writes docs/reference/secure-signaling.md from test/requirements/ and the titles of all tests: `node test/tidy/secure-signaling.ts`. */
import { writeFileSync } from "node:fs";
import { titles } from "../support/titles.ts";
import { repository, type Tree } from "../support/tree.ts";

export const PAGE = "docs/reference/secure-signaling.md";
const LIST = "test/requirements/secure-signaling.txt";

type Requirement = { readonly id: string; readonly text: string };
type Group = { readonly title: string; readonly requirements: readonly Requirement[] };

const LINE = /^((?:G\d+[a-dx]|M\d|W\d+b?|E\d+|5\.9-\d|6\.\d)) \| ([^|]+\.)$/;
/** A number behind § is a section. */
const IDS = /(?<![§\w.-])(?:G\d+[a-dx]|M\d|W\d+b?|E\d+|5\.9-\d|6\.\d)(?![\w.])/g;

/** `secure-signaling G2a W3 5.9-1: …`, other items before or after it. */
const TAGS = /secure-signaling ([^:]*):/;

export function groups(tree: Tree): Group[] {
	const [heading = "", ...lines] = (tree.get(LIST) ?? "").trimEnd().split("\n");
	if (heading !== "# Secure SIP signaling") throw new TypeError(`${LIST}:1: a title is missing`);
	const found: { title: string; requirements: Requirement[] }[] = [];
	for (const [at, line] of lines.entries()) {
		if (line === "") continue;
		const [, id = "", text = ""] = LINE.exec(line) ?? [];
		if (line.startsWith("## ")) found.push({ title: line.slice(3), requirements: [] });
		else if (id === "") throw new TypeError(`${LIST}:${at + 2}: not "ID | sentence."`);
		else found.at(-1)?.requirements.push({ id, text });
	}
	return found;
}

/** Requirement → the files of its tests, in order. */
export function testsByRequirement(tree: Tree): Map<string, string[]> {
	const found = new Map<string, Set<string>>();
	for (const { path, text } of titles(tree))
		for (const [id] of (TAGS.exec(text)?.[1] ?? "").matchAll(IDS))
			found.set(id, (found.get(id) ?? new Set()).add(path));
	return new Map([...found].map(([id, files]) => [id, [...files].sort()]));
}

export function secureSignalingPage(tree: Tree): string {
	const tests = testsByRequirement(tree);
	const parts = groups(tree).map(({ title, requirements }) =>
		[`## ${title}`, "", ...TABLE, ...requirements.map((one) => row(one, tests))].join("\n"),
	);
	return `${[INTRODUCTION, ...parts].join("\n\n")}\n`;
}

const INTRODUCTION = `# Secure SIP signaling

<!-- Made from ${LIST} and the titles of the tests by test/tidy/secure-signaling.ts. -->

What \`sips\` per call leg has to do, requirement by requirement, with the tests that show it. The names
stand in the titles of the tests: \`secure-signaling G2a: …\`. Tests ending in \`.interop.ts\` run with
\`npm run interop\`, all others with \`npm test\`.

The documentation that this follows says that its own SIP proxy product does not support \`sips\`. Sipwright is a
proxy and goes beyond that: \`sips\` works through it, on either side of a call (G18b).`;

const TABLE = ["| | What | Tests |", "|---|---|---|"];

function row({ id, text }: Requirement, tests: ReadonlyMap<string, readonly string[]>): string {
	const links = (tests.get(id) ?? []).map((path) => `[${short(path)}](../../${path})`).join(", ");
	return `| ${id} | ${text} | ${links === "" ? "**open**" : links} |`;
}

function short(path: string): string {
	return path.replace(/^test\//, "").replace(/(\.test|\.battery)?\.ts$/, "");
}

if (import.meta.main) writeFileSync(PAGE, secureSignalingPage(repository()));
