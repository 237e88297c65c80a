import assert from "node:assert/strict";
import { test } from "node:test";
import { relay, reply } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";

const config = await rigConfig();

function calling(...targets: readonly string[]) {
	const choices = targets.length === 0 ? ["sip:bob@10.0.0.1"] : targets;
	const rig = new ExchangeRig({ config, routes: () => relay(...choices) });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	const eve = rig.phone("eve", { host: "10.0.0.2" });
	const tom = rig.phone("tom", { host: "10.0.0.3" });
	const invite = ann.request("INVITE", "sip:group@example.com");
	return { rig, ann, bob, eve, tom, invite };
}

test("RFC 3261 §16.10 PX-68: 200 to the CANCEL at once, CANCEL to the callee, its 487 to the caller", () => {
	const { rig, ann, bob, invite } = calling();
	const came = bob.take("INVITE");
	bob.answer(came, "180 Ringing");
	rig.transcript.length = 0;
	ann.cancel(invite);
	bob.answer(bob.take("CANCEL"), "200 OK");
	bob.answer(came, "487 Request Terminated");
	ann.acknowledge(invite, ann.take(487));
	rig.wait(64_000);
	assert.deepEqual(rig.transcript, [
		"0 ann > CANCEL sip:group@example.com",
		"0 ann < 200 CANCEL",
		"0 bob < CANCEL sip:bob@10.0.0.1",
		"0 bob > 200 CANCEL",
		"0 bob > 487 INVITE",
		"0 bob < ACK sip:bob@10.0.0.1",
		"0 ann < 487 INVITE",
		"0 ann > ACK sip:group@example.com",
	]);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("RFC 3261 §9.1 TX-40: before any provisional response no CANCEL goes out; it follows the first", () => {
	const { rig, ann, bob, invite } = calling();
	const came = bob.take("INVITE");
	ann.cancel(invite);
	assert.equal(ann.take(200, "CANCEL").status, 200);
	assert.deepEqual(bob.unread, []);
	rig.wait(300);
	bob.answer(came, "100 Trying");
	bob.answer(bob.take("CANCEL"), "200 OK");
	bob.answer(came, "487 Request Terminated");
	assert.equal(ann.take(487).status, 487);
});

test("RFC 3261 §9.1 TX-40: a final response that overtakes the CANCEL makes it needless", () => {
	const { ann, bob, invite } = calling();
	const came = bob.take("INVITE");
	ann.cancel(invite);
	bob.answer(came, "486 Busy Here");
	assert.equal(bob.take("ACK").method, "ACK");
	assert.deepEqual(bob.unread, []);
	assert.equal(ann.take(486).status, 486);
});

test("RFC 3261 §16.10 PX-68: a 200 that crosses the CANCEL wins: the call is up", () => {
	const { rig, ann, bob, invite } = calling();
	const came = bob.take("INVITE");
	bob.answer(came, "180 Ringing");
	ann.cancel(invite);
	const cancel = bob.take("CANCEL");
	bob.answer(came, "200 OK");
	bob.answer(cancel, "200 OK");
	const dialog = ann.caller(ann.take(200, "INVITE"));
	dialog.send("ACK");
	bob.take("ACK");
	dialog.send("BYE");
	bob.answer(bob.take("BYE"), "200 OK");
	assert.ok(ann.received.every(({ status }) => status !== 487));
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §9.2: a CANCEL after the final response changes nothing, and is answered 200", () => {
	const { ann, bob, invite } = calling();
	bob.answer(bob.take("INVITE"), "200 OK");
	ann.cancel(invite);
	assert.equal(ann.take(200, "CANCEL").status, 200);
	assert.deepEqual(bob.unread, []);
});

test("RFC 3261 §16.10 PX-68: a fork of three: three CANCELs, 200 to the caller's at once, and one 487", () => {
	const { rig, ann, bob, eve, tom, invite } = calling(
		...["sip:bob@10.0.0.1", "sip:eve@10.0.0.2", "sip:tom@10.0.0.3"],
	);
	const phones = [bob, eve, tom];
	for (const phone of phones) phone.answer(phone.take("INVITE"), "180 Ringing");
	ann.cancel(invite);
	assert.equal(ann.take(200, "CANCEL").status, 200);
	for (const phone of phones) {
		const cancel = phone.take("CANCEL");
		const [came] = phone.received;
		assert.ok(came);
		assert.equal(cancel.vias[0], came.vias[0]);
		phone.answer(cancel, "200 OK");
		assert.ok(ann.received.every(({ status }) => status !== 487));
		phone.answer(came, "487 Request Terminated");
	}
	assert.equal(ann.received.filter(({ status }) => status === 487).length, 1);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3326 §2 PX-73 PX-74: the caller's Reason goes to each callee", () => {
	const { ann, bob, invite } = calling();
	bob.answer(bob.take("INVITE"), "180 Ringing");
	ann.cancel(invite, 'Reason: SIP;cause=600;text="Busy Everywhere"', "Reason: Q.850;cause=16");
	assert.equal(
		bob.take("CANCEL").value("Reason"),
		'SIP;cause=600;text="Busy Everywhere", Q.850;cause=16',
	);
});

test("RFC 3326 §2: a Reason that cannot be repeated is left out, the call is cancelled all the same", () => {
	const { ann, bob, invite } = calling();
	bob.answer(bob.take("INVITE"), "180 Ringing");
	ann.cancel(invite, 'Reason: SIP;text="\\\0"');
	assert.deepEqual(bob.take("CANCEL").values("Reason"), []);
});

test("RFC 3261 §9.2 PX-70 PX-72: a CANCEL for nothing gets 481; no script is asked about it", () => {
	let asked = 0;
	const rig = new ExchangeRig({
		config,
		routes: () => {
			asked += 1;
			return reply(404);
		},
	});
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	ann.request("CANCEL", "sip:bob@example.com");
	assert.equal(ann.take(481).status, 481);
	rig.wait(64_000);
	assert.equal(asked, 0);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.10 PX-69: cancelled while its address is looked up, the call is never made", () => {
	const { rig, ann, bob, invite } = calling("sip:bob@bob.example.org");
	ann.cancel(invite);
	assert.equal(ann.take(200, "CANCEL").status, 200);
	const final = ann.take(487);
	assert.equal(final.value("To"), ann.received[0]?.value("To"), "§9.2: the same To tag");
	ann.acknowledge(invite, final);
	while (rig.questions.length > 0) rig.answerDns([{ type: "A", address: "10.0.0.1" }]);
	assert.deepEqual(bob.received, []);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("RFC 3261 §16.7 step 6 PX-54: what a callee answered before the CANCEL is not forgotten", () => {
	const { ann, bob, eve, invite } = calling("sip:bob@10.0.0.1", "sip:eve@eve.example.org");
	const headers = ["Contact: <sip:carol@example.net>"];
	bob.answer(bob.take("INVITE"), "302 Moved Temporarily", { headers });
	ann.cancel(invite);
	assert.equal(ann.take(200, "CANCEL").status, 200);
	assert.match(ann.take(302).value("Contact"), /carol/);
	assert.deepEqual(eve.received, []);
});

test("RFC 3261 §16.10 PX-69: no further address is tried once the caller has given up", () => {
	const { rig, ann, bob, invite } = calling("sip:group.example.org:5060");
	rig.answerDns(
		["10.0.0.1", "10.0.0.2"].map((address) => ({ type: "A", address })),
		"A group.example.org",
	);
	const came = bob.take("INVITE");
	ann.cancel(invite);
	bob.answer(came, "503 Service Unavailable");
	assert.equal(ann.take(500).status, 500);
	assert.equal(rig.phones[2]?.received.length, 0);
});

test("RFC 3261 §9.1: an address that fails after the CANCEL is a 487, not a server error", () => {
	const { rig, ann, bob, invite } = calling();
	bob.reachable = false;
	ann.cancel(invite);
	rig.wait(600);
	assert.equal(ann.take(487).status, 487);
});

test("RFC 3261 §9.1 TX-41: a callee that answers the CANCEL and then nothing holds the caller for 32 s at most", () => {
	const { rig, ann, bob, invite } = calling();
	bob.answer(bob.take("INVITE"), "180 Ringing");
	rig.wait(1_000);
	ann.cancel(invite);
	bob.answer(bob.take("CANCEL"), "200 OK");
	rig.wait(31_900);
	assert.ok(ann.received.every(({ status }) => status !== 487));
	rig.wait(200);
	ann.acknowledge(invite, ann.take(487));
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});
