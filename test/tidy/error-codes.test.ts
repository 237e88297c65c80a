/** Every error code of core/ stands in docs/reference/errors.md, and every code there exists. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readSource } from "../support/source.ts";
import { fakeTree, repository, select, type Tree } from "../support/tree.ts";

const PAGE = "docs/reference/errors.md";
/** Codes of Node, SQLite and the YAML parser, and names of environment variables, are not ours to document. */
const FOREIGN = /^(ERR|SQLITE|NODE|SIPWRIGHT|CERT|UNABLE|DEPTH|SELF|ENV)_|^DUPLICATE_KEY$/;
const CODE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/;

export function codeDifferences(tree: Tree): string[] {
	const used = codesInCore(tree);
	const documented = new Set(
		[...(tree.get(PAGE) ?? "").matchAll(/^\|\s*`([A-Z0-9_]+)`/gm)].map((match) => match[1] ?? ""),
	);
	return [
		...[...used].filter((code) => !documented.has(code)).map((code) => `${code} is not in ${PAGE}`),
		...[...documented].filter((code) => !used.has(code)).map((code) => `${code} is used nowhere`),
	].sort();
}

function codesInCore(tree: Tree): Set<string> {
	const codes = new Set<string>();
	for (const text of select(tree, /^core\/.*\.[tj]s$/).values())
		for (const literal of readSource(text).strings)
			if (CODE.test(literal.text) && !FOREIGN.test(literal.text)) codes.add(literal.text);
	return codes;
}

test("error codes: docs/reference/errors.md lists exactly those that core/ uses", () => {
	assert.deepEqual(codeDifferences(repository()), []);
});

test("the error code check fails in both directions", () => {
	const tree = fakeTree({
		"core/a.ts": 'const code = "SIP_PARSE"; if (error.code === "ERR_TLS_X") fail("CONFIG_KEY");',
		"core/b.ts": '// "SCRIPT_OLD" was here\ntype Code = "NET_CLOSED" | "udp";',
		[PAGE]: "| Code | Meaning |\n|---|---|\n| `SIP_PARSE` | x |\n| `SCRIPT_OLD` | y |\n",
	});
	assert.deepEqual(codeDifferences(tree), [
		`CONFIG_KEY is not in ${PAGE}`,
		`NET_CLOSED is not in ${PAGE}`,
		"SCRIPT_OLD is used nowhere",
	]);
});
