import assert from "node:assert/strict";
import { test } from "node:test";
import { BODY_LINE, decision, failure, hook, load } from "./harness.ts";

test("RFC 3261 §16.7 step 6, RFC 3262 §3 OT-06: a script cannot answer provisionally", async (t) => {
	for (const status of [100, 180, 183, 199]) {
		const { ask } = await load(
			t,
			hook(`if (request.uri.user === "5000") return reply(${status});\nreturn drop();`),
		);
		const error = failure(ask());
		assert.match(error.reason, new RegExp(`status from 200 to 699, not ${status}`));
	}
});

test("RFC 4028 §8.1 OT-02: a script sets the seconds of a session timer, and not who refreshes", async (t) => {
	for (const [name, value] of [
		["Session-Expires", "1800;refresher=uac"],
		["x", "soon"],
		["Min-SE", "90;x=1"],
	]) {
		const edit = `request.headers.set("${name}", "${value}");`;
		const { ask } = await load(t, hook(`if (request.uri.user === "5000") ${edit}\nreturn drop();`));
		const error = failure(ask());
		assert.match(error.reason, /only a number of seconds/);
		assert.equal(error.place?.line, BODY_LINE);
	}
	const fine = await load(t, hook('request.headers.set("x", "1800");\nreturn relay();'));
	const decided = decision(fine.ask());
	assert.deepEqual(decided.kind === "relay" && decided.edits, [
		{ op: "set", name: "x", value: "1800" },
	]);
});
