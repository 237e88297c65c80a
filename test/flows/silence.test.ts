import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";

const config = await rigConfig();

function calling(...targets: readonly string[]) {
	const choices = targets.length === 0 ? ["sip:bob@10.0.0.1"] : targets;
	const rig = new ExchangeRig({ config, routes: () => relay(...choices) });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	const eve = rig.phone("eve", { host: "10.0.0.2" });
	return { rig, ann, bob, eve };
}

const finals = (statuses: readonly (number | undefined)[]) =>
	statuses.filter((status) => status !== undefined && status >= 200);

test("RFC 3261 §16.7 step 6 TX-01 PX-53: a mute callee is called 7 times and counts as 408", () => {
	const { rig, ann, bob } = calling();
	ann.request("INVITE", "sip:bob@example.com");
	rig.wait(31_990);
	assert.equal(bob.received.length, 7);
	assert.equal(new Set(bob.received.map(({ text }) => text)).size, 1);
	assert.deepEqual(finals(ann.received.map(({ status }) => status)), []);
	rig.wait(20);
	assert.match(ann.take(408).value("To"), /;tag=[0-9a-f]{16}$/, "PX-08: as a UAS would send it");
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("RFC 3261 §16.7 step 6 PX-53: two mute legs are one 408", () => {
	const { rig, ann } = calling("sip:bob@10.0.0.1", "sip:eve@10.0.0.2");
	const invite = ann.request("INVITE", "sip:bob@example.com");
	rig.wait(32_010);
	ann.acknowledge(invite, ann.take(408));
	rig.wait(64_000);
	assert.deepEqual(finals(ann.received.map(({ status }) => status)), [408]);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.6 step 11 §16.8 PX-42 PX-64: a callee that rings for more than three minutes is cancelled", () => {
	const { rig, ann, bob } = calling();
	const invite = ann.request("INVITE", "sip:bob@example.com");
	const came = bob.take("INVITE");
	bob.answer(came, "180 Ringing");
	rig.wait(184_900);
	assert.deepEqual(bob.unread, []);
	rig.wait(200);
	bob.answer(bob.take("CANCEL"), "200 OK");
	bob.answer(came, "487 Request Terminated");
	ann.acknowledge(invite, ann.take(487));
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.7 step 2 PX-47: every 101 to 199 begins the three minutes anew, a 100 does not", () => {
	const { rig, ann, bob } = calling();
	ann.request("INVITE", "sip:bob@example.com");
	const came = bob.take("INVITE");
	for (let minute = 0; minute < 10; minute += 1) {
		bob.answer(came, "180 Ringing");
		rig.wait(60_000);
	}
	assert.deepEqual(bob.unread, []);
	for (let minute = 0; minute < 2; minute += 1) {
		bob.answer(came, "100 Trying");
		rig.wait(60_000);
	}
	rig.wait(10_000);
	assert.equal(bob.take("CANCEL").method, "CANCEL");
});

test("RFC 3261 §16.6 step 11 PX-42: the three minutes are those of the address that rings, not of one before it", () => {
	const { rig, ann, bob, eve } = calling("sip:bob@pool.example.org:5060");
	ann.request("INVITE", "sip:bob@example.com");
	rig.answerDns(["10.0.0.1", "10.0.0.2"].map((address) => ({ type: "A", address })));
	rig.wait(32_010);
	const came = eve.take("INVITE");
	for (let minute = 0; minute < 4; minute += 1) {
		eve.answer(came, "180 Ringing");
		rig.wait(60_000);
	}
	assert.deepEqual(eve.unread, []);
	assert.equal(bob.received.length, 7);
});

test("RFC 3261 §16.8 PX-64: Timer C makes a 408 of a leg that has not even answered provisionally, and sends no CANCEL", () => {
	const timers = { T1: 5_000, T2: 5_000, T4: 5_000 };
	const routes = () => relay("sip:bob@10.0.0.1");
	const rig = new ExchangeRig({ config: { ...config, timers }, routes });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	const invite = ann.request("INVITE", "sip:bob@example.com");
	rig.wait(184_900);
	assert.deepEqual(finals(ann.received.map(({ status }) => status)), []);
	rig.wait(200);
	ann.acknowledge(invite, ann.take(408));
	rig.wait(700_000);
	assert.ok(bob.received.every(({ method }) => method === "INVITE"));
	assert.equal(rig.size, 0);
	assert.equal(rig.exchange.next(), undefined);
});

test("RFC 3261 §16.8 PX-64: one that does not even answer the CANCEL counts as 408 32 s later", () => {
	const { rig, ann, bob } = calling();
	const invite = ann.request("INVITE", "sip:bob@example.com");
	bob.answer(bob.take("INVITE"), "180 Ringing");
	rig.wait(185_000 + 31_900);
	assert.deepEqual(finals(ann.received.map(({ status }) => status)), []);
	rig.wait(200);
	ann.acknowledge(invite, ann.take(408));
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("RFC 3261 §16.6 step 11 PX-42: a call that was answered knows no Timer C", () => {
	const { rig, ann, bob } = calling();
	ann.request("INVITE", "sip:bob@example.com");
	const came = bob.take("INVITE");
	bob.answer(came, "180 Ringing");
	bob.answer(came, "200 OK");
	ann.caller(ann.take(200)).send("ACK");
	bob.take("ACK");
	rig.wait(300_000);
	assert.deepEqual(bob.unread, []);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.6 step 11 PX-42: nor does the leg that lost, once its 487 has come", () => {
	const { rig, ann, bob, eve } = calling("sip:bob@10.0.0.1", "sip:eve@10.0.0.2");
	ann.request("INVITE", "sip:bob@example.com");
	const [toBob, toEve] = [bob.take("INVITE"), eve.take("INVITE")];
	eve.answer(toEve, "180 Ringing");
	bob.answer(toBob, "200 OK");
	eve.answer(eve.take("CANCEL"), "200 OK");
	eve.answer(toEve, "487 Request Terminated");
	eve.take("ACK");
	rig.wait(300_000);
	assert.deepEqual(eve.unread, []);
	assert.equal(rig.size, 0);
});

test("RFC 4320 §4.2 TX-26: a request other than INVITE that nobody answers is not answered at all", () => {
	const { rig, ann, bob } = calling();
	for (const method of ["OPTIONS", "MESSAGE", "SUBSCRIBE"])
		ann.request(method, "sip:bob@example.com");
	rig.wait(200_000);
	assert.deepEqual(finals(ann.received.map(({ status }) => status)), []);
	assert.ok(bob.received.length > 3);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("RFC 4320 §4.2 TX-26: nor is a 408 from downstream passed on to it; an INVITE gets one", () => {
	const { rig, ann, bob } = calling();
	ann.request("OPTIONS", "sip:bob@example.com");
	bob.answer(bob.take("OPTIONS"), "408 Request Timeout");
	assert.deepEqual(finals(ann.received.map(({ status }) => status)), []);
	ann.request("INVITE", "sip:bob@example.com");
	bob.answer(bob.take("INVITE"), "408 Request Timeout");
	assert.match(ann.take(408).value("To"), /tag=bob$/);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 4320 §4.1 TX-25: a slow answer to a request other than INVITE: 100 late, and no other provisional response", () => {
	const { rig, ann, bob } = calling();
	ann.request("OPTIONS", "sip:bob@example.com");
	const came = bob.take("OPTIONS");
	bob.answer(came, "183 Session Progress");
	rig.wait(3_400);
	assert.deepEqual(ann.received, []);
	rig.wait(200);
	assert.equal(ann.take(100).status, 100);
	bob.answer(came, "200 OK");
	assert.equal(ann.take(200).status, 200);
});

test("RFC 3261 §17.2.1: a caller that never acknowledges a failure hears it for 32 s", () => {
	const { rig, ann, bob } = calling();
	ann.request("INVITE", "sip:bob@example.com");
	bob.answer(bob.take("INVITE"), "486 Busy Here");
	rig.wait(64_000);
	assert.ok(ann.received.filter(({ status }) => status === 486).length > 5);
	assert.equal(rig.size, 0);
	assert.ok(rig.log.some(({ message }) => message === "invite.unacknowledged"));
});
