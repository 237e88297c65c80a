import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed();

function phones(rig: ExchangeRig) {
	return {
		ann: rig.phone("6000", { host: "172.21.83.70" }),
		bob: rig.phone("5000", { host: "172.21.83.60" }),
		d3: rig.phone("5001", { host: "192.168.8.57", transport: "tls" }),
	};
}

test("RFC 3261 §8.2 §16.3 PX-08 PX-09: what is no request gets its status, named, with all Vias and a To tag", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const good = ann
		.write("INVITE", "sip:5000@172.21.83.50")
		.replace("Max-Forwards", "Via: SIP/2.0/UDP up\r\nMax-Forwards");
	const wrong: readonly (readonly [number, string, string])[] = [
		[400, "Bad CSeq", good.replace("CSeq: 1 INVITE", "CSeq: 1 BYE")],
		[400, "Bad From", good.replace(/From: .*/, "From: <sip:a")],
		[400, "Bad Call-ID", good.replace(/Call-ID: .*\r\n/, "")],
		[505, "Version Not Supported", good.replace(" SIP/2.0", " SIP/7.0")],
		[400, "Bad Via", good.replace("SIP/2.0/UDP up", 'SIP/2.0/UDP up;a="')],
		[400, "Bad Proxy-Require", good.replace("Contact", 'Proxy-Require: "\r\nContact')],
		[400, "Bad Route", good.replace("Contact", "Route: <sip:@;lr>\r\nContact")],
		[483, "Too Many Hops", good.replace("Forwards: 70", "Forwards: 0")],
		[416, "Unsupported URI Scheme", good.replaceAll("sip:5000@", "foo:5000@")],
	];
	for (const [at, [status, phrase, text]] of wrong.entries()) {
		ann.send(text.replace("branch=z9hG4bK", `branch=z9hG4bK${at}`));
		const got = ann.take(status);
		assert.ok(got.startLine.includes(phrase), `${got.startLine}, not ${phrase}`);
		assert.equal(got.vias.length, 2, phrase);
		assert.match(got.value("To"), /tag=[0-9a-f]{16}$/, phrase);
	}
	assert.deepEqual(bob.received, []);
});

test("RFC 3261 §16.3 step 1 PX-01: an INVITE whose Contact cannot be read crosses as it is, to any leg", () => {
	const contacts = ["<sip:a@", '"', "x", "<sip:a@h>, <", "*", "<>", "sip:a@h?x", "<sip:a@h>;;"];
	for (const contact of contacts) {
		const rig = bed.rig();
		const { ann, bob, d3 } = phones(rig);
		ann.request("INVITE", "sip:5000@172.21.83.50", { contact });
		assert.equal(bob.take("INVITE").value("Contact"), contact);
		ann.request("INVITE", "sip:5001@172.21.83.50", { contact });
		const came = d3.take("INVITE");
		assert.equal(came.values("Contact").length, 1);
		d3.answer(came, "200 OK", { contact: "", headers: [`Contact: ${contact}`] });
		assert.equal(ann.take(200).values("Contact").length, 1);
	}
});

test("RFC 3261 §16.7 step 3 PX-48: a response without a Via below ours, or with one that cannot be told apart, is dropped; the next is taken", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const invite = bob.take("INVITE");
	const good = bob.answer(invite, "180 Ringing").text;
	ann.take(180);
	const [ours, hers] = invite.vias;
	const one = good.replace(`Via: ${ours}\r\nVia: ${hers}`, `Via: ${ours}, ${hers};a="`);
	bob.send(one.replace("180 Ringing", "486 Busy Here"));
	bob.send(good.replace(`Via: ${hers}\r\n`, "").replace("180 Ringing", "486 Busy Here"));
	const alone = good.replace(`Via: ${ours}\r\nVia: ${hers}`, `Via: ${ours} ,`);
	bob.send(alone.replace("180 Ringing", "486 Busy Here"));
	assert.equal(rig.exchange.counters.malformed, 3);
	assert.deepEqual(ann.unread, []);
	bob.send(good.replace(`${ours}\r\nVia: `, `${ours}, `).replace("180 Ringing", "486 Busy Here"));
	assert.deepEqual(ann.take(486).vias, [hers]);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.12 §8.2.2.1 PX-02: in a dialog a target that is no SIP URI gets 416, an ACK to it is dropped", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	bob.answer(bob.take("INVITE"), "200 OK");
	const dialog = ann.caller(ann.take(200)).refreshed("<tel:+1-201-555-0123>");
	dialog.send("ACK");
	dialog.send("BYE");
	assert.equal(ann.take(416).value("CSeq"), "2 BYE");
	assert.deepEqual(bob.unread, []);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §20.14 PX-41: a response without Content-Length gets one on a stream", () => {
	const rig = bed.rig();
	const { bob } = phones(rig);
	const tcp = rig.phone("6000", { host: "172.21.83.70", transport: "tcp" });
	tcp.request("INVITE", "sip:5000@172.21.83.50");
	const invite = bob.take("INVITE");
	const text = bob.answer(invite, "180 Ringing").text;
	assert.equal(tcp.take(180).value("Content-Length"), "0");
	bob.send(text.replace("180 Ringing", "200 OK").replace("Content-Length: 0\r\n\r\n", "\r\nv=0"));
	const got = tcp.take(200);
	assert.equal(got.value("Content-Length"), "3");
	assert.equal(got.body, "v=0");
});

test("RFC 5393 §4.2.2 PX-04 PX-78: a number forwarded to itself through another proxy is a loop: 482 the second time", () => {
	const rig = bed.rig();
	const { ann } = phones(rig);
	const mirror = rig.phone("mirror", { host: "10.0.0.9" });
	const uri = "sip:8123@172.21.83.50";
	ann.request("INVITE", "sip:8123@172.21.83.50");
	rig
		.answerDns([])
		.answerDns([])
		.answerDns([])
		.answerDns([{ type: "A", address: "10.0.0.9" }]);
	const came = mirror.take("INVITE");
	const back = came.text
		.replace(came.startLine, `INVITE ${uri} SIP/2.0`)
		.replace("Via:", "Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKmirror\r\nVia:")
		.replace(/Record-Route: .*\r\n/, "");
	mirror.send(back);
	const looped = mirror.take(482);
	assert.equal(looped.vias.length, 3);
	mirror.send(back.replace(uri, "sip:5000@172.21.83.50").replace("z9hG4bKmirror", "z9hG4bKspiral"));
	assert.equal(rig.phones[1]?.take("INVITE").vias.length, 4, "a spiral passes");
});

test("architecture §6: while a source sends more garbage than it may, it gets no answer", () => {
	const rig = bed.rig({ mayAnswerMalformed: () => false });
	const { ann } = phones(rig);
	ann.send(ann.write("INVITE", "sip:5000@172.21.83.50").replace("CSeq: 1", "CSeq: x"));
	assert.deepEqual(ann.received, []);
	assert.equal(rig.exchange.counters.malformed, 1);
});

test("RFC 3261 §21.5.4 PX-120: with no room for another transaction a new request gets 503, and calls that are up go on", () => {
	const rig = bed.rig({ transactionsMax: 2 });
	const { ann, bob } = phones(rig);
	const invite = ann.request("INVITE", "sip:5000@172.21.83.50");
	ann.request("INVITE", "sip:5000@172.21.83.50");
	assert.equal(ann.take(503).value("Retry-After"), "1");
	bob.answer(bob.take("INVITE"), "180 Ringing");
	ann.cancel(invite);
	assert.equal(ann.take(200, "CANCEL").status, 200);
	assert.equal(bob.take("CANCEL").method, "CANCEL");
});
