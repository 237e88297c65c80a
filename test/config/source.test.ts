/** YAML as people write it: what looks like a number stays text, and every node knows its place. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Findings } from "../../core/config/finding.ts";
import { child, descend, inside, type Node, parseYaml, plain } from "../../core/config/source.ts";
import { readGood } from "./reading.ts";

function parse(text: string): { root: Node; found: Findings } {
	const found = new Findings();
	const root = parseYaml("/f.yaml", text, found);
	assert.ok(root, JSON.stringify(found.sorted()));
	return { root, found };
}

test("numbers, dates and words stay the text they are", () => {
	const { root } = parse("007: 0123\nday: 2026-01-01\nflag: yes\noct: 0o17\nquoted: '5'\n");
	assert.deepEqual(plain(root), {
		"007": "0123",
		day: "2026-01-01",
		flag: "yes",
		oct: "0o17",
		quoted: "5",
	});
});

test("a device called 007 keeps its zeros, and a password may look like a number", async (t) => {
	const config = await readGood(
		t,
		"devices: { 007: { type: Extension, contact: '*', password: 0042 } }",
	);
	assert.deepEqual(config.auth.users.get("007")?.secret, { password: "0042" });
});

test("yes, no, true and false in any case are switches", async (t) => {
	for (const [word, value] of Object.entries({ yes: true, No: false, TRUE: true, false: false }))
		assert.equal((await readGood(t, `tls: { verify-client: ${word} }`)).tls.verifyClient, value);
});

test("aliases are followed, and stand where they are used", () => {
	const { root } = parse("a: &x { b: c }\nd: *x\n");
	assert.deepEqual(plain(child(root, "d")), { b: "c" });
	assert.deepEqual(child(root, "d")?.at, { file: "/f.yaml", line: 2, column: 4 });
});

test("an alias that contains itself ends in an error, not in a loop", () => {
	const { found } = parse("a: &a [*a]\n");
	assert.deepEqual(
		found.sorted().map(({ code }) => code),
		["CONFIG_YAML"],
	);
});

test("a place within a text counts quotes, and gives up where escapes move it", () => {
	const { root } = parse('a: abc\nb: "abc"\nc: "a\\tc"\n');
	const columns = ["a", "b", "c"].map((key) => inside(child(root, key) ?? root, 2).column);
	assert.deepEqual(columns, [6, 7, 4]);
});

test("a path leads as far as the nodes do", () => {
	const { root } = parse("a: [x, { b: y }]\n");
	assert.deepEqual(plain(descend(root, ["a", 1, "b"])), "y");
	assert.deepEqual(plain(descend(root, ["a", 0, "b", "c"])), "x");
});

test("a key that is no word is an error", () => {
	const { found } = parse("[a]: b\n");
	assert.deepEqual(
		found.sorted().map(({ code }) => code),
		["CONFIG_TYPE"],
	);
});
