/** Header values that scripts take apart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluating } from "./evaluate.ts";
import { request } from "./harness.ts";

const HEADERS = [
	"Supported: timer, 100rel",
	"k: path",
	'Diversion: "A, B" <sip:1@a>;reason=no-answer, <sip:2@a,b>',
	'Reason: Q.850 ;cause=16;Text="Normal \\"call\\" clearing"',
	"Session-Expires: 1800;refresher=uac",
	'X-Broken: "a, b',
];

async function read(t: Parameters<typeof evaluating>[0], expression: string) {
	return (await evaluating(t, expression))(request("INVITE", "sip:5000@a", { headers: HEADERS }));
}

test("RFC 3261 §7.3.1: lists are read element by element, over several lines and spellings", async (t) => {
	assert.deepEqual(await read(t, "request.headers.list('Supported')"), ["timer", "100rel", "path"]);
	assert.deepEqual(await read(t, "request.headers.list('Diversion')"), [
		'"A, B" <sip:1@a>;reason=no-answer',
		"<sip:2@a,b>",
	]);
	assert.deepEqual(await read(t, "request.headers.list('X-Broken')"), ['"a, b']);
	assert.deepEqual(await read(t, "request.headers.list('Require')"), []);
	const edited = "(request.headers.set('X-List', 'a ,b,, c'), request.headers.list('x-list'))";
	assert.deepEqual(await read(t, edited), ["a", "b", "c"]);
});

test("a value and its parameters are told apart, in any case and without quotes", async (t) => {
	const reason = "parseValue(request.headers.get('Reason'))";
	const parts = `[${reason}.value, ${reason}.param('CAUSE'), ${reason}.param('text'), ${reason}.param('x') ?? null]`;
	assert.deepEqual(await read(t, parts), ["Q.850", "16", 'Normal "call" clearing', null]);
	const others =
		"['', ';a', 'a;', 'a;b=\"', 'presence', undefined].map((one) => parseValue(one)?.value ?? null)";
	assert.deepEqual(await read(t, others), [null, null, null, null, "presence", null]);
	assert.equal(await read(t, "parseValue('a;lr').param('lr')"), "");
});

test("an address has a display name, a URI and parameters; what is none is undefined", async (t) => {
	const address = "parseAddress(request.headers.list('Diversion')[0])";
	const parts = `[${address}.display, ${address}.uri.user, ${address}.param('reason')]`;
	assert.deepEqual(await read(t, parts), ["A, B", "1", "no-answer"]);
	const others =
		"['', '<sip:', 'a b c', '<sip:a@b c>', 'sip:a@b;x=1', undefined].map((one) => parseAddress(one)?.uri.text ?? null)";
	assert.deepEqual(await read(t, others), [null, null, null, null, "sip:a@b", null]);
});
