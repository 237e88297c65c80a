import assert from "node:assert/strict";
import { test } from "node:test";
import { tlsFlow, UDP_FLOW } from "../support/bindings.ts";
import { answer, headers, Registration, type Sent } from "./phone.ts";

const UUID = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
const contact = (host: string, regId: number | string, urn = UUID) =>
	`Contact: <sip:a@${host};transport=tls>;reg-id=${regId};+sip.instance="<${urn}>"`;

test("RFC 5626 §6 RG-24 RG-30: instance-id and reg-id replace, whatever the URI, and the flow moves along", () => {
	const phone = new Registration();
	phone.send([contact("h1", 1)], { flow: tlsFlow(7) });
	phone.send([contact("h2", 1)], { flow: tlsFlow(8) });
	assert.deepEqual(phone.contacts, ["sip:a@h2;transport=tls"]);
	assert.deepEqual(phone.bindings[0]?.flow, tlsFlow(8));
	assert.equal(phone.bindings[0]?.instance, UUID);
	assert.equal(phone.bindings[0]?.regId, 1);
});

test("RFC 5626 §6 RG-24: two flows of one instance are two bindings, even with one URI", () => {
	const phone = new Registration();
	phone.send([contact("h", 1)]);
	phone.send([contact("h", 2)]);
	assert.equal(phone.bindings.length, 2);
	phone.send([`${contact("h", 1)};expires=0`]);
	assert.deepEqual(
		phone.bindings.map(({ regId }) => regId),
		[2],
	);
});

test("RFC 5626 §4.1 RG-32: a UUID is compared without case, other names as URNs are", () => {
	const phone = new Registration();
	phone.send([contact("h", 1)]);
	phone.send([contact("h", 1, UUID.toUpperCase())]);
	assert.equal(phone.bindings.length, 1);
	phone.send([contact("h", 1, "urn:mac:00A0")]);
	phone.send([contact("h", 1, "URN:MAC:00A0")]);
	assert.equal(phone.bindings.length, 2);
	phone.send([contact("h", 1, "urn:mac:00a0")]);
	assert.equal(phone.bindings.length, 3);
});

test("RFC 5626 §6 RG-27: one id without the other follows the rules of RFC 3261", () => {
	const phone = new Registration();
	phone.send(["Contact: <sip:a@h>;reg-id=1"]);
	phone.send(["Contact: <sip:b@h>;reg-id=1"]);
	assert.equal(phone.bindings.length, 2);
	assert.equal(phone.bindings[0]?.regId, undefined);
	const instance = `;+sip.instance="<${UUID}>"`;
	phone.send([`Contact: <sip:a@h>${instance}`]);
	phone.send([`Contact: <sip:c@h>${instance}`]);
	assert.deepEqual(phone.contacts, ["sip:b@h", "sip:a@h", "sip:c@h"]);
});

test("RFC 5626 §6 §11.6 RG-25 RG-26: behind a proxy that takes no part reg-id is ignored, unless the phone counts on outbound", () => {
	const phone = new Registration();
	phone.send([contact("h1", 1)], { vias: 2 });
	phone.send([contact("h2", 1)], { vias: 2 });
	assert.equal(phone.bindings.length, 2);
	assert.deepEqual(
		phone.bindings.map(({ regId }) => regId),
		[undefined, undefined],
	);
	for (const lines of [
		["Supported: outbound"],
		["Supported: gruu, Outbound, path", "Path: <sip:p;lr>"],
		["Supported: outbound, path", "Path: <sip:p;lr;ob>, <sip:q;lr>"],
	]) {
		const refused = phone.send([contact("h3", 2), ...lines], { vias: 2 });
		assert.equal(answer(refused), "439 First Hop Lacks Outbound Support", lines.join());
	}
	assert.equal(phone.bindings.length, 2);
	assert.equal(
		answer(phone.send(["Contact: <sip:b@h>", "Supported: outbound"], { vias: 2 })),
		"200",
	);
	assert.equal(answer(phone.send(["Supported: outbound"], { vias: 2 })), "200");
});

test("RFC 5626 §5.1 §6 RG-25 RG-29: it is the proxy next to the phone that has to take part, and any behind it need not", () => {
	const supported = "Supported: path, outbound";
	for (const path of ["<sip:t@e;lr;ob>", "<sip:inner;lr>, <sip:t@e;ob;lr>"]) {
		const phone = new Registration();
		phone.send([contact("h1", 1), supported, `Path: ${path}`], { vias: 3 });
		const result = phone.send([contact("h2", 1), supported, `Path: ${path}`], { vias: 3 });
		assert.deepEqual(headers(result, "Require"), ["outbound"]);
		assert.deepEqual(phone.contacts, ["sip:a@h2;transport=tls"]);
		assert.equal(phone.bindings[0]?.regId, 1);
	}
});

test("RFC 5626 §6 RG-29: Require: outbound stands where the rules were applied for a phone that supports them, and nowhere else", () => {
	const phone = new Registration();
	const supported = "Supported: outbound";
	const required = (lines: readonly string[], vias = 1) =>
		headers(phone.send(lines, { vias }), "Require");
	assert.deepEqual(required([contact("h", 1), supported]), ["outbound"]);
	assert.deepEqual(required([contact("h", 1)]), [], "not supported");
	assert.deepEqual(required([supported]), [], "nothing is bound");
	assert.deepEqual(required(["Contact: <sip:b@h>", supported]), [], "no reg-id");
	assert.deepEqual(required(["Contact: <sip:b@h>;reg-id=1", supported]), [], "no instance-id");
	assert.deepEqual(required([contact("h", 1)], 2), [], "ignored");
	assert.deepEqual(required([`${contact("h", 1)};expires=0`, supported]), ["outbound"]);
	assert.deepEqual(required(["Contact: *", "Expires: 0", supported]), []);
});

test("RFC 5626 §6 RG-28: several lasting Contacts with reg-id get 400, ending others with it is fine", () => {
	const phone = new Registration();
	const several = phone.send([contact("h1", 1), contact("h2", 2)]);
	assert.equal(answer(several), "400 Several Contacts With reg-id");
	assert.deepEqual(phone.bindings, []);
	phone.send(["Contact: <sip:old@h>"]);
	phone.send(["Contact: <sip:old@h>;expires=0", contact("h1", 1)]);
	assert.deepEqual(phone.contacts, ["sip:a@h1;transport=tls"]);
});

test("RFC 5626 §4.2: a reg-id that is no number from 1 to 2^31-1 is none", () => {
	for (const id of ["0", "2147483648", "x", "1.5"]) {
		const phone = new Registration();
		phone.send([contact("h", id)]);
		assert.equal(phone.bindings[0]?.regId, undefined, id);
	}
});

test("RFC 5626 §6: a device that begins to use reg-id takes its former binding along", () => {
	const phone = new Registration();
	phone.send(["Contact: <sip:a@h;transport=tls>"]);
	phone.send([contact("h", 1)]);
	assert.equal(phone.bindings.length, 1);
	assert.equal(phone.bindings[0]?.regId, 1);
});

test("RFC 5626 §6 RG-15: the order of CSeq counts for flows as well", () => {
	const phone = new Registration();
	phone.send([contact("h1", 1)], { cseq: 5 });
	assert.equal(phone.send([contact("h2", 1)], { cseq: 4 }).status, 500);
	assert.deepEqual(phone.contacts, ["sip:a@h1;transport=tls"]);
});

test("RFC 5626 §5.4 §6 TR-30: Flow-Timer goes to phones that keep a stream to us, with Require: outbound", () => {
	const supported = "Supported: outbound, path";
	const timer = (lines: readonly string[], sent: Sent = {}, options = {}) =>
		headers(new Registration(options).send(lines, { flow: tlsFlow(7), ...sent }), "Flow-Timer");
	assert.deepEqual(timer([contact("h", 1), supported]), ["120"]);
	assert.deepEqual(timer([contact("h", 1), supported], {}, { flowTimerSeconds: 45 }), ["45"]);
	assert.deepEqual(timer([contact("h", 1), supported], {}, { flowTimerSeconds: Infinity }), []);
	assert.deepEqual(timer([contact("h", 1), supported], { flow: UDP_FLOW }), [], "over UDP");
	assert.deepEqual(timer([contact("h", 1)]), [], "not supported");
	assert.deepEqual(timer(["Contact: <sip:a@h>", supported]), [], "no reg-id");
	assert.deepEqual(timer([`${contact("h", 1)};expires=0`, supported]), [], "it leaves");
	const behind = [contact("h", 1), supported, "Path: <sip:edge;lr;ob>"];
	assert.deepEqual(timer(behind, { vias: 2 }), [], "the edge holds the flow");
});
