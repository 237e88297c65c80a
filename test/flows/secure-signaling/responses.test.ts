/** What a sips caller gets back from a sip device: RFC 3261 §8.2.6.2, §12.1.1. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertCrossed, routesOf } from "../../support/crossing.ts";
import { call, secureBed } from "../../support/secure-bed.ts";
import { answered } from "./whole-call.ts";

const bed = await secureBed();

test("RFC 3261 §12.1.1, secure-signaling G4a G4b: every response with a Contact has it in the caller's scheme", () => {
	for (const [method, status] of [
		["INVITE", 180],
		["INVITE", 183],
		["INVITE", 200],
		["SUBSCRIBE", 200],
		["REFER", 202],
		["OPTIONS", 200],
	] as const) {
		const { d3, d2 } = bed.open();
		const sent = call(d3, "5000", { method });
		const came = d2.take(method);
		const headers = method === "OPTIONS" ? [`Contact: ${d2.contact}`] : [];
		const got = assertCrossed(d2.answer(came, `${status} Well`, { headers }), d3.take(status));
		assert.equal(got.value("From"), sent.value("From"));
		assert.equal(got.value("To"), `${sent.value("To")};tag=5000`);
		assert.equal(got.value("Contact"), "<sips:5000@172.21.83.60:5060>");
		const own = method === "OPTIONS" ? [] : ["<sips:172.21.83.50:5314;lr;x5=C;ftag=5001>"];
		assert.deepEqual(routesOf(got), own);
	}
});

test("RFC 3261 §17.2.1, secure-signaling G4a: a 200 that is repeated is repeated as it was", () => {
	const { rig, d3, d2 } = bed.open();
	call(d3, "5000");
	const came = d2.take("INVITE");
	const sent = d2.answer(came, "200 OK");
	const got = d3.take(200);
	rig.wait(500);
	d2.send(sent.text);
	assert.equal(d3.take(200).text, got.text);
});

test("secure-signaling G4a: a failure comes with the caller's From and To; the Contact of a 302 stays", () => {
	const { d3, d2 } = bed.open();
	for (const status of [302, 486] as const) {
		const sent = call(d3, "5000");
		const headers = ["Contact: <sip:away@192.0.2.1>"];
		const got = assertCrossed(
			d2.answer(d2.take("INVITE"), `${status} No`, { headers }),
			d3.take(status),
		);
		assert.equal(got.value("From"), sent.value("From"));
		assert.equal(got.value("To"), `${sent.value("To")};tag=5000`);
		assert.equal(got.value("Contact"), "<sip:away@192.0.2.1>");
	}
});

test("RFC 3311 §5.2, secure-signaling G4c: a 200 without a Contact gets none", () => {
	const { d3, d2 } = bed.open();
	const { a } = answered(d3, d2, "5000");
	a.send("UPDATE");
	const sent = d2.answer(d2.take("UPDATE"), "200 OK", { contact: "" });
	assert.deepEqual(assertCrossed(sent, d3.take(200, "UPDATE")).values("Contact"), []);
});
