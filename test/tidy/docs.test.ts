/** Links in the pages lead somewhere, and what docs/architecture/ names exists. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { resolve } from "../support/source.ts";
import { fakeTree, repository, select, type Tree } from "../support/tree.ts";

const WALK = "docs/architecture/follow-an-invite.md";
const LIFETIMES = "docs/architecture/lifetimes.md";

export function brokenLinks(tree: Tree): string[] {
	return [...select(tree, /\.md$/)].flatMap(([path, text]) =>
		[...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/g)]
			.map(([, target = ""]) => ({ target, fault: linkFault(tree, path, target) }))
			.filter(({ fault }) => fault !== undefined)
			.map(({ target, fault }) => `${path}: ${target} ${fault}`),
	);
}

function linkFault(tree: Tree, path: string, target: string): string | undefined {
	if (/^[a-z]+:/.test(target)) return undefined;
	const [file = "", anchor] = target.split("#");
	const page = file === "" ? path : resolve(path, file).replace(/\/$/, "");
	if (!exists(tree, page)) return "does not exist";
	if (!anchor || anchors(tree.get(page) ?? "").includes(anchor)) return undefined;
	return "has no such heading";
}

/**
 * Names in backticks that start with a file of core/ or of the project, each followed by names of
 * that file: `transaction/key.ts serverKey`.
 */
export function unknownNames(tree: Tree, page: string): string[] {
	return [...(tree.get(page) ?? "").matchAll(/`([^`\n]+)`/g)].flatMap(([, span = ""]) => {
		const [file = "", ...names] = span.split(/[\s,()]+/).filter((word) => word !== "");
		if (!/^[\w./-]+(\.[tj]s|\/)$/.test(file)) return [];
		const path = [file, `core/${file}`].find((one) => exists(tree, one.replace(/\/$/, "")));
		if (path === undefined) return [`${file} does not exist`];
		return names
			.filter((name) => !hasWord(tree.get(path) ?? "", name))
			.map((name) => `${file} has no ${name}`);
	});
}

function exists(tree: Tree, path: string): boolean {
	return tree.has(path) || [...tree.keys()].some((one) => one.startsWith(`${path}/`));
}

function hasWord(text: string, name: string): boolean {
	const plain = name.replaceAll(/[^\w.#]/g, "");
	return plain.split(".").every((part) => new RegExp(`\\b${part.replace("#", "")}\\b`).test(text));
}

function anchors(text: string): string[] {
	return [...withoutFences(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
		heading
			.toLowerCase()
			.replaceAll(/[^\w\s-]/g, "")
			.replaceAll(/\s/g, "-"),
	);
}

function withoutFences(text: string): string {
	return text.replaceAll(/^```[\s\S]*?^```/gm, "");
}

test("pages: every relative link leads to a file, and to a heading where it names one", () => {
	assert.deepEqual(brokenLinks(repository()), []);
});

for (const page of [WALK, LIFETIMES])
	test(`${page}: every file and function it names exists`, () => {
		assert.ok(repository().has(page), `${page} is missing`);
		assert.deepEqual(unknownNames(repository(), page), []);
	});

test("the page checks fail on a dead link, a missing heading, and on unknown files and functions", () => {
	const tree = fakeTree({
		"core/message/uri.ts": "export function parseUri() {}\nclass Uri { user() {} }",
		"docs/guides/a.md": "# One thing\n## It's two\n[a](#one-thing) [b](a.md#its-two) [c](b.md)",
		"docs/guides/c.md": "[x](a.md#three) [y](https://example.com) [z](../../core/message/)",
		[WALK]: [
			"`message/uri.ts parseUri` `message/uri.ts Uri.user` `core/message/uri.ts` `message/`",
			"`message/url.ts parse` `message/uri.ts parseUrl` `INVITE` `gone/`",
		].join("\n"),
	});
	assert.deepEqual(brokenLinks(tree), [
		"docs/guides/a.md: b.md does not exist",
		"docs/guides/c.md: a.md#three has no such heading",
	]);
	assert.deepEqual(unknownNames(tree, WALK), [
		"message/url.ts does not exist",
		"message/uri.ts has no parseUrl",
		"gone/ does not exist",
	]);
});
