import assert from "node:assert/strict";
import { test } from "node:test";
import { Patch } from "../../core/message/patch.ts";
import type { HeaderEdit } from "../../core/proxy/decision.ts";
import { applyEdits } from "../../core/proxy/header-edits.ts";
import { seeded } from "../support/seeded.ts";
import { WireMessage } from "../support/wire-message.ts";
import { forwarded, request } from "./fixtures.ts";

const set = (name: string, value: string): HeaderEdit => ({ op: "set", name, value });
const add = (name: string, value: string): HeaderEdit => ({ op: "add", name, value });
const remove = (name: string): HeaderEdit => ({ op: "remove", name, value: "" });

const RECEIVED = ["X-A: 1", "Subject: old", "x-a: 2"];

function lines(...edits: readonly HeaderEdit[]): string[] {
	const patch = new Patch(request({ lines: RECEIVED }));
	applyEdits(patch, edits);
	return new WireMessage(patch.text()).lines.filter((line) => /^(x-[ab]|subject|s):/i.test(line));
}

test("RFC 3261 §16.6 step 5: set takes the place of every line of the name, add goes behind, remove takes all", () => {
	assert.deepEqual(lines(set("X-A", "9")), ["X-A: 9", "Subject: old"]);
	assert.deepEqual(lines(add("X-A", "3")), [...RECEIVED, "X-A: 3"]);
	assert.deepEqual(lines(remove("x-a")), ["Subject: old"]);
	assert.deepEqual(lines(set("X-B", "1")), [...RECEIVED, "X-B: 1"]);
	assert.deepEqual(lines(remove("X-B")), RECEIVED);
});

test("RFC 3261 §16.6 step 5: edits of one header follow each other, as the script saw them", () => {
	assert.deepEqual(lines(remove("X-A"), set("X-A", "9")), ["X-A: 9", "Subject: old"]);
	assert.deepEqual(lines(remove("X-A"), add("X-A", "9")), ["Subject: old", "X-A: 9"]);
	assert.deepEqual(lines(add("X-A", "3"), remove("X-A")), ["Subject: old"]);
	assert.deepEqual(lines(add("X-B", "1"), set("X-B", "2")), [...RECEIVED, "X-B: 2"]);
	assert.deepEqual(lines(set("X-A", "8"), set("x-a", "9")), ["X-A: 9", "Subject: old"]);
	assert.deepEqual(lines(add("x-b", "1"), set("X-B", "2"), add("x-B", "3")), [
		...RECEIVED,
		"X-B: 2",
		"X-B: 3",
	]);
	assert.deepEqual(lines(set("X-B", "1"), add("X-B", "2")), [...RECEIVED, "X-B: 1", "X-B: 2"]);
});

test("RFC 3261 §7.3.3: a compact name is the same header", () => {
	assert.deepEqual(lines(remove("s")), ["X-A: 1", "x-a: 2"]);
	assert.deepEqual(lines(set("s", "new")), ["X-A: 1", "Subject: new", "x-a: 2"]);
});

test("RFC 3261 §16.6 step 5: any sequence of edits leaves what a list of values would hold", () => {
	const { below, pick } = seeded(3);
	for (let run = 0; run < 500; run += 1) {
		const values = new Map([
			["x-a", ["1", "2"]],
			["x-b", []],
		]);
		const edits = Array.from({ length: 1 + below(6) }, (_, at) => {
			const [name, value] = [pick(["X-A", "x-b"]), `v${at}`];
			const held = values.get(name.toLowerCase()) ?? [];
			const edit = pick([set(name, value), add(name, value), remove(name)]);
			if (edit.op !== "add") held.length = 0;
			if (edit.op !== "remove") held.push(value);
			values.set(name.toLowerCase(), held);
			return edit;
		});
		const message = new WireMessage(["", ...lines(...edits), "", ""].join("\r\n"));
		for (const [name, held] of values)
			assert.deepEqual(message.values(name), held, `run ${run}: ${JSON.stringify(edits)}`);
	}
});

test("RFC 3261 §16.6 step 5: edits stand on what is forwarded, next to our own", () => {
	const edits = [set("X-Tenant", "blue"), remove("Subject")];
	const out = forwarded(request({ lines: RECEIVED }), { edits });
	assert.equal(out.value("X-Tenant"), "blue");
	assert.deepEqual(out.values("Subject"), []);
	assert.equal(out.vias.length, 2);
});

const body = (text: string, type = ""): HeaderEdit => ({
	op: "body",
	name: "Content-Type",
	value: type,
	body: text,
});

test("RFC 3261 §7.4.1, §20.14: another body has its own length and type, and loses the encoding of the old one; all else stays", () => {
	const lines = ["c: application/sdp", "Content-Encoding: gzip", "X-A: 1"];
	const sent = request({ lines, body: "v=0\r\n" });
	const out = forwarded(sent, { edits: [body("old"), body("v=0\r\ns=-\r\n", "text/plain")] });
	assert.equal(out.body, "v=0\r\ns=-\r\n");
	assert.deepEqual(
		out.lines.filter((line) => /^(c|l|x-a|content-.*):/i.test(line)),
		["c: text/plain", "X-A: 1", "Content-Length: 10"],
	);
	const kept = forwarded(sent, { edits: [body("v=1\r\n")] });
	assert.equal(kept.value("c"), "application/sdp");
	const none = forwarded(sent, { edits: [body("")] });
	assert.deepEqual(
		[none.body, none.values("Content-Type"), none.values("Content-Length")],
		["", [], ["0"]],
	);
});

test("RFC 3261 §16.6 step 9: a body where there was none, and no length, has one length on every transport", () => {
	const sent = request({ lines: ["Subject: x"] });
	for (const transport of ["udp", "tcp"] as const) {
		const out = forwarded(sent, { transport, edits: [body("hello", "text/plain")] });
		assert.deepEqual(out.values("Content-Length"), ["5"], transport);
		assert.deepEqual([out.body, out.value("Content-Type")], ["hello", "text/plain"]);
	}
});
