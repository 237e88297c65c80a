import assert from "node:assert/strict";
import { test } from "node:test";
import { ours, TCP, TransactionRig, UDP } from "../support/transaction-rig.ts";

const ROUTES = [
	"Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>",
	"Route: <sip:p3.example.com;lr>",
];

test("RFC 3261 §17.1.1.2 TX-01: an unanswered INVITE is sent again byte for byte, then the user hears of it", () => {
	const rig = new TransactionRig();
	rig.send(ours());
	rig.wait(40_000);
	assert.equal(rig.sent.length, 7);
	assert.equal(new Set(rig.sent.map(({ text }) => text)).size, 1);
	assert.deepEqual(rig.log.slice(-2), ["32000 failed INVITE timeout", "32000 ended INVITE"]);
	assert.equal(rig.table.size, 0);
});

test("RFC 3261 §17.1.1.2 TX-04: the ACK goes where the INVITE went, on a stream too", () => {
	for (const flow of [UDP, TCP]) {
		const rig = new TransactionRig();
		const client = rig.send(ours(), flow);
		rig.answer(client, 486);
		assert.deepEqual(rig.log.slice(0, 3), ["0 -> INVITE", "0 -> ACK", "0 response 486 INVITE"]);
		assert.deepEqual(rig.lastSent.flow, flow);
		assert.equal(rig.table.size, flow === UDP ? 1 : 0);
	}
});

test("RFC 3261 §17.1.1.3 TX-05: the ACK has the INVITE's Request-URI, Via, From, Call-ID, Route and CSeq number, and the response's To", () => {
	const rig = new TransactionRig();
	const more = [...ROUTES, "Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKclient", "Require: 100rel"];
	const client = rig.send(ours({ more, cseq: 986_759, uri: "sip:bob@192.0.2.20:5070" }));
	rig.answer(client, 486, "99sa0xk");
	assert.equal(
		rig.lastSent.text,
		"ACK sip:bob@192.0.2.20:5070 SIP/2.0\r\n" +
			"Via: SIP/2.0/UDP proxy.example.com;branch=z9hG4bKproxy\r\n" +
			"Max-Forwards: 70\r\n" +
			"From: <sip:alice@example.com>;tag=alice\r\n" +
			"To: <sip:bob@example.com>;tag=99sa0xk\r\n" +
			"Call-ID: call-1\r\n" +
			"CSeq: 986759 ACK\r\n" +
			"Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n" +
			"Route: <sip:p3.example.com;lr>\r\n" +
			"Content-Length: 0\r\n\r\n",
	);
});

test("RFC 3261 §17.1.1.3 TX-05: folded lines, compact names and a shared Via line give the same ACK", () => {
	const rig = new TransactionRig();
	const text = [
		"INVITE sip:bob@example.com SIP/2.0",
		"v: SIP/2.0/UDP proxy.example.com;branch=z9hG4bKproxy, SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKa",
		"Max-Forwards: 69",
		"f: Alice",
		"  <sip:alice@example.com>;tag=alice",
		"t: <sip:bob@example.com>",
		"i: call-1",
		"CSeq: 00007",
		"  INVITE",
		"l: 0",
		"",
		"",
	].join("\r\n");
	rig.answer(rig.send(text), 603);
	assert.equal(
		rig.lastSent.text,
		"ACK sip:bob@example.com SIP/2.0\r\n" +
			"Via: SIP/2.0/UDP proxy.example.com;branch=z9hG4bKproxy\r\n" +
			"Max-Forwards: 69\r\n" +
			"From: Alice <sip:alice@example.com>;tag=alice\r\n" +
			"To: <sip:bob@example.com>;tag=callee\r\n" +
			"Call-ID: call-1\r\n" +
			"CSeq: 7 ACK\r\n" +
			"Content-Length: 0\r\n\r\n",
	);
});

test("RFC 3261 §17.1.1.2 TX-06: three rejections: three equal ACKs, one told", () => {
	const rig = new TransactionRig();
	const invite = { text: ours() };
	rig.send(invite.text);
	rig.answer(invite, 486).answer(invite, 486).answer(invite, 486);
	const acks = rig.sent.slice(1).map(({ text }) => text);
	assert.equal(acks.length, 3);
	assert.equal(new Set(acks).size, 1);
	assert.equal(rig.responses.length, 1);
});

test("RFC 6026 §7.2 TX-08 TX-09: 2xx of two forks are both passed up; after Timer M none is", () => {
	const rig = new TransactionRig();
	const invite = { text: ours() };
	rig.send(invite.text);
	rig.answer(invite, 200, "one").answer(invite, 200, "two").wait(33_000).answer(invite, 200);
	assert.deepEqual(
		rig.responses.map(({ head }) => head.toTag),
		["one", "two"],
	);
	assert.equal(rig.sent.length, 1, "and none is acknowledged");
	assert.equal(rig.table.counters.unmatchedResponses, 1);
});

test("RFC 6026 §8.4 TX-10: a rejection after the 2xx is ignored and counted", () => {
	const rig = new TransactionRig();
	const invite = { text: ours() };
	rig.send(invite.text);
	rig.answer(invite, 200).answer(invite, 486);
	assert.deepEqual(rig.log, ["0 -> INVITE", "0 response 200 INVITE"]);
	assert.equal(rig.table.counters.strays, 1);
});

test("RFC 3261 §17.1.4 TX-11: a transport failure is told at once", () => {
	const rig = new TransactionRig();
	const client = rig.send(ours(), TCP);
	rig.wait(20).table.transportFailed(client.id, rig.now);
	assert.deepEqual(rig.log, ["0 -> INVITE", "20 failed INVITE transport", "20 ended INVITE"]);
	rig.table.transportFailed(client.id, rig.now);
	assert.equal(rig.log.length, 3, "a second report is nobody's");
});

test("RFC 3261 §17.1.3 TX-29: the method in CSeq tells an INVITE's response from its CANCEL's", () => {
	const rig = new TransactionRig();
	const client = rig.send(ours());
	rig.answer(client, 180);
	rig.table.cancel(client, undefined, rig.now);
	const cancel = rig.lastSent;
	rig.answer(cancel, 200);
	assert.deepEqual(rig.log, ["0 -> INVITE", "0 response 180 INVITE", "0 -> CANCEL"]);
	rig.answer(client, 487);
	assert.deepEqual(rig.log.slice(3), ["0 -> ACK", "0 response 487 INVITE"]);
});

test("RFC 3261 §17.1.3 TX-29: a response to another method than was sent is nobody's", () => {
	const rig = new TransactionRig();
	rig.send(ours());
	rig.answer({ text: ours({ method: "OPTIONS" }) }, 200);
	assert.equal(rig.responses.length, 0);
	assert.equal(rig.table.counters.unmatchedResponses, 1);
});

test("RFC 3261 §7.3.1 TX-29: a branch that comes back in other case is still ours", () => {
	const rig = new TransactionRig();
	rig.send(ours());
	rig.answer({ text: ours({ branch: "Z9HG4BKPROXY" }) }, 180);
	assert.equal(rig.responses.length, 1);
});

test("RFC 3261 §18.1.2 TR-08 TX-29: a response whose top Via is not ours is dropped", () => {
	const rig = new TransactionRig();
	rig.send(ours());
	rig.answer({ text: ours({ via: "SIP/2.0/UDP other.example.com" }) }, 200);
	assert.deepEqual(rig.log, ["0 -> INVITE"]);
	assert.equal(rig.table.counters.foreignResponses, 1);
});

test("RFC 6026 §7.3 TX-27: a response without a transaction is dropped", () => {
	const rig = new TransactionRig();
	rig.answer({ text: ours({ method: "OPTIONS" }) }, 200);
	assert.deepEqual(rig.log, []);
	assert.equal(rig.table.counters.unmatchedResponses, 1);
});

test("RFC 3261 §17.1.2.2 TX-22: a duplicate 200 to a non-INVITE is swallowed", () => {
	const rig = new TransactionRig();
	const request = { text: ours({ method: "BYE" }) };
	rig.send(request.text);
	rig.answer(request, 200).answer(request, 200).wait(5_000);
	assert.deepEqual(rig.log, ["0 -> BYE", "0 response 200 BYE", "5000 ended BYE"]);
});

test("RFC 3261 §9.1 PX-71: the CANCEL has the INVITE's Request-URI, Via, From, To, Call-ID, Route and CSeq number, nothing required", () => {
	const rig = new TransactionRig();
	const more = [...ROUTES, "Require: 100rel", "Proxy-Require: x", "Via: SIP/2.0/UDP 192.0.2.10"];
	const client = rig.send(ours({ more, cseq: 42 }), TCP);
	rig.answer(client, 183);
	rig.table.cancel(client, 'SIP;cause=200;text="Call completed elsewhere"', rig.now);
	assert.deepEqual(rig.lastSent.flow, TCP);
	assert.equal(
		rig.lastSent.text,
		"CANCEL sip:bob@example.com SIP/2.0\r\n" +
			"Via: SIP/2.0/UDP proxy.example.com;branch=z9hG4bKproxy\r\n" +
			"Max-Forwards: 70\r\n" +
			"From: <sip:alice@example.com>;tag=alice\r\n" +
			"To: <sip:bob@example.com>\r\n" +
			"Call-ID: call-1\r\n" +
			"CSeq: 42 CANCEL\r\n" +
			"Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n" +
			"Route: <sip:p3.example.com;lr>\r\n" +
			'Reason: SIP;cause=200;text="Call completed elsewhere"\r\n' +
			"Content-Length: 0\r\n\r\n",
	);
});

test("RFC 3326 §2: a Reason that would break the line is left out of the CANCEL", () => {
	const rig = new TransactionRig();
	const client = rig.send(ours());
	rig.answer(client, 180);
	rig.table.cancel(client, "SIP\r\nX: y", rig.now);
	assert.ok(!rig.lastSent.text.includes("Reason"));
});

test("RFC 3261 §9.1 TX-40: the CANCEL waits for a 1xx, and is not sent after a final response", () => {
	const rig = new TransactionRig();
	const client = rig.send(ours());
	rig.table.cancel(client, undefined, rig.now);
	rig.wait(100);
	assert.deepEqual(rig.log, ["0 -> INVITE"]);
	rig.answer(client, 100);
	assert.deepEqual(rig.log.slice(1), ["100 -> CANCEL", "100 response 100 INVITE"]);

	const answered = new TransactionRig();
	const invite = answered.send(ours());
	answered.table.cancel(invite, undefined, 0);
	answered.answer(invite, 200);
	assert.deepEqual(answered.log, ["0 -> INVITE", "0 response 200 INVITE"]);
});

test("RFC 3261 §9.1 TX-41: a callee that is mute after its CANCEL is given up 64*T1 later; the CANCEL's own end is not told", () => {
	const rig = new TransactionRig();
	const client = rig.send(ours(), TCP);
	rig.answer(client, 180);
	rig.wait(1_000).table.cancel(client, undefined, rig.now);
	rig.wait(60_000);
	assert.deepEqual(rig.log, [
		"0 -> INVITE",
		"0 response 180 INVITE",
		"1000 -> CANCEL",
		"33000 failed INVITE timeout",
		"33000 ended INVITE",
	]);
	assert.equal(rig.table.size, 0);
});

test("RFC 3261 §9.1: a CANCEL is sent for no method but INVITE", () => {
	const rig = new TransactionRig();
	const client = rig.send(ours({ method: "MESSAGE" }));
	rig.answer(client, 100);
	rig.table.cancel(client, undefined, rig.now);
	assert.deepEqual(rig.log, ["0 -> MESSAGE", "0 response 100 MESSAGE"]);
});

test("a finished transaction keeps no text that its state does not send", () => {
	for (const [method, status, kept] of [
		["INVITE", 200, ""],
		["INVITE", 486, "ACK "],
		["BYE", 200, ""],
	] as const) {
		const rig = new TransactionRig();
		const client = rig.send(ours({ method }));
		rig.answer(client, status);
		assert.equal(client.text.slice(0, 4), kept);
	}
});
