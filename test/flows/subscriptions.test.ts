import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import { assertUntouched } from "../support/untouched.ts";

const bed = await testBed();
const URI = "sip:5000@172.21.83.50";
const PRESENCE = ["Event:  presence", "Allow-Events: presence", "Expires: 600"] as const;
const STATE = ["Event: presence", "Subscription-State: active;expires=600"] as const;

function phones(rig: ExchangeRig) {
	return {
		ann: rig.phone("6000", { host: "172.21.83.70" }),
		bob: rig.phone("5000", { host: "172.21.83.60" }),
	};
}

test("RFC 6665 §4.1.2.4 §4.4.1 OT-08 PX-30: a NOTIFY that overtakes the 200 brings the route set, and so does every other", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const sent = ann.request("SUBSCRIBE", URI, { headers: PRESENCE });
	const subscribe = bob.take("SUBSCRIBE");
	assertUntouched(sent, subscribe);
	assert.equal(subscribe.recordRoutes.length > 0, true);

	const b = bob.callee(subscribe);
	const notify = b.send("NOTIFY", [...STATE, `Contact: ${bob.contact}`], "<presence/>");
	const first = ann.take("NOTIFY");
	assertUntouched(notify, first);
	assert.equal(first.recordRoutes.length, subscribe.recordRoutes.length);
	bob.answer(subscribe, "200 OK", { headers: ["Expires: 600"] });
	assert.equal(ann.take(200, "SUBSCRIBE").value("Expires"), "600");
	ann.answer(first, "200 OK");
	assert.equal(bob.take(200, "NOTIFY").status, 200);

	// The notifier's side of the dialog as the NOTIFY made it: what Ann sends next goes that way.
	const a = ann.callee(first);
	const refresh = a.send("SUBSCRIBE", PRESENCE);
	const again = bob.take("SUBSCRIBE");
	assertUntouched(refresh, again);
	assert.deepEqual(again.values("Route"), []);
	bob.answer(again, "200 OK");
	b.send("NOTIFY", [...STATE, `Contact: ${bob.contact}`]);
	assert.equal(ann.take("NOTIFY").recordRoutes.length, subscribe.recordRoutes.length);
});

test("RFC 6665 §4.1.4 OT-09: a forked SUBSCRIBE has one 2xx, and a NOTIFY from every phone it reached", () => {
	const rig = bed.rig({ routes: () => relay("sip:a@10.0.0.1", "sip:b@10.0.0.2") });
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const both = [
		rig.phone("a", { host: "10.0.0.1" }),
		rig.phone("b", { host: "10.0.0.2" }),
	] as const;
	ann.request("SUBSCRIBE", URI, { headers: PRESENCE });
	for (const phone of both) phone.answer(phone.take("SUBSCRIBE"), "200 OK");
	const { received } = both[1];
	assert.equal(ann.take(200).value("To").endsWith(";tag=a"), true);
	assert.deepEqual(ann.unread, [], "the other 2xx stays here");

	const tags = both.map((phone) => {
		const [subscribe] = phone === both[1] ? received : phone.received;
		assert.ok(subscribe);
		const notify = phone.callee(subscribe).send("NOTIFY", STATE);
		const came = ann.take("NOTIFY");
		assertUntouched(notify, came);
		assertUntouched(ann.answer(came, "200 OK"), phone.take(200, "NOTIFY"));
		return /;tag=(.*)/.exec(came.value("From"))?.[1];
	});
	assert.deepEqual(tags, ["a", "b"]);
});

test("RFC 3261 §9.2, RFC 6665 §4.6 OT-10: a CANCEL of a SUBSCRIBE is answered and has no effect", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const sent = ann.request("SUBSCRIBE", URI, { headers: PRESENCE });
	const subscribe = bob.take("SUBSCRIBE");
	rig.wait(1_000);
	ann.cancel(sent);
	const answer = ann.take(200, "CANCEL");
	assert.equal(answer.status, 200);
	assert.deepEqual(
		bob.unread.filter(({ method }) => method === "CANCEL"),
		[],
	);
	bob.answer(subscribe, "200 OK");
	assert.equal(ann.take(200, "SUBSCRIBE").status, 200);
});

test("RFC 6665 §4.4.4 OT-10: Allow-Events is for the endpoints: none is added to what crosses", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	ann.request("SUBSCRIBE", URI, { headers: ["Event: presence"] });
	const subscribe = bob.take("SUBSCRIBE");
	bob.answer(subscribe, "489 Bad Event");
	assert.deepEqual(
		[subscribe, ann.take(489)].flatMap((one) => one.values("Allow-Events")),
		[],
	);
});
