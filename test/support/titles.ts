/**
 * The titles of all tests, read from their sources: what is no title does not count, be it a comment or
 * another string. A title is
 * - the string that stands first in `test(…)`, `describe(…)`, `suite(…)` or `it(…)`; what a template fills in is unknown;
 * - for `test(title, …)`, each first string of the table that the loop around it goes through;
 * - what a torture message's `.json` says (test/torture/messages.ts makes the same of it).
 */
import { type Literal, readSource, type Source } from "./source.ts";
import { select, type Tree } from "./tree.ts";

export type Title = { readonly path: string; readonly text: string };

const TEST_FILE = /^test\/.*\.(test|interop|battery)\.ts$/;
const TORTURE = /^test\/torture\/(rfc(\d+))\/([\w-]+)\.json$/;
const CALL = /(?:^|[^.\w$])(?:t\.)?(?:test|it|describe|suite)\s*\(\s*$/;
const FROM_TABLE = /(?:^|[^.\w$])(?:t\.)?test\s*\(\s*title\s*,/g;
const LOOP = /for\s*\(\s*const\s+\[\s*title\b[^\]]*\]\s+of\s+/g;

export function titles(tree: Tree): Title[] {
	const written = [...select(tree, TEST_FILE)].flatMap(([path, text]) => {
		const source = readSource(text);
		return [...literals(source), ...tables(path, source)].map((title) => ({ path, text: title }));
	});
	return [...written, ...tortureTitles(tree)];
}

function literals({ code, strings }: Source): string[] {
	return strings
		.filter(({ at }) => CALL.test(code.slice(Math.max(0, at - 80), at)))
		.map(({ text }) => text.replaceAll(/\$\{[^}]*\}/g, "…"));
}

function tables(path: string, source: Source): string[] {
	return [...source.code.matchAll(FROM_TABLE)].flatMap(({ index }) => {
		const loop = [...source.code.slice(0, index).matchAll(LOOP)].at(-1);
		const found = loop && table(source, loop.index + loop[0].length);
		if (found === undefined || found.length === 0)
			throw new TypeError(`${path}: no table of titles stands around test(title, …)`);
		return found;
	});
}

/** What is gone through: `[[title, …], …]`, or `Object.entries(NAME)` with `const NAME … = { title: … }`. */
function table(source: Source, at: number): string[] | undefined {
	const { code } = source;
	const name = /^Object\.entries\((\w+)\)/.exec(code.slice(at))?.[1];
	if (name === undefined) return code[at] === "[" ? atDepth(source, at, 2, isFirst) : undefined;
	const declared = new RegExp(`const ${name}\\b[\\s\\S]*?= \\{`).exec(code);
	if (declared === null) return undefined;
	return atDepth(source, declared.index + declared[0].length - 1, 1, isKey);
}

function isFirst(code: string, { at }: Literal): boolean {
	return /\[\s*$/.test(code.slice(Math.max(0, at - 80), at));
}

function isKey(code: string, { at, text }: Literal): boolean {
	return /^\s*:/.test(code.slice(at + text.length + 2, at + text.length + 10));
}

/** The strings so many brackets deep in what opens at an offset, up to where that closes. */
function atDepth(
	{ code, strings }: Source,
	open: number,
	wanted: number,
	fits: (code: string, string: Literal) => boolean,
): string[] {
	const depths = strings
		.filter(({ at }) => at > open)
		.map((string) => ({ string, depth: depthOf(code.slice(open, string.at)) }));
	const end = depths.findIndex(({ depth }) => depth < 1);
	return depths
		.slice(0, end === -1 ? undefined : end)
		.filter(({ string, depth }) => depth === wanted && fits(code, string))
		.map(({ string }) => string.text);
}

/** How many brackets are open at the end; 0 or less from where the first one has closed. */
function depthOf(code: string): number {
	let depth = 0;
	for (const [bracket] of code.matchAll(/[[\]{}()]/g)) {
		depth += "[{(".includes(bracket) ? 1 : -1;
		if (depth === 0) return 0;
	}
	return depth;
}

type Expected = { readonly id: string; readonly section: string; readonly title: string };

function tortureTitles(tree: Tree): Title[] {
	return [...select(tree, TORTURE)].map(([file, text]) => {
		const [, folder, rfc, tag] = TORTURE.exec(file) ?? [];
		const path = `test/torture/${folder}.test.ts`;
		const { code } = readSource(tree.get(path) ?? "");
		if (!code.includes(`torture(${rfc})`)) throw new TypeError(`${path} does not run ${file}`);
		const { id, section, title } = JSON.parse(text) as Expected;
		return { path, text: `RFC ${rfc} §${section} ${id}: ${tag}, ${title}` };
	});
}
