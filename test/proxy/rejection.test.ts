import assert from "node:assert/strict";
import { test } from "node:test";
import { redirection } from "../../core/proxy/redirection.ts";
import { writable } from "../../core/proxy/rejection.ts";
import { reply } from "../../core/proxy/reply.ts";

test("RFC 3261 §8.3: a redirect names its targets as Contacts, in order", () => {
	const contacts = ["sip:a@h;x=1", "sips:b@h?Subject=x"];
	assert.deepEqual(redirection({ kind: "redirect", status: 302, contacts }), {
		status: 302,
		headers: [
			["Contact", "<sip:a@h;x=1>"],
			["Contact", "<sips:b@h?Subject=x>"],
		],
	});
});

test("RFC 3261 §8.2.6: a reply has the script's status, reason and header fields", () => {
	const edits = [
		{ op: "add", name: "Retry-After", value: "30" },
		{ op: "remove", name: "Server", value: "" },
		{ op: "set", name: "Warning", value: '399 h "x"' },
	] as const;
	assert.deepEqual(reply({ kind: "reply", status: 503, reason: "Back Soon", edits }), {
		status: 503,
		reason: "Back Soon",
		headers: [
			["Retry-After", "30"],
			["Warning", '399 h "x"'],
		],
	});
	assert.deepEqual(reply({ kind: "reply", status: 404, reason: undefined, edits: [] }), {
		status: 404,
		headers: [],
	});
});

test("RFC 3261 §25.1: a value with a NUL is left out of what we write, the others stay", () => {
	const headers = [
		["Unsupported", "a\0b"],
		["X", "y"],
	] as const;
	assert.deepEqual(writable(headers), [["X", "y"]]);
});
