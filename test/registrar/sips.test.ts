import assert from "node:assert/strict";
import { test } from "node:test";
import { stripTransport } from "../../core/leg/strip-transport.ts";
import { tlsFlow } from "../support/bindings.ts";
import { answer, headers, Registration, type Sent } from "./phone.ts";

const SENT = "<sips:7789@172.21.83.24:5061;transport=TCP;line=x7>";

/** As the built-in route does it: every Contact is stripped. */
function sendStripped(phone: Registration, contacts: readonly string[], sent: Sent = {}) {
	const edited = contacts.map((contact) => stripTransport(contact).stored);
	return phone.sendSecure(
		contacts.map((contact) => `Contact: ${contact}`),
		{ edited, ...sent },
	);
}

test("RFC 5630 §5.2 RG-41, secure-signaling G16a: a sips Contact makes a sips binding on the flow it came on", () => {
	const phone = new Registration();
	assert.equal(answer(sendStripped(phone, [SENT])), "200");
	assert.equal(phone.bindings[0]?.scheme, "sips");
	assert.deepEqual(phone.bindings[0]?.flow, tlsFlow(7));
});

test("secure-signaling G17a RG-18: the binding has no transport parameter, the response shows the Contact as sent", () => {
	const phone = new Registration();
	const rest = ';q=0.5;+sip.instance="<urn:uuid:00000000-0000-1000-8000-00908f567540>"';
	const result = sendStripped(phone, [`"A, B" ${SENT};expires=600${rest}`]);
	assert.deepEqual(phone.contacts, ["sips:7789@172.21.83.24:5061;line=x7"]);
	assert.deepEqual(headers(result, "Contact"), [`"A, B" ${SENT}${rest};expires=600`]);
	assert.deepEqual(headers(phone.sendSecure([]), "Contact"), headers(result, "Contact"));
});

test("secure-signaling G17b: without <> the parameter is shown as what the phone meant, one of the URI", () => {
	const phone = new Registration();
	const bare = "sips:7789@172.21.83.24:5061;transport=tcp;expires=600";
	const result = sendStripped(phone, [bare]);
	assert.deepEqual(phone.contacts, ["sips:7789@172.21.83.24:5061"]);
	assert.deepEqual(headers(result, "Contact"), [
		"<sips:7789@172.21.83.24:5061;transport=tcp>;expires=600",
	]);
	assert.equal(phone.bindings[0]?.params, "");
	const plain = new Registration();
	const kept = sendStripped(plain, ["sip:a@h;transport=tcp;expires=600"]);
	assert.deepEqual(headers(kept, "Contact"), ["<sip:a@h>;transport=tcp;expires=600"]);
});

test("secure-signaling G17c: of two Contacts only the sips one is stripped", () => {
	const phone = new Registration();
	sendStripped(phone, ["<sips:a@h;transport=tcp>", "<sip:b@h;transport=tls>"]);
	assert.deepEqual(phone.contacts, ["sips:a@h", "sip:b@h;transport=tls"]);
});

test("RFC 3261 §10.3: a script that leaves the Contacts alone has them stored as received", () => {
	const phone = new Registration();
	phone.sendSecure([`Contact: ${SENT}`]);
	assert.deepEqual(phone.contacts, ["sips:7789@172.21.83.24:5061;transport=TCP;line=x7"]);
	assert.equal(sendStripped(phone, [`${SENT};expires=0`]).status, 200);
	assert.deepEqual(phone.contacts, [], "it is the same Contact all the same");
});

test("RFC 5630 §5.1.1.1, secure-signaling G16b SIPS-22: a later registration in the other scheme replaces the former", () => {
	const phone = new Registration();
	phone.sendSecure(["Contact: <sips:a@h:5061;transport=tcp>"]);
	phone.send(["Contact: <sip:a@h:5061>"]);
	assert.deepEqual(phone.contacts, ["sip:a@h:5061"]);
	sendStripped(phone, ["<sips:A@h:5061;transport=tls>"]);
	assert.equal(phone.bindings.length, 2, "another user");
	sendStripped(phone, ["<sips:a@h:5061;transport=tls>"]);
	assert.deepEqual(phone.contacts, ["sips:A@h:5061", "sips:a@h:5061"]);
});

test("RFC 5630 §5.1.1.1: a change of transport replaces, and clearing up the old one ends only that", () => {
	const phone = new Registration();
	phone.send(["Contact: <sip:a@h;transport=udp>"]);
	phone.send(["Contact: <sip:a@h;transport=tcp>"]);
	assert.deepEqual(phone.contacts, ["sip:a@h;transport=tcp"]);
	assert.equal(phone.send(["Contact: <sip:a@h;transport=udp>;expires=0"]).status, 200);
	assert.deepEqual(phone.contacts, ["sip:a@h;transport=tcp"]);
});

test("RFC 3261 §10.3: two transports in one request are two bindings, again and again", () => {
	const phone = new Registration();
	const both = ["Contact: <sip:a@h;transport=udp>, <sip:a@h;transport=tcp>"];
	phone.send(both);
	phone.send(both);
	assert.deepEqual(phone.contacts, ["sip:a@h;transport=udp", "sip:a@h;transport=tcp"]);
});

test("RFC 5630 §5.1.1.1: both schemes of one Contact in one request: the later stands", () => {
	const phone = new Registration();
	phone.sendSecure(["Contact: <sip:a@h>, <sips:a@h;transport=tcp>"]);
	assert.deepEqual(phone.contacts, ["sips:a@h;transport=tcp"]);
});

test("RFC 3261 §26.2.2, secure-signaling G16d SIPS-20: a sips Contact that came in clear gets 400 and hears why", () => {
	const phone = new Registration();
	const over = (transport: "udp" | "tcp" | "ws") =>
		answer(phone.sendSecure([`Contact: ${SENT}`], { flow: { ...tlsFlow(7), transport } }));
	assert.equal(over("udp"), "400 SIPS Contact Needs TLS, Came Over UDP");
	assert.equal(over("tcp"), "400 SIPS Contact Needs TLS, Came Over TCP");
	assert.equal(over("ws"), "400 SIPS Contact Needs TLS, Came Over WS");
	assert.deepEqual(phone.bindings, []);
	const wss = { flow: { ...tlsFlow(7), transport: "wss" as const } };
	assert.equal(phone.sendSecure(["Contact: <sips:a@x.invalid;transport=ws>"], wss).status, 200);
});

test("RFC 3261 §26.2.2: a sips Contact with transport=udp gets 400", () => {
	const result = new Registration().sendSecure(["Contact: <sips:a@h;Transport=UDP>"]);
	assert.equal(answer(result), "400 SIPS Contact With transport=udp");
});

test("RFC 5630 §5.2, secure-signaling G16c SIPS-20: lenient takes any mixture, strict none", () => {
	const sips = `Contact: ${SENT}`;
	const PATHS = "Supported: path";
	const cases: [string, readonly string[], Sent][] = [
		["400 SIPS Contact Needs a SIPS Request-URI", [sips], { uri: "sip:sip.example.com" }],
		["400 SIPS Contact Beside Another Scheme", [sips, "Contact: <sip:b@h>"], {}],
		["400 SIPS Contact Needs SIPS in Path", [sips, PATHS, "Path: <sips:a;lr>, <sip:b;lr>"], {}],
		[
			"400 SIPS To With Another Scheme in Contact",
			["Contact: <sip:b@h>"],
			{ to: "<sips:1001@sip.example.com>" },
		],
		["200", [sips, PATHS, "Path: <sips:a;lr>"], {}],
		["200", ["Contact: <sip:b@h>"], { uri: "sips:sip.example.com" }],
		["200", [], { to: "<sips:1001@sip.example.com>" }],
	];
	for (const [expected, lines, sent] of cases) {
		assert.equal(
			answer(new Registration({ register: "strict" }).sendSecure(lines, sent)),
			expected,
		);
		assert.equal(answer(new Registration().sendSecure(lines, sent)), "200", lines.join());
	}
});

test("secure-signaling G16a: a sips Request-URI or To with a sip Contact leaves the binding sip", () => {
	const phone = new Registration();
	phone.sendSecure(["Contact: <sip:a@h;transport=tls>"], { to: "<sips:1001@sip.example.com>" });
	assert.equal(phone.bindings[0]?.scheme, "sip");
	assert.deepEqual(phone.contacts, ["sip:a@h;transport=tls"]);
});
