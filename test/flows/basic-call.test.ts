import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed();

function phones(rig: ExchangeRig) {
	return {
		ann: rig.phone("6000", { host: "172.21.83.70" }),
		bob: rig.phone("5000", { host: "172.21.83.60" }),
	};
}

test("RFC 3665 §3.1: INVITE, 180, 200, ACK and BYE cross the proxy, and nothing is left behind", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const invite = bob.take("INVITE");
	rig.wait(300);
	bob.answer(invite, "180 Ringing");
	rig.wait(2_000);
	bob.answer(invite, "200 OK");
	const dialog = ann.caller(ann.take(200));
	dialog.send("ACK");
	rig.wait(10_000);
	dialog.send("BYE");
	bob.answer(bob.take("BYE"), "200 OK");
	rig.wait(64_000);

	assert.deepEqual(rig.transcript, [
		"0 6000 > INVITE sip:5000@172.21.83.50",
		"0 5000 < INVITE sip:5000@172.21.83.60:5060",
		"200 6000 < 100 INVITE",
		"300 5000 > 180 INVITE",
		"300 6000 < 180 INVITE",
		"2300 5000 > 200 INVITE",
		"2300 6000 < 200 INVITE",
		"2300 6000 > ACK sip:5000@172.21.83.60:5060",
		"2300 5000 < ACK sip:5000@172.21.83.60:5060",
		"12300 6000 > BYE sip:5000@172.21.83.60:5060",
		"12300 5000 < BYE sip:5000@172.21.83.60:5060",
		"12300 5000 > 200 BYE",
		"12300 6000 < 200 BYE",
	]);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
	assert.equal(rig.exchange.next(), undefined, "no timer is left, Timer C included");
});

test("RFC 3261 §16.6 PX-26 PX-44 PX-60: headers and body cross untouched; only Via, Record-Route, Max-Forwards and Max-Breadth are ours", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const headers = ["X-Odd:   spaced  ", "Subject: a\r\n folded", "k: 100rel", "X-odd: again"];
	const sent = ann.request("INVITE", "sip:5000@172.21.83.50", { headers, body: "v=0\r\n\0\xff" });
	const invite = bob.take("INVITE");
	const ours = ["Via", "Record-Route", "Max-Forwards", "Max-Breadth"];
	assert.deepEqual(invite.without(...ours), sent.without(...ours));
	assert.equal(invite.body, sent.body);
	assert.deepEqual(invite.vias.slice(1), sent.vias);

	const answered = bob.answer(invite, "200 OK", { headers: ["Server:  x"], body: "v=0\r\no" });
	const got = ann.take(200);
	assert.deepEqual(got.without("Via"), answered.without("Via"));
	assert.equal(got.body, answered.body);
	assert.deepEqual(got.vias, sent.vias);
});

test("RFC 3261 §13.2.2.4 PX-51 PX-76: a repeated 200 and the ACK to each cross again, the ACK with the same branch", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const answered = bob.answer(bob.take("INVITE"), "200 OK");
	const dialog = ann.caller(ann.take(200));
	const ack = dialog.send("ACK");
	rig.wait(500);
	bob.send(answered.text);
	assert.equal(ann.take(200).text.includes("tag=5000"), true);
	ann.send(ack);
	const [first, second] = [bob.take("ACK"), bob.take("ACK")];
	assert.equal(first.vias[0], second.vias[0]);
	assert.equal(first.text, second.text);
	assert.equal(first.value("Max-Forwards"), "69");
	assert.deepEqual(first.values("Route"), []);
	assert.deepEqual(first.recordRoutes, []);
	rig.wait(32_000);
	bob.send(answered.text);
	assert.equal(ann.unread.length, 0, "its transaction is over: a late 200 is dropped (PX-46)");
	assert.equal(rig.size, 0);
});

test("RFC 3261 §12.2 PX-17 PX-29: requests inside the dialog cross from both sides by the cookie alone", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const invite = bob.take("INVITE");
	bob.answer(invite, "200 OK");
	const [a, b] = [ann.caller(ann.take(200)), bob.callee(invite)];
	a.send("ACK");
	bob.take("ACK");
	for (const [side, from, to] of [
		[a, ann, bob],
		[b, bob, ann],
	] as const)
		for (const method of ["INVITE", "UPDATE", "INFO", "MESSAGE", "BYE"]) {
			side.send(method);
			const came = to.take(method);
			assert.equal(came.uri, to.contact.slice(1, -1));
			assert.deepEqual(came.values("Route"), []);
			to.answer(came, "200 OK");
			assert.equal(from.take(200, method).vias.length, 1);
			if (method !== "INVITE") continue;
			side.send("ACK");
			to.take("ACK");
		}
	assert.ok(
		rig.transcript.every((line) => line.startsWith("0 ")),
		"and without asking anybody",
	);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §17.2.1 TX-12: a repeated INVITE is absorbed, answered with what went out last", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const sent = ann.request("INVITE", "sip:5000@172.21.83.50");
	bob.answer(bob.take("INVITE"), "180 Ringing");
	ann.take(180);
	rig.wait(500);
	ann.send(sent.text);
	assert.equal(ann.take(180).status, 180);
	assert.deepEqual(bob.unread, []);
});

test("RFC 3261 §18.2.2 TR-09 TR-10 TR-11: responses follow received and rport, not what the phone believes", () => {
	const rig = bed.rig();
	const { bob } = phones(rig);
	const nat = rig.phone("6000", { host: "172.21.83.71", port: 40_123 });
	const via = "SIP/2.0/UDP phone.invalid:5060;branch=z9hG4bKn1;rport;received=203.0.113.9";
	const text = nat.write("INVITE", "sip:5000@172.21.83.50").replace(/^Via: .*$/m, `Via: ${via}`);
	nat.send(text);
	const invite = bob.take("INVITE");
	assert.equal(
		invite.vias[1],
		"SIP/2.0/UDP phone.invalid:5060;branch=z9hG4bKn1;received=172.21.83.71;rport=40123",
	);
	bob.answer(invite, "200 OK");
	assert.equal(nat.take(200).vias[0], invite.vias[1]);
});

test("RFC 3261 §16.7 step 5 PX-49: a 100 from the callee stays here", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	bob.answer(bob.take("INVITE"), "100 Trying");
	assert.deepEqual(ann.unread, []);
	rig.wait(200);
	assert.equal(ann.take(100).value("To"), "<sip:5000@172.21.83.50>");
});
