/** Answers to whoever has not shown who it is: one for each request, and nothing is kept of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { relay, reply } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";

/** 7790 is asked for its password; 198.51.100.0/24 is not trusted. */
const bed = await testBed();
const HERE = "sip:172.21.83.50";
const AOR = "sip:7790@172.21.83.50";
const CALLED = "sip:5000@172.21.83.50";

const stranger = (rig: ExchangeRig, transport: "udp" | "tcp" = "udp") =>
	rig.phone("7790", { host: "198.51.100.7", transport });
const statuses = (phone: VirtualPhone) => phone.unread.map(({ status }) => status);

test("RFC 3261 §26.3.2.4 TR-58: a flood of INVITEs without ACK leaves no state and gets one 407 each, never repeated", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	for (let call = 0; call < 1_000; call += 1) phone.request("INVITE", CALLED, { from: AOR });
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
	assert.equal(rig.exchange.next(), undefined, "no timer runs");
	rig.wait(64_000);
	assert.equal(phone.received.length, 1_000);
	assert.ok(phone.received.every(({ status }) => status === 407));
});

test("RFC 3261 §26.3.2.4 TR-58: so it is for REGISTER, on a stream, and for what a script or our own rules refuse", () => {
	const rig = bed.rig();
	for (const transport of ["udp", "tcp"] as const) {
		const phone = stranger(rig, transport);
		phone.request("REGISTER", HERE, { from: AOR, to: AOR });
		phone.request("INVITE", CALLED, { from: AOR });
		phone.request("INVITE", CALLED, { from: AOR, headers: ["Proxy-Require: magic"] });
		phone.request("INVITE", CALLED, { headers: ["Proxy-Authorization: Digest x"] });
		assert.deepEqual(statuses(phone), [401, 407, 420, 400], transport);
	}
	assert.equal(rig.size, 0);

	const refusing = new ExchangeRig({ config: bed.config, routes: () => reply(403) });
	const phone = stranger(refusing);
	phone.request("INVITE", CALLED);
	assert.deepEqual(statuses(phone), [403]);
	assert.equal(refusing.size, 0);
});

test("RFC 3261 §17.2.1 TR-58 TX-14: whoever is known gets a refusal that is repeated until its ACK", () => {
	const rig = new ExchangeRig({ config: bed.config, routes: () => reply(403) });
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const sent = ann.request("INVITE", CALLED);
	rig.wait(600);
	assert.deepEqual(statuses(ann), [403, 403]);
	ann.acknowledge(sent, ann.take(403));
	ann.unread.length = 0;
	rig.wait(10_000);
	assert.deepEqual(statuses(ann), []);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §17.2.1 TR-58 TX-14: a phone on the flow that it registered on is no stranger, wherever it is", () => {
	const rig = new ExchangeRig({
		config: bed.config,
		routes: (_context, text) =>
			text.startsWith("REGISTER ") ? { kind: "save", contacts: undefined } : reply(486),
	});
	const phone = rig.phone("7789", { host: "198.51.100.7" });
	const from = "sip:7789@172.21.83.50";
	phone.request("REGISTER", HERE, { from, to: from });
	phone.take(200);
	phone.request("INVITE", CALLED, { from });
	rig.wait(600);
	assert.deepEqual(statuses(phone), [486, 486]);
});

test("RFC 3261 §8.2.7 TR-58: a repeated INVITE gets a 407 of its own, with the To tag of the first", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	const text = phone.write("INVITE", CALLED, { from: AOR });
	phone.send(text);
	phone.send(text);
	const [first, second] = [phone.take(407), phone.take(407)];
	assert.match(first.value("To"), /;tag=[0-9a-f]{16}$/);
	assert.equal(first.value("To"), second.value("To"));

	phone.request("INVITE", CALLED, { from: AOR });
	assert.notEqual(phone.take(407).value("To"), first.value("To"));
});

test("RFC 3261 §8.2.7 TX-35: the ACK for a stateless 407 is not forwarded, even from a source that may send anywhere", () => {
	const rig = new ExchangeRig({ config: bed.config, routes: () => ({ kind: "challenge" }) });
	const inside = rig.phone("6000", { host: "172.21.83.70" });
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	const sent = inside.request("INVITE", "sip:bob@10.0.0.1");
	inside.acknowledge(sent, inside.take(407));
	assert.deepEqual(bob.received, []);
	assert.equal(rig.exchange.proxy.transactions.counters.acksAbsorbed, 1);
	assert.ok(!rig.log.some(({ message }) => message === "ack.dropped"));

	// Its To tag is what tells it: with another one the source may mean Bob.
	const [via, ...rest] = sent.text.split("\r\n").map((line) => line.replace("INVITE", "ACK"));
	inside.send([via, ...rest].join("\r\n").replace(/To: (.*)/, "To: $1;tag=0123456789abcdef"));
	assert.equal(bob.take("ACK").uri, "sip:bob@10.0.0.1");
});

test("RFC 3261 §9.2 TR-58: a CANCEL for what we keep nothing of gets 481 and leaves nothing", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	const sent = phone.request("INVITE", CALLED, { from: AOR });
	phone.take(407);
	phone.cancel(sent);
	assert.deepEqual(statuses(phone), [481]);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §18.2.2 TR-60: such an answer goes to the source of its request, whatever address the Via names", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	phone.request("INVITE", CALLED, { from: AOR, via: ";maddr=203.0.113.5" });
	phone.request("REGISTER", HERE, { from: AOR, to: AOR, via: ";received=203.0.113.5;rport=9" });
	assert.deepEqual(statuses(phone), [407, 401]);
	assert.equal(rig.nowhere.length, 0);
});

test("TR-60: whoever is not known gets at most three times what it sent", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	for (const [method, uri] of [
		["REGISTER", HERE],
		["INVITE", CALLED],
	] as const) {
		const { text } = phone.request(method, uri, { from: AOR, to: AOR });
		rig.wait(64_000);
		const octets = phone.unread.reduce((sum, one) => sum + one.text.length, 0);
		assert.ok(octets <= 3 * text.length, `${method}: ${text.length} brought ${octets}`);
		phone.unread.length = 0;
	}
});

test("RFC 3261 §17.2.1 TX-12: a stranger who is called for keeps its transaction like anybody", () => {
	const rig = new ExchangeRig({ config: bed.config, routes: () => relay("sip:bob@10.0.0.1") });
	const phone = stranger(rig);
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	const sent = phone.request("INVITE", CALLED);
	bob.answer(bob.take("INVITE"), "486 Busy Here");
	phone.take(486);
	phone.send(sent.text);
	assert.equal(phone.take(486).status, 486);
	assert.deepEqual(
		bob.received.map(({ method }) => method),
		["INVITE", "ACK"],
	);
});
