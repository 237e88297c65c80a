import assert from "node:assert/strict";
import { test } from "node:test";
import { parseReplaces } from "../../core/message/replaces.ts";

test("RFC 3891 §6.1: Call-ID and tags of Replaces, parameters in any order and case", () => {
	assert.deepEqual(parseReplaces("425928@bobster.example.org;to-tag=7743;from-tag=6472"), {
		callId: "425928@bobster.example.org",
		toTag: "7743",
		fromTag: "6472",
	});
	assert.deepEqual(parseReplaces(" a@h ; early-only ;From-Tag=1; TO-TAG=2 "), {
		callId: "a@h",
		toTag: "2",
		fromTag: "1",
	});
	assert.deepEqual(parseReplaces("a@h"), { callId: "a@h", toTag: undefined, fromTag: undefined });
	assert.equal(parseReplaces(";to-tag=1"), undefined);
});
