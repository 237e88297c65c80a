/** Bodies that scripts put in the place of those received. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BODY_LENGTH_MAX } from "../../core/script/limits.ts";
import { decision, failure, hook, load, request } from "./harness.ts";

const SDP = {
	headers: ["Content-Type: application/sdp"],
	body: "v=0\r\nm=audio 4000 RTP/AVP 8\r\n",
};

async function edited(t: Parameters<typeof load>[0], body: string, given = SDP) {
	const source = hook(
		`if (request.uri.user === "a") { ${body} }\nreturn relay();`,
		'import { setBody } from "sipwright";',
	);
	const { ask } = await load(t, source);
	return ask(request("INVITE", "sip:a@b", given));
}

async function edits(...given: Parameters<typeof edited>) {
	const made = decision(await edited(...given));
	return made.kind === "relay" && made.edits;
}

const bodyEdit = (body: string, value = "") => ({ op: "body", name: "Content-Type", value, body });

test("RFC 3261 §7.4: a body crosses as octets, and the last one counts; it is seen at once", async (t) => {
	const script = `
		setBody(request, "first", "text/plain");
		request.headers.set("X-A", "1");
		setBody(request, request.body + " ü\\r\\n", "text/plain;charset=UTF-8");
		const { headers } = request;
		headers.set("X-Seen", [request.body.length, headers.get("c"), headers.get("l"), headers.all("e").length].join());`;
	const seen = "9,text/plain;charset=UTF-8,10,0";
	assert.deepEqual(await edits(t, script), [
		{ op: "set", name: "X-A", value: "1" },
		bodyEdit("first \u00c3\u00bc\r\n", "text/plain;charset=UTF-8"),
		{ op: "set", name: "X-Seen", value: seen },
	]);
});

test("RFC 3261 §7.4.1: the type stays unless one is given, and a body needs one", async (t) => {
	assert.deepEqual(await edits(t, 'setBody(request, request.body.replace("4000", "5000"));'), [
		bodyEdit("v=0\r\nm=audio 5000 RTP/AVP 8\r\n"),
	]);
	assert.deepEqual(await edits(t, 'setBody(request, "", "text/plain");'), [bodyEdit("")]);
	const none = { headers: [], body: "" };
	const refused = failure(await edited(t, 'setBody(request, "hello");', none));
	assert.match(refused.reason, /setBody\(\): the request has no Content-Type; give one/);
});

test("RFC 3261 §7.3.1: a content type crosses as octets, of which none ends the line", async (t) => {
	const given = 'a/b;c="\\u010d\\u010aX-A: 1"';
	const script = `setBody(request, "x", '${given}');
		request.headers.set("X-Seen", String(request.headers.get("Content-Type") === '${given}'));`;
	assert.deepEqual(await edits(t, script), [
		bodyEdit("x", 'a/b;c="\u00c4\u008d\u00c4\u008aX-A: 1"'),
		{ op: "set", name: "X-Seen", value: "true" },
	]);
});

test("what cannot be a body throws", async (t) => {
	for (const [call, reason] of [
		["setBody(request, 5)", /takes the body as a text, not 5/],
		["setBody({ body: '' }, 'a')", /takes the request that the hook was asked about/],
		["setBody(request, 'a', 'sdp')", /sdp is no content type/],
		["setBody(request, 'a', 'text/plain\\r\\nX-A: 1')", /is no content type/],
		[`setBody(request, "ü".repeat(${BODY_LENGTH_MAX / 2 + 1}))`, /at most 32768 octets, not 32770/],
	] as const)
		assert.match(failure(await edited(t, `${call};`)).reason, reason);
});

test("the longest body of the worst characters fits into an answer", async (t) => {
	const made = await edits(t, `setBody(request, "\\u0000".repeat(${BODY_LENGTH_MAX}), "a/b");`);
	assert.deepEqual(made, [bodyEdit("\0".repeat(BODY_LENGTH_MAX), "a/b")]);
});
