import assert from "node:assert/strict";
import { test } from "node:test";
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

function call(rig: ExchangeRig) {
	const { ann, bob } = phones(rig);
	ann.request("INVITE", URI);
	const invite = bob.take("INVITE");
	bob.answer(invite, "200 OK");
	const [a, b] = [ann.caller(ann.take(200)), bob.callee(invite)];
	a.send("ACK");
	bob.take("ACK");
	return { ann, bob, a, b };
}

const TRANSFER = [
	"r:  <sip:5003@172.21.83.50?Replaces=12345%40192.0.2.1%3Bto-tag%3D7%3Bfrom-tag%3D8&x=%00>",
	'b: "Ann" <sip:6000@172.21.83.50> ;cid="1@h"',
	"Refer-Sub:  false",
	"Supported: norefersub, tdialog",
	"Target-Dialog: fa77as7dad8-sd98ajzz@host.example.com ;local-tag=kkaz-;remote-tag=6544",
] as const;

test("RFC 3515 §2.4.4 §2.6, RFC 3892 §3, RFC 4488 §4, RFC 4538 §5 OT-11: a REFER crosses untouched, inside a dialog and outside", () => {
	const rig = bed.rig();
	const { ann, bob, a } = call(rig);
	const inside = a.send("REFER", TRANSFER);
	const first = bob.take("REFER");
	assertUntouched(inside, first);
	assertUntouched(bob.answer(first, "202 Accepted"), ann.take(202));

	const outside = ann.request("REFER", URI, { headers: TRANSFER });
	const second = bob.take("REFER");
	assertUntouched(outside, second);
	bob.answer(second, "202 Accepted");
	const status = ["Event: refer", "Subscription-State: active;expires=60"];
	const progress = bob.callee(second).send("NOTIFY", status, "SIP/2.0 100 Trying\r\n");
	assertUntouched(progress, ann.take("NOTIFY"));
});

test("RFC 3891 §5, RFC 3911 §6 OT-11: Replaces and Join cross untouched", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const headers = [
		"Replaces:  12345@192.0.2.1;to-tag=7;from-tag=8;early-only",
		"Join: 98765@192.0.2.1 ;to-tag=1;from-tag=2",
		"Require: replaces, join",
		"Referred-By: <sip:6000@172.21.83.50>",
	];
	const sent = ann.request("INVITE", URI, { headers });
	assertUntouched(sent, bob.take("INVITE"));
});

test("RFC 3891 §5 OT-12: an attended transfer: the INVITE with Replaces follows its Request-URI, not the dialog that it names", () => {
	const rig = bed.rig();
	const { bob, a } = call(rig);
	const carol = rig.phone("5003", { host: "172.21.83.63", transport: "tcp" });
	const replaces = `${a.callId};to-tag=6000;from-tag=5000`;
	const sent = carol.request("INVITE", URI, { headers: [`Replaces: ${replaces}`] });
	const invite = bob.take("INVITE");
	assertUntouched(sent, invite);
	assert.equal(invite.uri, "sip:5000@172.21.83.60:5060");

	// To somebody who has no part in that dialog: it is not ours to look for it.
	carol.request("INVITE", "sip:5001@172.21.83.50", { headers: [`Replaces: ${replaces}`] });
	assert.deepEqual(bob.unread, []);
});
