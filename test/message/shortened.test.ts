import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMessage, rereadRequest } from "../../core/message/parse-message.ts";
import { shortened } from "../../core/message/shortened.ts";

const TEXT = [
	"INVITE sip:5000@192.0.2.1 SIP/2.0",
	"Max-Forwards: 70",
	"v: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK1;received=192.0.2.8,",
	" SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK0",
	"Via: SIP/2.0/TCP 192.0.2.10;branch=z9hG4bK2",
	"Route: <sip:192.0.2.1;lr>",
	'From: "A; B" <sips:7789@192.0.2.7>;tag=1',
	"t: sip:5000@192.0.2.1",
	"CSeq: 7 INVITE",
	"Call-ID: one@192.0.2.7",
	"Content-Length: 4",
	"",
	"v=0\n",
].join("\r\n");

test("RFC 3261 §8.1.1: a request in short says who asks whom, for what, and where the answer goes", () => {
	const request = parseMessage(TEXT, "datagram");
	assert.ok(request.kind === "request");
	const short = rereadRequest(shortened(request));
	assert.equal(short.method, "INVITE");
	assert.equal(short.uri, request.uri);
	const { head } = short;
	assert.deepEqual(
		[head.via.text, head.from.text.slice(head.from.start, head.from.end), head.to.uri],
		[request.head.via.text, '"A; B" <sips:7789@192.0.2.7>;tag=1', "sip:5000@192.0.2.1"],
	);
	assert.deepEqual([head.callId, head.cseq.number], ["one@192.0.2.7", 7]);
	assert.deepEqual(
		["route", "content-length"].map((name) => head.has(name)),
		[false, false],
	);
	assert.equal(short.text.slice(short.bodyStart), "");
});

test("RFC 3261 §8.1.1: …and what a request does not have, its short form does not have", () => {
	const request = parseMessage(TEXT, "datagram");
	assert.ok(request.kind === "request");
	const again = rereadRequest(shortened(rereadRequest(shortened(request))));
	assert.equal(again.text, shortened(request));
	const bare = rereadRequest("OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n\r\n");
	assert.equal(shortened(bare), bare.text);
});
