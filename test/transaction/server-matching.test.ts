import assert from "node:assert/strict";
import { test } from "node:test";
import { settledHeap } from "../simulation/heap.ts";
import { request, TCP, TransactionRig, UDP } from "../support/transaction-rig.ts";

const ack = (toTag = "callee") =>
	request({ method: "ACK", to: `<sip:bob@example.com>;tag=${toTag}` });
const cancel = request({ method: "CANCEL" });

/** The same, from a client of RFC 2543: no branch at all. */
const legacy = (method = "INVITE", toTag = "", parts = {}) =>
	request({
		method,
		branch: "",
		to: `<sip:bob@example.com>${toTag === "" ? "" : `;tag=${toTag}`}`,
		...parts,
	});

test("RFC 3261 §17.2.1 TX-12: the 100 after 200 ms is the request's own, without a To tag", () => {
	const rig = new TransactionRig().receive(request({ more: ["Timestamp: 54"] })).wait(200);
	assert.deepEqual(rig.log, ["0 request INVITE", "200 -> 100 INVITE"]);
	assert.equal(
		rig.lastSent.text,
		"SIP/2.0 100 Trying\r\n" +
			"Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKclient\r\n" +
			"From: <sip:alice@example.com>;tag=alice\r\n" +
			"To: <sip:bob@example.com>\r\n" +
			"Call-ID: call-1\r\n" +
			"CSeq: 1 INVITE\r\n" +
			"Timestamp: 54\r\n" +
			"Content-Length: 0\r\n\r\n",
	);
	assert.equal(rig.lastSent.owner, rig.server.id);
});

test("RFC 3261 §17.2.1 TX-13: a repeated INVITE gets the last provisional response, byte for byte", () => {
	const rig = new TransactionRig().receive(request());
	rig.respond(180);
	rig.wait(500).receive(request());
	assert.deepEqual(rig.log, ["0 request INVITE", "0 -> 180 INVITE", "500 -> 180 INVITE"]);
	assert.equal(rig.sent[1]?.text, rig.sent[0]?.text);
});

test("RFC 3261 §17.2.1 TX-15 TX-34: the ACK for a rejection is absorbed", () => {
	const rig = new TransactionRig().receive(request());
	rig.respond(404);
	rig.receive(ack()).wait(40_000).receive(ack());
	assert.deepEqual(rig.log, [
		"0 request INVITE",
		"0 -> 404 INVITE",
		"5000 ended INVITE",
		"40000 ack",
	]);
	assert.equal(rig.table.size, 0);
});

test("RFC 3261 §17.2.1 TX-14: the user hears that a rejection was never acknowledged", () => {
	const rig = new TransactionRig().receive(request(), TCP);
	rig.respond(404);
	rig.wait(32_000);
	assert.deepEqual(rig.log.slice(2), ["32000 unacknowledged INVITE", "32000 ended INVITE"]);
});

test("RFC 6026 §7.1 TX-16: repeats of an accepted INVITE are absorbed, later 2xx of the user are sent", () => {
	const rig = new TransactionRig().receive(request());
	rig.respond(200);
	rig.wait(500).receive(request());
	assert.equal(rig.respond(200), true);
	rig.wait(31_500);
	assert.deepEqual(rig.log, [
		"0 request INVITE",
		"0 -> 200 INVITE",
		"500 -> 200 INVITE",
		"32000 ended INVITE",
	]);
});

test("RFC 6026 §7.1 TX-17: an ACK with the INVITE's branch after a 2xx is the user's to forward", () => {
	const rig = new TransactionRig().receive(request());
	rig.respond(200);
	rig.receive(ack()).receive(legacy("ACK", "callee"));
	assert.deepEqual(rig.log.slice(2), ["0 ack", "0 ack"]);
});

test("RFC 6026 §8.3 TX-19 TX-27: a response after the transaction ended is discarded", () => {
	for (const method of ["INVITE", "OPTIONS"]) {
		const rig = new TransactionRig().receive(request({ method }));
		const { server } = rig;
		if (method === "INVITE") rig.respond(200);
		rig.wait(33_000);
		const before = rig.sent.length;
		assert.equal(rig.respond(200, server), false);
		assert.equal(rig.sent.length, before);
		assert.equal(rig.table.counters.unmatchedResponses, 1);
	}
});

test("RFC 4320 §4.1 TX-24 TX-25: no provisional response to a non-INVITE but the 100 at 3.5 s", () => {
	const rig = new TransactionRig().receive(request({ method: "MESSAGE" }));
	assert.equal(rig.respond(180), false);
	assert.equal(rig.respond(100), false);
	rig.wait(60_000);
	assert.deepEqual(rig.log, ["0 request MESSAGE", "3500 -> 100 MESSAGE", "32000 ended MESSAGE"]);
});

test("RFC 3261 §17.2.3 TX-30: branch, sent-by and method tell transactions apart", () => {
	const rig = new TransactionRig()
		.receive(request())
		.receive(request({ branch: "z9hG4bKother" }))
		.receive(request({ via: "SIP/2.0/UDP 192.0.2.11:5060" }))
		.receive(request({ via: "SIP/2.0/UDP 192.0.2.10:5070" }))
		.receive(request({ method: "OPTIONS" }));
	assert.equal(rig.servers.length, 5);
	rig
		.receive(request())
		.receive(request({ via: "SIP/2.0/UDP 192.0.2.10:5070" }))
		.receive(request({ method: "OPTIONS" }));
	assert.equal(rig.servers.length, 5);
});

test("RFC 3261 §7.3.1 TX-30: branch and sent-by are compared without case", () => {
	const via = "SIP/2.0/UDP Phone.Example.com:5060";
	const rig = new TransactionRig().receive(request({ via, branch: "z9hG4bKAbC" }));
	rig.receive(
		request({ via: via.toLowerCase().replace("sip/2.0/udp", "SIP/2.0/UDP"), branch: "Z9HG4BKaBc" }),
	);
	assert.equal(rig.servers.length, 1);
});

test("RFC 3261 §17.2.3 TX-32: received and rport, which we add, have no part in matching", () => {
	for (const invite of [
		request({ more: [] }),
		legacy("INVITE", "", { via: "SIP/2.0/UDP 10.0.0.1:5060;rport" }),
	]) {
		const rig = new TransactionRig().receive(invite, { ...UDP, port: 4_000 });
		rig.receive(invite, { ...UDP, port: 4_001 });
		assert.equal(rig.servers.length, 1);
		assert.equal(rig.table.size, 1);
	}
});

test("RFC 3261 §17.2.3 TX-31: without the cookie a repeated INVITE is known by its fields", () => {
	for (const branch of ["", "1234", "z9hG4bK"]) {
		const rig = new TransactionRig().receive(legacy("INVITE", "", { branch }));
		rig.receive(legacy("INVITE", "", { branch }));
		assert.equal(rig.servers.length, 1, branch);
		for (const parts of [
			{ uri: "sip:carol@example.com" },
			{ callId: "call-2" },
			{ cseq: 2 },
			{ from: "<sip:alice@example.com>;tag=other" },
			{ via: "SIP/2.0/UDP 192.0.2.10:5061" },
			{ to: "<sip:bob@example.com>;tag=inside" },
		])
			rig.receive(legacy("INVITE", "", { branch, ...parts }));
		assert.equal(rig.servers.length, 7, branch);
	}
});

test("RFC 3261 §17.2.3 TX-31: without the cookie an ACK is known by the To tag of our response", () => {
	const rig = new TransactionRig().receive(legacy());
	rig.respond(486);
	rig.receive(legacy("ACK", "stranger"));
	assert.equal(rig.log.at(-1), "0 ack");
	rig.receive(legacy("ACK", "callee")).wait(5_000);
	assert.equal(rig.log.at(-1), "5000 ended INVITE");
	assert.equal(rig.acks.length, 1);
});

test("RFC 3261 §17.2.3 TX-31: without the cookie other requests match with their method", () => {
	const rig = new TransactionRig().receive(legacy("OPTIONS"));
	rig.receive(legacy("OPTIONS"));
	assert.equal(rig.servers.length, 1);
	rig.receive(legacy("MESSAGE")).receive(legacy("MESSAGE")).receive(legacy("OPTIONS"));
	assert.equal(rig.servers.length, 2);
	rig.wait(40_000);
	assert.equal(rig.table.size, 0);
});

test("RFC 3261 §9.2 TX-33: a CANCEL finds its INVITE by branch and sent-by", () => {
	const rig = new TransactionRig().receive(request());
	const { server } = rig;
	let cancelled: unknown;
	rig.on.cancel = (_, invite) => {
		cancelled = invite;
	};
	rig.receive(cancel);
	assert.equal(cancelled, server);
	rig.receive(request({ method: "CANCEL", branch: "z9hG4bKother" }));
	assert.deepEqual(rig.log.slice(1), ["0 cancel INVITE", "0 cancel nothing"]);
});

test("RFC 3261 §9.2 TX-33: a CANCEL without the cookie finds its INVITE by the fields", () => {
	const rig = new TransactionRig().receive(legacy()).receive(legacy("CANCEL"));
	rig.receive(legacy("CANCEL", "", { cseq: 2 }));
	assert.deepEqual(rig.log.slice(1), ["0 cancel INVITE", "0 cancel nothing"]);
});

test("RFC 3261 §9.2 TX-39: a CANCEL has a transaction of its own, and its repeats get its response", () => {
	const rig = new TransactionRig().receive(request()).receive(cancel);
	rig.respond(200);
	rig.wait(100).receive(cancel);
	assert.deepEqual(rig.log.slice(1), ["0 cancel INVITE", "0 -> 200 CANCEL", "100 -> 200 CANCEL"]);
	assert.equal(rig.servers[0]?.terminated, false);
});

test("RFC 3261 §9.2: a CANCEL of another method is answered 200 and changes nothing", () => {
	const rig = new TransactionRig().receive(request({ method: "MESSAGE" })).receive(cancel);
	assert.deepEqual(rig.log, ["0 request MESSAGE", "0 -> 200 CANCEL"]);
	assert.equal(rig.respond(202), true);
});

test("RFC 3261 §17 TX-34 TX-35: an ACK without a transaction is passed on, never answered", () => {
	const rig = new TransactionRig().receive(request({ method: "ACK", branch: "z9hG4bKack" }));
	assert.deepEqual(rig.log, ["0 ack"]);
	assert.equal(rig.table.size, 0);
});

test("RFC 3261 §16.3 TX-36: a merged INVITE is a request of its own", () => {
	const rig = new TransactionRig().receive(request()).receive(request({ branch: "z9hG4bKother" }));
	assert.deepEqual(
		rig.servers.map((server) => rig.table.merged(server)),
		[false, false],
	);
});

test("RFC 3261 §8.2.2.2 TX-37: a second REGISTER with the same From tag, Call-ID and CSeq is seen", () => {
	const register = (parts = {}) => request({ method: "REGISTER", ...parts });
	const rig = new TransactionRig().receive(register());
	rig.respond(200);
	rig
		.receive(register({ branch: "z9hG4bKother" }))
		.receive(register({ branch: "z9hG4bKnext", cseq: 2 }))
		.receive(register({ branch: "z9hG4bKtagged", to: "<sip:bob@example.com>;tag=x" }));
	const seen = rig.servers.map((server) => rig.table.merged(server));
	assert.deepEqual(seen, [false, true, false, false]);
	rig.wait(40_000).receive(register({ branch: "z9hG4bKlater" }));
	assert.equal(rig.table.merged(rig.server), false, "the first is over");
});

test("RFC 3261 §8.2.2.2: what a merged request is known by does not keep the whole of the first", () => {
	const before = settledHeap();
	const rig = new TransactionRig();
	for (let at = 0; at < 400; at += 1) {
		const more = [`X-Long: ${"x".repeat(12_000)}`];
		const branch = `z9hG4bKmany${at}`;
		rig.receive(request({ method: "REGISTER", callId: `one-of-many-${at}@host`, branch, more }));
		rig.respond(200);
	}
	const kept = (settledHeap() - before) / rig.table.size;
	assert.ok(kept < 6_000, `${kept} octets for each`);
});

test("RFC 6026 §8.8 TX-18: a repeat after a response that could not be sent is absorbed", () => {
	const rig = new TransactionRig().receive(request());
	rig.respond(486);
	rig.table.transportFailed(rig.lastSent.owner, rig.now);
	rig.receive(request());
	assert.deepEqual(rig.log, [
		"0 request INVITE",
		"0 -> 486 INVITE",
		"0 undelivered INVITE",
		"0 -> 486 INVITE",
	]);
});

test("RFC 3263 §5: an undelivered response goes out along the flow that the user found", () => {
	const rig = new TransactionRig().receive(request());
	const backup = { ...UDP, host: "192.0.2.99" };
	rig.on.undelivered = (server, now) => rig.table.redirect(server, backup, now);
	rig.respond(486);
	rig.table.transportFailed(rig.lastSent.owner, rig.now);
	assert.deepEqual(rig.lastSent.flow, backup);
	rig.wait(500);
	assert.deepEqual(rig.lastSent.flow, backup, "repeats too");
});

test("a transaction that is dropped stays silent and absorbs repeats", () => {
	const rig = new TransactionRig();
	rig.on.request = (server, now) => rig.table.drop(server, now);
	rig.receive(request()).wait(500).receive(request()).wait(40_000);
	assert.deepEqual(rig.log, ["0 request INVITE", "32000 ended INVITE"]);
	assert.equal(rig.table.size, 0);
});
