import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import { assertUntouched } from "../support/untouched.ts";

const bed = await testBed();

function phones(rig: ExchangeRig) {
	return {
		ann: rig.phone("6000", { host: "172.21.83.70" }),
		bob: rig.phone("5000", { host: "172.21.83.60" }),
	};
}

test("RFC 4916 §4.7, RFC 3261 §12.2.1.1 OT-13: From and To may change within a dialog, which Call-ID and tags alone make", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	ann.request("INVITE", "sip:5000@172.21.83.50", { headers: ["Supported: from-change"] });
	const invite = bob.take("INVITE");
	bob.answer(invite, "200 OK", { headers: ["Supported: from-change"] });
	const a = ann.caller(ann.take(200));
	a.send("ACK");
	bob.take("ACK");

	const carol = '"Carol" <sip:carol@elsewhere.example;x=1>;tag=5000';
	const b = bob.callee(invite).named({ local: carol });
	for (const method of ["UPDATE", "INVITE"]) {
		const sent = b.send(method);
		const came = ann.take(method);
		assertUntouched(sent, came);
		assert.equal(came.uri, "sip:6000@172.21.83.70:5060");
		const answered = ann.answer(came, "200 OK");
		assertUntouched(answered, bob.take(200, method));
	}
	b.send("ACK");
	assert.equal(ann.take("ACK").value("From").includes("carol@elsewhere.example"), true);

	const bye = a.named({ remote: carol }).send("BYE");
	const ended = bob.take("BYE");
	assertUntouched(bye, ended);
	assertUntouched(bob.answer(ended, "200 OK"), ann.take(200, "BYE"));
});
