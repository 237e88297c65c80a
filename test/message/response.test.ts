import assert from "node:assert/strict";
import { test } from "node:test";
import type { Malformed } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse-message.ts";
import { buildResponse } from "../../core/message/response.ts";
import { reasonPhrase } from "../../core/message/statuses.ts";
import { ok, options, request } from "./texts.ts";

const malformed = (text: string) => {
	const message = parseMessage(text, "datagram");
	assert.equal(message.kind, "malformed");
	return message as Malformed;
};

test("RFC 3261 §8.2.6.2 MSG-30: Vias, From, Call-ID and CSeq are copied, To gets a tag", () => {
	const text = options({
		Via: ["SIP/2.0/UDP a;branch=1 ,SIP/2.0/UDP b", "SIP/2.0/UDP c"],
		"X-A": "not copied",
	});
	assert.equal(
		buildResponse(request(text), 404, { toTag: "t1", headers: [["Server", "us"]] }),
		[
			"SIP/2.0 404 Not Found",
			"Via: SIP/2.0/UDP a;branch=1 ,SIP/2.0/UDP b",
			"Via: SIP/2.0/UDP c",
			"From: <sip:a@example.com>;tag=1",
			"To: <sip:b@example.com>;tag=t1",
			"Call-ID: c@192.0.2.1",
			"CSeq: 1 OPTIONS",
			"Server: us",
			"Content-Length: 0",
			"",
			"",
		].join("\r\n"),
	);
});

test("RFC 3261 §8.2.6.2 MSG-30: a To tag of the request stays alone; a 100 needs none", () => {
	const tagged = buildResponse(request(options({ To: "<sip:b@h>;tag=theirs" })), 200, {
		toTag: "t1",
	});
	assert.ok(tagged?.includes("To: <sip:b@h>;tag=theirs\r\n"));
	assert.ok(buildResponse(request(options()), 100)?.includes("To: <sip:b@example.com>\r\n"));
	const bare = buildResponse(request(options({ To: "sip:b@h " })), 200, { toTag: "t1" });
	assert.ok(bare?.includes("To: sip:b@h;tag=t1\r\n"));
});

test("RFC 3261 §8.2.6.2: a response to a message in compact and folded form parses", () => {
	const text = options({ t: "<sip:b@h>\r\n ;a=b", To: undefined, v: "SIP/2.0/UDP z" });
	const answer = parseMessage(buildResponse(request(text), 180, { toTag: "x" }) ?? "", "stream");
	assert.equal(answer.kind, "response");
	assert.equal(answer.head?.toTag, "x");
	assert.equal(answer.head?.elements("via").length, 2);
});

test("RFC 3261 §8.2.6.1 MSG-31: a 100 echoes Timestamp and adds the delay, others do not", () => {
	const message = request(options({ Timestamp: "5" }));
	assert.ok(buildResponse(message, 100)?.includes("Timestamp: 5\r\n"));
	assert.ok(buildResponse(message, 100, { delaySeconds: 0.3 })?.includes("Timestamp: 5 0.3\r\n"));
	assert.equal(buildResponse(message, 200)?.includes("Timestamp"), false);
});

test("RFC 3261 §20.14: a body comes with its length", () => {
	const text = buildResponse(request(options()), 200, {
		reason: "Fine",
		body: "\xff2",
		headers: [["Content-Type", "a/b"]],
	});
	assert.ok(text?.startsWith("SIP/2.0 200 Fine\r\n"));
	assert.ok(text?.endsWith("Content-Type: a/b\r\nContent-Length: 2\r\n\r\n\xff2"));
});

test("RFC 3261 §17.1 MSG-37: an ACK, a response and what has no Via are not answered", () => {
	const ack = options({ CSeq: "1 ACK" }, "", "ACK sip:b@h SIP/2.0");
	assert.equal(buildResponse(request(ack), 400), undefined);
	assert.equal(buildResponse(malformed(ack.replace("Call-ID", "Cail-ID")), 400), undefined);
	assert.equal(buildResponse(malformed(ok({ CSeq: "x" })), 400), undefined);
	assert.equal(buildResponse(malformed(options({ Via: undefined })), 400), undefined);
	assert.equal(buildResponse(malformed("\0\x01"), 400), undefined);
});

test("RFC 4475 §3.3.1 MSG-13 MSG-38: a malformed request is answered with what it has", () => {
	const text = options({ From: undefined, To: '"open <sip:b@h>', "Call-ID": ["a", "b"] });
	const bad = malformed(text);
	assert.equal(
		buildResponse(bad, bad.error.status, { toTag: "t1" }),
		[
			"SIP/2.0 400 Bad Request",
			"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
			'To: "open <sip:b@h>',
			"Call-ID: a",
			"CSeq: 1 OPTIONS",
			"Content-Length: 0",
			"",
			"",
		].join("\r\n"),
	);
});

test("RFC 3261 §25 MSG-41: values that would break a line are refused, folded ones made one", () => {
	const message = request(options());
	assert.ok(
		buildResponse(message, 200, { headers: [["Contact", "<sip:a>,\r\n <sip:b>"]] })?.includes(
			"Contact: <sip:a>, <sip:b>\r\n",
		),
	);
	const injection = { code: "SIP_EDIT_INJECTION" };
	for (const bad of ["x\nY: z", "x\rY"])
		assert.throws(() => buildResponse(message, 200, { headers: [["X", bad]] }), injection);
	for (const bad of ["x\nY: z", "x\rY", "x\r\nY: z"])
		assert.throws(() => buildResponse(message, 200, { reason: bad }), injection);
});

test("RFC 3261 §8.1.3.2 MSG-33: codes without a phrase are named after their class", () => {
	assert.deepEqual([100, 486, 499, 150, 699, 299].map(reasonPhrase), [
		"Trying",
		"Busy Here",
		"Client Error",
		"Progress",
		"Global Failure",
		"Success",
	]);
});
