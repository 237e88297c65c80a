import assert from "node:assert/strict";
import { test } from "node:test";
import type { Forking } from "../../core/proxy/decision.ts";
import { binding } from "../support/bindings.ts";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";

const config = await rigConfig();

/** Ann calls; a, b and c are at 10.0.0.1 to 10.0.0.3. */
function calling(fork: Partial<Forking> | undefined, ...targets: readonly string[]) {
	const forking = fork && { order: "q", timeout: undefined, recurse: false, ...fork };
	const rig = new ExchangeRig({
		config,
		routes: () => ({ ...relay(...targets), ...(forking && { fork: forking as Forking }) }),
	});
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const [a, b, c] = ["a", "b", "c"].map((name, at) =>
		rig.phone(name, { host: `10.0.0.${at + 1}` }),
	);
	assert.ok(a && b && c);
	return { rig, ann, a, b, c };
}

const A = "sip:a@10.0.0.1";
const B = "sip:b@10.0.0.2";
const C = "sip:c@10.0.0.3";
const serial = { order: "serial" } as const;

/** Registers 7789 at a phone, with this q in thousandths. */
function registered(rig: ExchangeRig, phone: VirtualPhone, q: number): void {
	const contact = `sip:7789@${phone.host}:5060`;
	const one = { device: "7789", contact, flow: phone.flow, expiresAt: rig.now + 3_600_000, q };
	rig.store.apply("7789", [binding(one)], []);
}

const calls = ({ unread }: VirtualPhone) =>
	unread.filter(({ method }) => method === "INVITE").length;

test("RFC 3261 §16.6, §10.2.1.2 PX-23 RG-35: those with the highest q are called at once, the next when all of them have failed", () => {
	const { rig, ann, a, b, c } = calling(undefined, "7789");
	registered(rig, c, 500);
	registered(rig, a, 1000);
	registered(rig, b, 1000);
	ann.request("INVITE", "sip:7789@example.com");
	assert.deepEqual([a, b, c].map(calls), [1, 1, 0]);
	a.answer(a.take("INVITE"), "486 Busy Here");
	assert.equal(calls(c), 0);
	b.answer(b.take("INVITE"), "480 Away");
	const toC = c.take("INVITE");
	assert.ok(
		ann.received.every(({ status }) => status === 100),
		"nothing is answered meanwhile",
	);
	c.answer(toC, "200 OK");
	assert.match(ann.take(200).value("To"), /tag=c$/);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.6 PX-23: a script may have all of them called at once, or one after the other", () => {
	const all = calling({ order: "parallel" }, "7789");
	registered(all.rig, all.c, 500);
	registered(all.rig, all.a, 1000);
	all.ann.request("INVITE", "sip:7789@example.com");
	assert.deepEqual([all.a, all.c].map(calls), [1, 1]);

	const one = calling(serial, C, "7789");
	registered(one.rig, one.a, 300);
	registered(one.rig, one.b, 400);
	one.ann.request("INVITE", "sip:7789@example.com");
	for (const phone of [one.c, one.b, one.a]) {
		const others = [one.a, one.b, one.c].filter((other) => other !== phone);
		assert.deepEqual(others.map(calls), [0, 0], phone.name);
		phone.answer(phone.take("INVITE"), "486 Busy Here");
	}
	assert.equal(one.ann.take(486).status, 486);
	one.rig.wait(64_000);
	assert.equal(one.rig.size, 0);
	assert.equal(one.rig.retained, 0);
});

test("RFC 3261 §16.7 step 6 PX-53 PX-54: the answer to a serial fork is the best of all, not the last", () => {
	const { ann, a, b, c } = calling(serial, A, B, C);
	ann.request("INVITE", "sip:group@example.com");
	a.answer(a.take("INVITE"), "302 Moved", { headers: ["Contact: <sip:x@10.0.0.9>"] });
	b.answer(b.take("INVITE"), "404 Not Found");
	c.answer(c.take("INVITE"), "500 Oops");
	assert.equal(ann.take(302).value("Contact"), "<sip:x@10.0.0.9>");
});

test("RFC 3261 §16.7 step 5 PX-58: nobody else is called after a 6xx", () => {
	const { rig, ann, a, b } = calling(serial, A, B);
	ann.request("INVITE", "sip:group@example.com");
	a.answer(a.take("INVITE"), "603 Decline");
	assert.equal(ann.take(603).status, 603);
	assert.deepEqual(b.received, []);
	rig.wait(300_000);
	assert.deepEqual(b.received, []);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.7 step 5 PX-58: nor another address of a target, nor a target that a 3xx names", () => {
	const { rig, ann, a, b, c } = calling({ recurse: true }, A, "sip:pool.example.org:5060");
	ann.request("INVITE", "sip:group@example.com");
	rig.answerDns(["10.0.0.2", "10.0.0.3"].map((address) => ({ type: "A", address })));
	const toB = b.take("INVITE");
	a.answer(a.take("INVITE"), "600 Busy Everywhere");
	b.answer(toB, "503 Service Unavailable");
	assert.deepEqual(c.received, []);
	assert.equal(ann.take(600).status, 600);

	const again = calling({ recurse: true }, A, B);
	again.ann.request("INVITE", "sip:group@example.com");
	const last = again.b.take("INVITE");
	again.a.answer(again.a.take("INVITE"), "600 Busy Everywhere");
	again.b.answer(last, "302 Moved", { headers: [`Contact: <${C}>`] });
	assert.deepEqual(again.c.received, []);
	assert.equal(again.ann.take(600).status, 600);
});

test("RFC 3261 §16.10 PX-69: a serial fork ends with the CANCEL of the caller", () => {
	const { rig, ann, a, b } = calling({ ...serial, timeout: 20_000 }, A, B);
	const invite = ann.request("INVITE", "sip:group@example.com");
	const came = a.take("INVITE");
	a.answer(came, "180 Ringing");
	ann.cancel(invite);
	a.answer(a.take("CANCEL"), "200 OK");
	a.answer(came, "487 Request Terminated");
	assert.equal(ann.take(487).status, 487);
	rig.wait(300_000);
	assert.deepEqual(b.received, []);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("RFC 3261 §16.6 PX-23: whoever does not answer in time is cancelled, and the next is called", () => {
	const { rig, ann, a, b } = calling({ ...serial, timeout: 20_000 }, A, B);
	const invite = ann.request("INVITE", "sip:group@example.com");
	const toA = a.take("INVITE");
	a.answer(toA, "180 Ringing");
	rig.wait(19_900);
	assert.deepEqual([a.unread, b.received], [[], []]);
	rig.wait(200);
	a.answer(a.take("CANCEL"), "200 OK");
	const toB = b.take("INVITE");
	a.answer(toA, "487 Request Terminated");
	assert.equal(a.take("ACK").method, "ACK");
	b.answer(toB, "180 Ringing");
	rig.wait(20_100);
	b.answer(b.take("CANCEL"), "200 OK");
	b.answer(toB, "487 Request Terminated");
	ann.acknowledge(invite, ann.take(408));
	assert.ok(
		ann.received.every(({ status }) => status !== 487),
		"the caller cancelled nothing",
	);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.exchange.next(), undefined);
});

test("RFC 3261 §16.7 step 5 PX-51 PX-61: one that answers as its time runs out has the call, and the next is cancelled", () => {
	const { rig, ann, a, b } = calling({ ...serial, timeout: 20_000 }, A, B);
	ann.request("INVITE", "sip:group@example.com");
	const toA = a.take("INVITE");
	a.answer(toA, "180 Ringing");
	rig.wait(20_100);
	const toB = b.take("INVITE");
	b.answer(toB, "180 Ringing");
	a.answer(toA, "200 OK");
	assert.match(ann.take(200).value("To"), /tag=a$/);
	b.answer(b.take("CANCEL"), "200 OK");
	b.answer(toB, "487 Request Terminated");
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.exchange.next(), undefined, "no timer is left");
});

test("RFC 3261 §16.6 PX-23: one that says nothing at all is passed over when its time is up, its next address too", () => {
	const { rig, ann, a, b } = calling({ ...serial, timeout: 5_000 }, "sip:pool.example.org:5060", B);
	ann.request("INVITE", "sip:group@example.com");
	rig.answerDns(["10.0.0.1", "10.0.0.3"].map((address) => ({ type: "A", address })));
	rig.wait(5_100);
	const toB = b.take("INVITE");
	rig.wait(28_000);
	assert.equal(rig.phones[3]?.received.length, 0);
	assert.ok(
		a.received.every(({ method }) => method === "INVITE"),
		"§9.1: no CANCEL before a 1xx",
	);
	b.answer(toB, "200 OK");
	assert.equal(ann.take(200).status, 200);
});

test("RFC 3261 §16.10 PX-75: with the Expires of an INVITE as its time, the ringing ends when it expires, and the header goes on as it is", () => {
	const { rig, ann, a, b } = calling({ timeout: 30_000 }, A, B);
	const invite = ann.request("INVITE", "sip:group@example.com", { headers: ["Expires: 30"] });
	const [toA, toB] = [a.take("INVITE"), b.take("INVITE")];
	assert.equal(toA.value("Expires"), "30");
	a.answer(toA, "180 Ringing");
	b.answer(toB, "180 Ringing");
	rig.wait(30_100);
	for (const [phone, came] of [
		[a, toA],
		[b, toB],
	] as const) {
		phone.answer(phone.take("CANCEL"), "200 OK");
		phone.answer(came, "487 Request Terminated");
	}
	ann.acknowledge(invite, ann.take(408));
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.6: the time is for an INVITE; other requests end with their transactions", () => {
	const { rig, ann, a, b } = calling({ ...serial, timeout: 1_000 }, A, B);
	ann.request("MESSAGE", "sip:group@example.com");
	rig.wait(20_000);
	assert.deepEqual(b.received, []);
	a.answer(a.take("MESSAGE"), "404 Not Found");
	b.answer(b.take("MESSAGE"), "200 OK");
	assert.equal(ann.take(200).status, 200);
});

test("RFC 3261 §16.7 step 9 PX-62: the context lives until its last leg has ended: a late 487 is acknowledged and goes nowhere", () => {
	const { rig, ann, a, b } = calling({ order: "parallel" }, A, B);
	ann.request("INVITE", "sip:group@example.com");
	const [toA, toB] = [a.take("INVITE"), b.take("INVITE")];
	b.answer(toB, "180 Ringing");
	a.answer(toA, "200 OK");
	ann.caller(ann.take(200)).send("ACK");
	b.answer(b.take("CANCEL"), "200 OK");
	rig.wait(31_000);
	assert.ok(rig.size > 0);
	const heard = ann.received.length;
	b.answer(toB, "487 Request Terminated");
	b.answer(toB, "487 Request Terminated");
	assert.equal(b.received.filter(({ method }) => method === "ACK").length, 2);
	assert.equal(ann.received.length, heard);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});
