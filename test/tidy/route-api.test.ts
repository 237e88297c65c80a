/** docs/reference/route-api.md says what the types say: every export and member, with its parameters, and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Declaration, exportsOf, type Member, signature } from "../support/declarations.ts";
import { fakeTree, repository, type Tree } from "../support/tree.ts";

const PAGE = "docs/reference/route-api.md";
const MODULES = ["core/script/sipwright.d.ts", "core/testing/sipwright-test.d.ts"];

type Table = { readonly head: string; readonly cells: readonly string[] };

export function apiPageFaults(tree: Tree, modules: readonly string[]): string[] {
	const page = tree.get(PAGE) ?? "";
	const declared = modules.flatMap((module) => exportsOf(tree, module));
	const tables = tablesOf(page);
	return [
		...unnamed(declared, page),
		...withoutRow(declared, tables),
		...tables.flatMap((table) => [
			...unknownRows(table, declared),
			...missingMembers(table, declared),
		]),
	];
}

/** Exports and members that the page never names. */
function unnamed(declared: readonly Declaration[], page: string): string[] {
	const named = declared.flatMap((one) => [one, ...one.members]).map(({ name }) => name);
	return [...new Set(named)]
		.filter((name) => !new RegExp(`\`[^\`\n]*\\b${name}\\b[^\`\n]*\``).test(page))
		.map((name) => `the page never names ${name}`);
}

/** Functions, each overload by itself. */
function withoutRow(declared: readonly Declaration[], tables: readonly Table[]): string[] {
	const rows = new Set(tables.flatMap(({ cells }) => cells.flatMap(spans)));
	const functions = declared.filter(({ kind }) => kind === "function");
	return functions
		.map(signature)
		.filter((written) => !rows.has(written))
		.map((written) => `no row for ${written}`);
}

/** Rows of tables about the API that name what there is not, or with other parameters. */
function unknownRows({ head, cells }: Table, declared: readonly Declaration[]): string[] {
	if (!/^(function|hook|export|option|context|(property|member|method) of)\b|^`/.test(head))
		return [];
	const all = declared.flatMap((one) => [one, ...one.members]);
	return cells
		.flatMap(spans)
		.filter((span) => !isDeclared(span, all))
		.map((span) => `${head}: there is no ${span}`);
}

/** `name`, `name(parameters)`, or either behind the object that it is of: `kv.get(key)`. */
function isDeclared(span: string, all: readonly (Declaration | Member)[]): boolean {
	const [lead = ""] = /^[\w.]+/.exec(span) ?? [];
	const written = span.slice(lead.lastIndexOf(".") + 1);
	const known = all.filter(({ name }) => name === lead.slice(lead.lastIndexOf(".") + 1));
	if (known.length === 0 || !span.includes("(")) return known.length > 0;
	const callable = known.filter(({ text }) => text.includes("("));
	return callable.length === 0 || callable.some((one) => signature(one) === written);
}

/** A table about an interface has a row for each of its members. */
function missingMembers({ head, cells }: Table, declared: readonly Declaration[]): string[] {
	const [, name] = /^(?:\w+ of (?:an? )?)?`(\w+)`/.exec(head) ?? [];
	const rows = cells.flatMap(spans).map((span) => /^\w+/.exec(span)?.[0]);
	const candidates = declared.filter((one) => one.kind === "interface" && one.name === name);
	const missing = candidates.map(({ members }) =>
		members
			.map((member) => member.name)
			.filter((member) => member !== "" && !rows.includes(member)),
	);
	// Both modules may have one of this name: it is about the one that it fits.
	const [fewest = []] = missing.toSorted((a, b) => a.length - b.length);
	return fewest.map((member) => `${head}: no row for ${member}`);
}

/** The code at the beginning of a cell: `a`, `b`. */
function spans(cell: string): string[] {
	const [lead = ""] = /^(`[^`]+`(, )?)*/.exec(cell) ?? [];
	return [...lead.matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span);
}

function tablesOf(page: string): Table[] {
	return [...page.matchAll(/^\|.*\n\|[-|]+\n(?:\|.*\n?)*/gm)].map(([table]) => {
		const [head = "", , ...rows] = table
			.trim()
			.split("\n")
			.map((row) => row.split("|")[1]?.trim() ?? "");
		return { head, cells: rows };
	});
}

test(`${PAGE}: a row for every function and member, with its parameters, and no row without one`, () => {
	assert.deepEqual(apiPageFaults(repository(), MODULES), []);
});

test("the API page check fails on what is missing, what is too much, and on other parameters", () => {
	const types = [
		"export interface Thing {\n\treadonly size: number;\n\tuse<T>(it: () => [T, 1], by?: string): void;\n}",
		"export function thing(a: string): Thing;",
		"export function other(): void;",
		"export const value: Thing;",
	].join("\n");
	const page = [
		"| function | is |",
		"|---|---|",
		"| `thing(b)` | with `Thing` |",
		"| `gone()` | not there |",
		"| `value.use(it, by?)` | of an object |",
		"| `value.use(it)` | with other parameters |",
		"",
		"| member of `Thing` | is |",
		"|---|---|",
		"| `use(it, by?)` | as declared |",
		"",
		"| of one hook | |",
		"|---|---|",
		"| `whatever` | not about the API |",
		"",
	].join("\n");
	assert.deepEqual(apiPageFaults(fakeTree({ "a.d.ts": types, [PAGE]: page }), ["a.d.ts"]), [
		"the page never names size",
		"the page never names other",
		"no row for other()",
		"no row for thing(a)",
		"function: there is no thing(b)",
		"function: there is no gone()",
		"function: there is no value.use(it)",
		"member of `Thing`: no row for size",
	]);
});
