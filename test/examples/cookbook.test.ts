/** The cookbook: every recipe is an example with its test, and the page shows what stands there. `sipwright check` runs the tests. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { repository, select } from "../support/tree.ts";

const FOLDER = "examples/cookbook/routes";
const PAGE = repository().get("docs/guides/cookbook.md") ?? "";
const SCRIPTS = [...select(repository(), new RegExp(`^${FOLDER}/[\\w-]+\\.ts$`)).keys()];
const NAMES = SCRIPTS.map((path) => path.slice(FOLDER.length + 1, -".ts".length));

test("the cookbook has a test for every script, and names both on its page", () => {
	assert.ok(NAMES.length >= 9, `${NAMES.length} recipes`);
	for (const name of NAMES) {
		assert.ok(repository().has(`${FOLDER}/${name}.test.ts`), name);
		for (const file of [`${name}.ts`, `${name}.test.ts`])
			assert.ok(PAGE.includes(`(../../${FOLDER}/${file})`), file);
	}
});

test("what the page of the cookbook shows of a script stands in it", () => {
	const recipes = PAGE.split(/^## /m).slice(1);
	assert.equal(recipes.length, NAMES.length);
	for (const recipe of recipes) {
		const name = /routes\/([\w-]+)\.ts\)/.exec(recipe)?.[1] ?? "";
		const script = flat(repository().get(`${FOLDER}/${name}.ts`) ?? "");
		const [, shown = ""] = /^```ts\n([\s\S]*?)^```/m.exec(recipe) ?? [];
		assert.ok(shown !== "" && script.includes(flat(shown)), `${name}:\n${shown}`);
	}
});

/** Without the indentation. */
function flat(text: string): string {
	return text.replaceAll(/^\t+/gm, "").trim();
}
