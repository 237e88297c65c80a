/** docs/reference/differences-from-npm-sip.md, made of the list: `node test/differential/page.ts` writes it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DISAGREEMENTS } from "./disagreements.ts";

export const PAGE = "docs/reference/differences-from-npm-sip.md";

export function page(): string {
	const rows = DISAGREEMENTS.map(
		({ what, right, rule, example }) =>
			`| ${[what, right === "ours" ? "Sipwright" : right, rule, `\`${shown(example)}\``].map(cell).join(" | ")} |`,
	);
	return `# Differences from npm sip

The parser of Sipwright and that of the npm package [sip](https://www.npmjs.com/package/sip) read the same messages in
[a test](../../test/differential/npm-sip.test.ts): thousands that the grammar of RFC 3261 allows, and as many with something wrong in them. These are all the ways
in which they disagree, with whom the RFC is, and a line that shows it. Any other disagreement fails the test. The page is made of
[the list that the test reads](../../test/differential/disagreements.ts).

Where a row does not say otherwise, Sipwright refuses what it names and npm sip reads it. In the rows about what is read, npm sip leaves the value out or
cuts it short.

| what | right | rule | for example |
|---|---|---|---|
${rows.join("\n")}
`;
}

/** Line ends written out. */
function shown(example: string): string {
	return example.replaceAll("\r", "\\r").replaceAll("\n", "\\n").replaceAll("`", "'");
}

function cell(text: string): string {
	return text.replaceAll("|", "\\|");
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, "../..", PAGE), page());
