import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import { assertUntouched } from "../support/untouched.ts";

const bed = await testBed();
const URI = "sip:5000@172.21.83.50";

function phones(rig: ExchangeRig) {
	return {
		ann: rig.phone("6000", { host: "172.21.83.70" }),
		bob: rig.phone("5000", { host: "172.21.83.60" }),
	};
}

test("RFC 3262 §3 §4 OT-05: a reliable 183 crosses each time it is sent, and the PRACK between them as any request", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const sent = ann.request("INVITE", URI, { headers: ["Supported: 100rel", "Require:  100rel"] });
	const invite = bob.take("INVITE");
	assertUntouched(sent, invite);
	const reliable = ["Require: 100rel", "RSeq:  988789"];
	const ringing = bob.answer(invite, "183 Session Progress", { headers: reliable, body: "v=0" });
	for (const delay of [500, 1_000]) {
		rig.wait(delay);
		bob.send(ringing.text);
	}
	const early = [ann.take(183), ann.take(183), ann.take(183)];
	for (const came of early) assertUntouched(ringing, came);

	const a = ann.caller(early[0] ?? sent);
	const prack = a.send("PRACK", ["RAck:  988789 1 INVITE"]);
	const came = bob.take("PRACK");
	assertUntouched(prack, came);
	assert.deepEqual(came.values("Route"), []);
	assertUntouched(bob.answer(came, "200 OK"), ann.take(200, "PRACK"));

	bob.answer(invite, "200 OK");
	assert.equal(ann.take(200, "INVITE").status, 200);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3262 §3 OT-05: a PRACK that fits no 183 is for the callee to refuse", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	ann.request("INVITE", URI, { headers: ["Supported: 100rel"] });
	const headers = ["Require: 100rel", "RSeq: 1"];
	bob.answer(bob.take("INVITE"), "183 Session Progress", { headers });
	ann.caller(ann.take(183)).send("PRACK", ["RAck: 2 1 INVITE"]);
	bob.answer(bob.take("PRACK"), "481 Call/Transaction Does Not Exist");
	assert.equal(ann.take(481, "PRACK").status, 481);
});

test("RFC 3261 §16.7 step 6, RFC 3262 §3 OT-06: the only provisional response of our own is a 100 without a tag", () => {
	const rig = bed.rig({ routes: () => relay("5000", "5003") });
	const { ann, bob } = phones(rig);
	const other = rig.phone("5003", { host: "172.21.83.63", transport: "tcp" });
	ann.request("INVITE", URI, { headers: ["Require: 100rel"] });
	rig.wait(20_000);
	const invite = bob.take("INVITE");
	const refused = other.take("INVITE");
	bob.answer(invite, "180 Ringing", { headers: ["RSeq: 1"] });
	other.answer(refused, "486 Busy Here");
	rig.wait(10_000);
	bob.answer(invite, "200 OK");
	assert.deepEqual(
		ann.received.map((came) => [came.status, /;tag=(.*)/.exec(came.value("To"))?.[1]]),
		[
			[100, undefined],
			[180, "5000"],
			[200, "5000"],
		],
	);
	assert.deepEqual(ann.received[0]?.values("RSeq"), []);
});

test("RFC 6228 §6 PX-118: a 199 from a proxy further down crosses like any provisional response; none is made here", () => {
	const rig = bed.rig({ routes: () => relay("5000", "5003") });
	const { ann, bob } = phones(rig);
	const other = rig.phone("5003", { host: "172.21.83.63", transport: "tcp" });
	ann.request("INVITE", URI, { headers: ["Supported: 199"] });
	const invite = bob.take("INVITE");
	const headers = ["Reason: SIP ;cause=480"];
	const gone = bob.answer(invite, "199 Early Dialog Terminated", { headers });
	assertUntouched(gone, ann.take(199));
	const second = other.take("INVITE");
	other.answer(second, "180 Ringing");
	ann.take(180);
	other.answer(second, "486 Busy Here");
	rig.wait(1_000);
	assert.deepEqual(ann.unread, []);
});
