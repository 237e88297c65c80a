/** What the pages show works: scripts load, configurations load, the API page leaves nothing out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { read } from "../config/reading.ts";
import { load, request } from "../script/harness.ts";
import { repository, select } from "../support/tree.ts";

type Block = { readonly place: string; readonly text: string };

/** The fenced blocks of a language in README.md, docs/ and examples/, each with its file and line. */
function blocks(language: string): readonly Block[] {
	const fence = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "gm");
	return [...select(repository(), /^(README|(docs|examples)\/.*)\.md$/)].flatMap(([path, page]) =>
		[...page.matchAll(fence)].map(({ 1: text = "", index }) => ({
			place: `${path}:${page.slice(0, index).split("\n").length}`,
			text,
		})),
	);
}

const SCRIPTS = blocks("ts").filter(({ text }) => text.includes("defineRoutes("));
const CONFIGURATIONS = blocks("yaml").filter(({ place }) => !place.startsWith("docs/reference/"));

for (const { place, text } of SCRIPTS)
	test(`${place}: the script loads and decides`, async (t) => {
		const { ask } = await load(t, text);
		const decision = ask(request("INVITE", "sip:4711@127.0.0.1"));
		assert.ok("kind" in decision, String(decision));
	});

for (const { place, text } of CONFIGURATIONS)
	test(`${place}: the configuration loads`, async (t) => {
		// A block that begins with spaces continues the devices of the one before.
		const { errors } = await read(t, text.startsWith(" ") ? `devices:\n${text}` : text);
		assert.deepEqual(
			errors.filter((error) => !error.includes(" CONFIG_FILE tls: ")),
			[],
			"but for the certificate, which the reader has",
		);
	});

test("the pages show scripts and configurations", () => {
	assert.ok(SCRIPTS.length >= 4, `${SCRIPTS.length} scripts`);
	assert.ok(CONFIGURATIONS.length >= 3, `${CONFIGURATIONS.length} configurations`);
});

test("docs/reference/route-api.md names every export of the module sipwright, and every member", () => {
	const tree = repository();
	const page = tree.get("docs/reference/route-api.md") ?? "";
	const files = ["sipwright.d.ts", "sipwright-types.d.ts"].map((name) => `core/script/${name}`);
	const text = files.map((file) => tree.get(file) ?? "").join("\n");
	const types = text.replaceAll(/\/\*[\s\S]*?\*\//g, "");
	const exported = types.matchAll(/^export (?:type|interface|function|const) (\w+)/gm);
	const members = types.matchAll(/^\t(?:readonly )?(\w+)(?:<[^>]*>+)?[(:]/gm);
	const names = new Set([...exported, ...members].map(([, name = ""]) => name));
	assert.ok(names.size > 50, `${names.size} names found`);
	assert.deepEqual(
		[...names].filter((name) => !new RegExp(`\\b${name}\\b`).test(page)),
		[],
	);
});
