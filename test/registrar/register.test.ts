import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../support/seeded.ts";
import { answer, headers, Registration } from "./phone.ts";

const A = "<sip:1001@192.0.2.10:5060>";

test("RFC 3261 §10.3 step 2, §8.2.2.3 RG-02: an extension that is required gets 420 and is named", () => {
	const phone = new Registration();
	const result = phone.send(["Require: foo, Bar", `Contact: ${A}`]);
	assert.equal(answer(result), "420 Bad Extension");
	assert.deepEqual(headers(result, "Unsupported"), ["foo, Bar"]);
	assert.deepEqual(phone.contacts, []);
});

test("RFC 6140 §5.2 RG-44: bulk registration is not taken for one of a phone: a PBX that requires it gets 420", () => {
	const phone = new Registration();
	const result = phone.send(["Require: gin", "Contact: <sip:198.51.100.3;bnc>"]);
	assert.equal(answer(result), "420 Bad Extension");
	assert.deepEqual(headers(result, "Unsupported"), ["gin"]);
});

test("RFC 3261 §10.3 steps 6 and 8 RG-07 RG-18: without Contact the bindings are listed and left alone", () => {
	const phone = new Registration();
	assert.deepEqual(headers(phone.send([]), "Contact"), []);
	phone.send([`Contact: ${A}, <sip:1001@192.0.2.11>;expires=120`]);
	phone.now = 30_000;
	const result = phone.send([]);
	assert.equal(answer(result), "200");
	assert.deepEqual(headers(result, "Contact"), [
		`${A};expires=3570`,
		"<sip:1001@192.0.2.11>;expires=90",
	]);
	assert.deepEqual([result.put, result.remove], [[], []]);
});

test("RFC 3261 §10.3 step 8, RFC 3840 §6 §9 RG-18 RG-36: Contacts come back as sent, parameters in order", () => {
	const phone = new Registration();
	const sent =
		'"Doe, \\"J\\"" <sip:1001@192.0.2.10;ob;line=x7>;q=0.5;Expires=600;+sip.instance="<urn:uuid:1>";methods="INVITE, ACK";audio';
	const shown =
		'"Doe, \\"J\\"" <sip:1001@192.0.2.10;ob;line=x7>;q=0.5;+sip.instance="<urn:uuid:1>";methods="INVITE, ACK";audio;expires=600';
	assert.deepEqual(headers(phone.send([`m: ${sent}`]), "Contact"), [shown]);
	assert.equal(phone.bindings[0]?.q, 500);
	const refreshed = headers(phone.send(["Contact: <sip:1001@192.0.2.10;ob;line=x7>"]), "Contact");
	assert.deepEqual(refreshed, ["<sip:1001@192.0.2.10;ob;line=x7>;expires=3600"]);
});

test("RFC 3261 §7.3.1: a folded Contact is stored and shown in one line", () => {
	const phone = new Registration();
	const result = phone.send([`Contact: "A\r\n B" ${A}\r\n ;x=1;y="2\r\n\t3"`]);
	assert.deepEqual(headers(result, "Contact"), [`"A B" ${A};x=1;y="2 3";expires=3600`]);
});

test("RFC 3261 §10.3 step 8 RG-19: the response has the date", () => {
	const phone = new Registration();
	phone.now = 1_289_690_940_999;
	assert.deepEqual(headers(phone.send([]), "Date"), ["Sat, 13 Nov 2010 23:29:00 GMT"]);
});

test("RFC 3608 §6.3 RG-42: the Service-Route stands in its order in every 200, and in nothing else", () => {
	const serviceRoute = ["<sip:edge.example.com;lr>", "<sips:b.example.com;lr>"];
	const phone = new Registration({ serviceRoute });
	for (const lines of [[`Contact: ${A}`], [], ["Contact: *", "Expires: 0"]])
		assert.deepEqual(headers(phone.send(lines), "Service-Route"), serviceRoute);
	assert.deepEqual(headers(phone.send(["Contact: <sip:"]), "Service-Route"), []);
});

test("RFC 3261 §10.3 RG-20: Record-Route is ignored, and not in the response", () => {
	const result = new Registration().send(["Record-Route: <sip:p.example.com;lr>", `Contact: ${A}`]);
	assert.equal(answer(result), "200");
	assert.deepEqual(headers(result, "Record-Route"), []);
});

test("RFC 3261 §10.3 step 6, secure-signaling G17d RG-08: `Contact: *` ends every binding, alone and with Expires: 0 only", () => {
	const phone = new Registration();
	phone.send([`Contact: ${A}, <sip:1001@192.0.2.11>`], { callId: "other" });
	for (const lines of [
		["Contact: *"],
		["Contact: *", "Expires: 60"],
		["Contact: *", "Expires: none"],
		["Contact: *, *", "Expires: 0"],
		["Contact: *", `Contact: ${A}`, "Expires: 0"],
	])
		assert.equal(phone.send(lines).status, 400, lines.join());
	assert.equal(phone.bindings.length, 2);
	const result = phone.send(["Contact: *", "Expires: 0"]);
	assert.equal(answer(result), "200");
	assert.deepEqual(headers(result, "Contact"), []);
	assert.deepEqual(phone.bindings, []);
});

test("RFC 3261 §10.3 step 6 RG-09: an old `*` of the same Call-ID ends nothing", () => {
	const phone = new Registration();
	phone.send([`Contact: ${A}`], { cseq: 5 });
	phone.send(["Contact: <sip:1001@192.0.2.11>"], { callId: "other", cseq: 1 });
	const old = phone.send(["Contact: *", "Expires: 0"], { cseq: 5 });
	assert.equal(answer(old), "500 CSeq Out of Order");
	assert.equal(phone.bindings.length, 2);
	assert.equal(phone.send(["Contact: *", "Expires: 0"], { cseq: 6 }).status, 200);
	assert.deepEqual(phone.bindings, []);
});

test("RFC 3261 §10.3 step 7 RG-10: expires of the Contact, then Expires, then the default", () => {
	const phone = new Registration({ defaultExpiresSeconds: 1800 });
	const result = phone.send([`Contact: ${A};expires=100, <sip:b@h>`, "Expires: 600"]);
	assert.deepEqual(headers(result, "Contact"), [`${A};expires=100`, "<sip:b@h>;expires=600"]);
	const byDefault = phone.send(["Contact: <sip:c@h>"]);
	assert.match(headers(byDefault, "Contact").at(-1) ?? "", /<sip:c@h>;expires=1800$/);
});

test("RFC 3261 §10.3 step 7 RG-11: the registrar shortens and never lengthens", () => {
	const phone = new Registration({ maxExpiresSeconds: 1800 });
	assert.deepEqual(headers(phone.send([`Contact: ${A};expires=7200`]), "Contact"), [
		`${A};expires=1800`,
	]);
	assert.deepEqual(headers(phone.send([`Contact: ${A};expires=60`]), "Contact"), [
		`${A};expires=60`,
	]);
	assert.deepEqual(headers(phone.send([`Contact: ${A}`]), "Contact"), [`${A};expires=1800`]);
});

test("RFC 3261 §10.3 step 7 RG-12: too brief an interval gets 423 with Min-Expires, 0 does not", () => {
	const phone = new Registration();
	const brief = phone.send([`Contact: ${A};expires=10, <sip:b@h>`]);
	assert.equal(answer(brief), "423 Interval Too Brief");
	assert.deepEqual(headers(brief, "Min-Expires"), ["60"]);
	assert.deepEqual(phone.bindings, []);
	assert.equal(phone.send([`Contact: ${A};expires=60`]).status, 200);
	assert.equal(phone.send([`Contact: ${A};expires=0`]).status, 200);
	assert.deepEqual(phone.bindings, []);
	const patient = new Registration({ minExpiresSeconds: 7200 });
	assert.equal(patient.send([`Contact: ${A};expires=3599`]).status, 423);
	assert.equal(patient.send([`Contact: ${A};expires=3600`]).status, 200, "not from an hour on");
});

test("RFC 3261 §10.2 §20.19 RG-13: an expiry that cannot be read is an hour, one too large is held", () => {
	for (const value of ["abc", "-1", '"x"', "1.5", ""]) {
		const phone = new Registration();
		const shown = headers(phone.send([`Contact: ${A};x=1;expires=${value || '""'}`]), "Contact");
		assert.deepEqual(shown, [`${A};x=1;expires=3600`], value);
		const inHeader = headers(phone.send([`Contact: ${A}`, `Expires: ${value}`]), "Contact");
		assert.deepEqual(inHeader, [`${A};expires=3600`], value);
	}
	const phone = new Registration();
	for (const value of ["4294967296", "9".repeat(400)])
		assert.deepEqual(headers(phone.send([`Contact: ${A};expires=${value}`]), "Contact"), [
			`${A};expires=7200`,
		]);
	assert.deepEqual(headers(phone.send([`Contact: ${A};expires`]), "Contact"), [
		`${A};expires=3600`,
	]);
});

test("RFC 3261 §10.3 step 7 §19.1.4 RG-14: bindings are matched as URIs are compared", () => {
	const phone = new Registration();
	phone.send(["Contact: <sip:ann@Phone.Example.com:5060;x=1>"]);
	phone.send(["Contact: <sip:%61nn@phone.example.COM:5060>"]);
	assert.deepEqual(phone.contacts, ["sip:%61nn@phone.example.COM:5060"]);
	phone.send(["Contact: <sip:Ann@phone.example.com:5060>"]);
	phone.send(["Contact: <sip:ann@phone.example.com>"]);
	assert.equal(phone.bindings.length, 3, "another case of the user, no port: others");
});

test("RFC 3261 §10.3 step 7 RG-15: of one Call-ID only a higher CSeq changes a binding", () => {
	const phone = new Registration();
	phone.send([`Contact: ${A};expires=600`], { cseq: 5 });
	for (const cseq of [5, 4]) {
		const old = phone.send([`Contact: ${A};expires=0`, "Contact: <sip:b@h>"], { cseq });
		assert.equal(answer(old), "500 CSeq Out of Order");
		assert.deepEqual(phone.contacts, ["sip:1001@192.0.2.10:5060"], "nor is the other one added");
	}
	phone.send([`Contact: ${A};expires=700`], { cseq: 1, callId: "rebooted" });
	assert.equal(phone.bindings[0]?.expiresAt, 700_000);
	assert.equal(phone.bindings[0]?.callId, "rebooted");
	phone.send([`Contact: ${A};expires=0`], { cseq: 2, callId: "rebooted" });
	assert.deepEqual(phone.bindings, []);
});

test("RFC 3261 §10.3 step 7 RG-16: one Contact that is wrong, and none is stored", () => {
	const phone = new Registration();
	for (const wrong of ["<sip:a@[::1>", "<sip:a@h>;x;x", "<nothing>", '"open <sip:a@h>', "*x"]) {
		const result = phone.send([`Contact: ${A}`, "Contact: <sip:b@h>", `Contact: ${wrong}`]);
		assert.equal(result.status, 400, wrong);
		assert.match(result.reason ?? "", /^Bad (Contact|URI|list): /);
		assert.deepEqual(phone.bindings, []);
	}
});

test("RFC 3261 §10.3 step 7: several Contacts come and go in one request", () => {
	const phone = new Registration();
	phone.send([`Contact: ${A}, <sip:b@h>`]);
	const result = phone.send([
		`Contact: ${A};expires=0, <sip:c@h>;expires=60`,
		"Contact: <sip:c@h>",
	]);
	assert.deepEqual(headers(result, "Contact"), [
		"<sip:b@h>;expires=3600",
		"<sip:c@h>;expires=3600",
	]);
	assert.equal(phone.send(["Contact: <sip:unknown@h>;expires=0"]).status, 200);
	assert.deepEqual(phone.contacts, ["sip:b@h", "sip:c@h"]);
});

test("RFC 3261 §10.3 RG-21: what has expired is neither listed nor counted nor compared", () => {
	const phone = new Registration({ maxBindings: 1 });
	phone.send([`Contact: ${A};expires=60`], { cseq: 9 });
	phone.now = 60_000;
	assert.deepEqual(headers(phone.send([], { cseq: 1 }), "Contact"), []);
	assert.equal(phone.send([`Contact: ${A}`], { cseq: 1 }).status, 200);
});

test("RFC 3261 §10.3 step 8 RG-18: the time left is never said to be longer than it is, nor 0", () => {
	const phone = new Registration();
	phone.send([`Contact: ${A};expires=60`]);
	phone.now = 1;
	assert.deepEqual(headers(phone.send([]), "Contact"), [`${A};expires=59`]);
	phone.now = 59_999;
	assert.deepEqual(headers(phone.send([]), "Contact"), [`${A};expires=1`]);
});

test("RFC 3261 §26.3.2.4 RG-33: a device has a limited number of bindings, and can always refresh them", () => {
	const phone = new Registration({ maxBindings: 2 });
	phone.send(["Contact: <sip:a@h>, <sip:b@h>"]);
	assert.equal(answer(phone.send(["Contact: <sip:c@h>"])), "403 More Than 2 Bindings");
	assert.deepEqual(phone.contacts, ["sip:a@h", "sip:b@h"]);
	assert.equal(phone.send(["Contact: <sip:a@h>, <sip:b@h>"]).status, 200);
	assert.equal(phone.send(["Contact: <sip:c@h>, <sip:b@h>;expires=0"]).status, 200);
	assert.deepEqual(phone.contacts, ["sip:a@h", "sip:c@h"]);
});

test("RG-33: where it is configured so, a Contact beyond the limit takes the place of the one refreshed longest ago", () => {
	const phone = new Registration({ maxBindings: 2, full: "replace" });
	phone.send(["Contact: <sip:a@h>, <sip:b@h>"], { callId: "1" });
	phone.send(["Contact: <sip:a@h>"], { callId: "1" });
	assert.equal(phone.send(["Contact: <sip:c@h>"], { callId: "2" }).status, 200);
	assert.deepEqual(phone.contacts, ["sip:a@h", "sip:c@h"]);
	const three = "Contact: <sip:x@h>, <sip:y@h>, <sip:z@h>";
	assert.equal(answer(phone.send([three], { callId: "3" })), "403 More Than 2 Bindings");
	assert.deepEqual(phone.contacts, ["sip:a@h", "sip:c@h"]);
	phone.send(["Contact: <sip:x@h>, <sip:c@h>"], { callId: "2" });
	assert.deepEqual(phone.contacts, ["sip:x@h", "sip:c@h"]);
});

test("RFC 3261 §26.3.2.4 RG-33: a request has as many Contacts as replace every binding, and no more", () => {
	const phone = new Registration({ maxBindings: 2 });
	phone.send(["Contact: <sip:a@h>, <sip:b@h>"]);
	const others = "Contact: <sip:c@h>, <sip:d@h>";
	const ended = "<sip:a@h>;expires=0, <sip:b@h>;expires=0";
	const more = phone.send([`${others}, ${ended}, <sip:e@h>;expires=0`]);
	assert.equal(answer(more), "403 More Than 4 Contacts");
	assert.deepEqual(phone.contacts, ["sip:a@h", "sip:b@h"]);
	assert.equal(phone.send([`${others}, ${ended}`]).status, 200);
	assert.deepEqual(phone.contacts, ["sip:c@h", "sip:d@h"]);
});

test("RFC 3261 §26.3.2.4 RG-33: the text of one binding has a limit", () => {
	const phone = new Registration();
	const long = phone.send([`Contact: ${A};x=${"y".repeat(9_000)}`]);
	assert.equal(answer(long), "513 Contact Too Large");
	assert.deepEqual(phone.bindings, []);
});

test("RFC 3261 §10.2.1 RG-34: Contacts of other schemes are stored and listed", () => {
	const phone = new Registration();
	const result = phone.send(["Contact: <mailto:ann@example.com>;q=0.1, <tel:+15551234>"]);
	assert.deepEqual(headers(result, "Contact"), [
		"<mailto:ann@example.com>;q=0.1;expires=3600",
		"<tel:+15551234>;expires=3600",
	]);
	phone.send(["Contact: <mailto:ann@example.com>;expires=0"]);
	assert.deepEqual(phone.contacts, ["tel:+15551234"]);
});

test("RFC 3261 §10.3 RG-46: a Contact may be refused by its address, an end to it may not", () => {
	const phone = new Registration({
		refuses: (uri) => (uri.host === "sip.example.com" ? "Contact Is This Server" : undefined),
	});
	const result = phone.send([`Contact: ${A}, <sip:1001@sip.example.com>`]);
	assert.equal(answer(result), "403 Contact Is This Server");
	assert.deepEqual(phone.bindings, []);
	assert.equal(phone.send(["Contact: <sip:1001@sip.example.com>;expires=0"]).status, 200);
});

test("RFC 3261 §10.3, RFC 3327 §5.3: a binding holds what calls and refreshes need", () => {
	const phone = new Registration();
	phone.send(
		[
			`Contact: ${A}`,
			"User-Agent: Phone/1.0",
			"Path: <sip:a.example.com;lr>, <sip:b.example.com;lr>",
			"Supported: path",
		],
		{ cseq: 7 },
	);
	const { flow, ...binding } = phone.bindings[0] ?? assert.fail();
	assert.deepEqual(binding, {
		device: "1001",
		contact: "sip:1001@192.0.2.10:5060",
		echoed: "sip:1001@192.0.2.10:5060",
		display: "",
		params: "",
		scheme: "sip",
		expiresAt: 3_600_000,
		q: 1000,
		callId: "a@192.0.2.10",
		cseq: 7,
		instance: undefined,
		regId: undefined,
		path: ["<sip:a.example.com;lr>", "<sip:b.example.com;lr>"],
		userAgent: "Phone/1.0",
	});
	assert.equal(flow.host, "192.0.2.10");
});

test("RFC 3261 §10.3: from any history, a refusal changes nothing and 200 lists exactly the bindings", () => {
	const contacts = [
		"<sip:a@h>",
		"<sip:b@h>;expires=0",
		"<sip:c@h>;expires=90",
		"<sip:d@h>;expires=5",
	];
	for (let seed = 1; seed <= 300; seed += 1) {
		const random = seeded(seed);
		const phone = new Registration({ maxBindings: 2 });
		for (let step = 0; step < 12; step += 1) {
			const before = phone.bindings;
			const lines = [`Contact: ${random.pick(contacts)}, ${random.pick(contacts)}`];
			const sent = { callId: random.pick(["x", "y"]), cseq: random.below(20) };
			const result = phone.send(random.below(8) === 0 ? ["Contact: *", "Expires: 0"] : lines, sent);
			if (result.status === 200)
				assert.deepEqual(
					headers(result, "Contact").map((value) => value.replace(/<(.*)>.*/, "$1")),
					phone.contacts,
					`seed ${seed}`,
				);
			else assert.deepEqual(phone.bindings, before, `seed ${seed}`);
			assert.ok(phone.bindings.length <= 2, `seed ${seed}`);
			phone.now += random.below(60_000);
		}
	}
});
