/** What crosses from an isolate goes out as octets: nothing wider may come, whatever the script did to its built-ins. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readDecision } from "../../core/script/read-answer.ts";

const WIDE = "a\u010d\u010aX-A: 1";
const NONE: readonly object[] = [];

test("RFC 3261 §7.3.1: a value with characters that are no octets is no decision", () => {
	for (const decision of [
		{ kind: "reply", status: 404, reason: WIDE, edits: NONE },
		{ kind: "reply", status: 404, edits: [{ op: "add", name: "X-B", value: WIDE }] },
		{ kind: "relay", targets: [{ kind: "uri", uri: `sip:${WIDE}@b` }], edits: NONE },
		{ kind: "relay", targets: [{ kind: "device", name: "a", number: WIDE }], edits: NONE },
		{ kind: "save", contacts: [`"${WIDE}" <sip:a@b>`] },
		{
			kind: "pass",
			edits: [{ op: "body", name: "Content-Type", value: `a/b;c="${WIDE}"`, body: "x" }],
		},
	])
		assert.equal(typeof readDecision(decision), "string", JSON.stringify(decision));
});
