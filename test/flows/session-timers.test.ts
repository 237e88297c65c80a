import assert from "node:assert/strict";
import { test } from "node:test";
import type { HeaderEdit } from "../../core/proxy/decision.ts";
import { relay, reply } from "../support/decisions.ts";
import type { Decide, ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import { assertUntouched } from "../support/untouched.ts";
import { WireMessage } from "../support/wire-message.ts";

const bed = await testBed();
const URI = "sip:5000@172.21.83.50";

function phones(rig: ExchangeRig) {
	return {
		ann: rig.phone("6000", { host: "172.21.83.70" }),
		bob: rig.phone("5000", { host: "172.21.83.60" }),
	};
}

/** What a script sets on the way to Bob. */
function setting(headers: Readonly<Record<string, string>>): Decide {
	const edits: HeaderEdit[] = Object.entries(headers).map(([name, value]) => ({
		...{ op: "set", name, value },
	}));
	return () => ({ ...relay("5000"), edits });
}

/** Session-Expires and Min-SE as Bob gets them. */
function forwarded(script: Readonly<Record<string, string>>, ...headers: readonly string[]) {
	const rig = bed.rig({ routes: setting(script) });
	const { ann, bob } = phones(rig);
	ann.request("INVITE", URI, { headers });
	const invite = bob.take("INVITE");
	return [...invite.values("Session-Expires"), ...invite.values("Min-SE").map((s) => `min ${s}`)];
}

test("RFC 4028 §8 OT-01: session timers cross untouched in INVITE, 200, UPDATE and its 200", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const headers = ["Supported: timer", "x:  1800 ;refresher=uas", "Min-SE: 90", "Require:timer"];
	const sent = ann.request("INVITE", URI, { headers });
	const invite = bob.take("INVITE");
	assertUntouched(sent, invite);
	const ok = ["Session-Expires: 1800;refresher=uas", "Require: timer"];
	const answered = bob.answer(invite, "200 OK", { headers: ok });
	const final = ann.take(200);
	assertUntouched(answered, final);

	const a = ann.caller(final);
	a.send("ACK");
	const update = bob.callee(invite).send("UPDATE", ["Session-Expires: 1800;refresher=uac"]);
	const came = ann.take("UPDATE");
	assertUntouched(update, came);
	const refreshed = ann.answer(came, "200 OK", { headers: ok });
	assertUntouched(refreshed, bob.take(200, "UPDATE"));
	rig.wait(1_900_000);
	assert.deepEqual(
		bob.unread.map(({ method }) => method),
		["ACK"],
		"no BYE of ours at expiry (§8.3)",
	);
});

test("RFC 4028 §6 OT-01: a 422 reaches the caller with its Min-SE, and the second try crosses", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const short = ["Supported: timer", "Session-Expires: 90"];
	const sent = ann.request("INVITE", URI, { headers: short });
	const refused = bob.answer(bob.take("INVITE"), "422 Session Interval Too Small", {
		headers: ["Min-SE: 3600"],
	});
	assert.equal(bob.take("ACK").cseqMethod, "ACK");
	const final = ann.take(422);
	assertUntouched(refused, final);
	ann.acknowledge(sent, final);
	const again = ["Supported: timer", "Session-Expires: 3600", "Min-SE: 3600"];
	const second = ann.request("INVITE", URI, { headers: again, cseq: 2 });
	assertUntouched(second, bob.take("INVITE"));
});

test("RFC 4028 §8.1 OT-02: a script adds a session timer, without a refresher and not below 90 seconds or Min-SE", () => {
	assert.deepEqual(forwarded({ "Session-Expires": "1800" }), ["1800"]);
	assert.deepEqual(forwarded({ x: "1800" }), ["1800"]);
	assert.deepEqual(forwarded({ "Session-Expires": "10" }), ["90"]);
	assert.deepEqual(forwarded({ "Session-Expires": "300" }, "Min-SE: 600"), ["600", "min 600"]);
});

test("RFC 4028 §8.1 OT-02: a script shortens a session timer, not below Min-SE, and never makes it longer", () => {
	const long = ["Supported: timer", "Session-Expires: 1800;refresher=uac"] as const;
	assert.deepEqual(forwarded({ "Session-Expires": "900" }, ...long), ["900;refresher=uac"]);
	assert.deepEqual(forwarded({ "Session-Expires": "3600" }, ...long), ["1800;refresher=uac"]);
	assert.deepEqual(forwarded({ "Session-Expires": "300" }, ...long, "Min-SE: 600"), [
		"600;refresher=uac",
		"min 600",
	]);
	assert.deepEqual(
		forwarded({ "Session-Expires": "300" }, "Session-Expires: 60"),
		["90"],
		"one that is too short has to be raised to the minimum",
	);
});

test("RFC 4028 §5 §8.1 OT-02 OT-03: Min-SE is raised for a caller without timers, never lowered, and the timer with it", () => {
	assert.deepEqual(forwarded({ "Min-SE": "300" }, "Session-Expires: 120"), ["300", "min 300"]);
	assert.deepEqual(forwarded({ "Min-SE": "300" }, "Min-SE: 600"), ["min 600"]);
	assert.deepEqual(forwarded({ "Min-SE": "30" }, "Session-Expires: 60"), ["90", "min 90"]);
	const able = ["Supported: x, TIMER", "Session-Expires: 120", "Min-SE: 100"] as const;
	assert.deepEqual(forwarded({ "Min-SE": "300" }, ...able), ["120", "min 100"]);
});

test("RFC 4028 §8.1 OT-03: a script refuses too short a timer with 422 where the caller supports timers, and raises it elsewhere", () => {
	const routes: Decide = (_context, text) =>
		new WireMessage(text).values("Supported").includes("timer")
			? reply(422, undefined, [{ op: "set", name: "Min-SE", value: "90" }])
			: { ...relay("5000"), edits: [{ op: "set", name: "Min-SE", value: "90" }] };
	const rig = bed.rig({ routes });
	const { ann, bob } = phones(rig);
	ann.request("INVITE", URI, { headers: ["Supported: timer", "Session-Expires: 60"] });
	const refused = ann.take(422);
	assert.equal(refused.startLine, "SIP/2.0 422 Session Interval Too Small");
	assert.equal(refused.value("Min-SE"), "90");
	ann.request("INVITE", URI, { headers: ["Session-Expires: 60"] });
	const invite = bob.take("INVITE");
	assert.deepEqual([invite.value("Session-Expires"), invite.value("Min-SE")], ["90", "90"]);
});

function answered(script: Readonly<Record<string, string>>, able: boolean, ...headers: string[]) {
	const rig = bed.rig({ routes: setting(script) });
	const { ann, bob } = phones(rig);
	ann.request("INVITE", URI, { headers: able ? ["Supported: timer"] : [] });
	const invite = bob.take("INVITE");
	const ringing = bob.answer(invite, "180 Ringing");
	assertUntouched(ringing, ann.take(180));
	const ok = bob.answer(invite, "200 OK", { headers });
	const first = ann.take(200);
	bob.send(ok.text);
	assert.equal(ann.take(200).text, first.text, "a repeated 200 is told the same");
	return [...first.values("Session-Expires"), ...first.values("Require")];
}

test("RFC 4028 §8.2 OT-04: a 2xx without the timer that a script asked for gets it, where the caller supports timers", () => {
	const timer = { "Session-Expires": "1800" };
	assert.deepEqual(answered(timer, true), ["1800;refresher=uac", "timer"]);
	assert.deepEqual(answered(timer, true, "Require: foo"), ["1800;refresher=uac", "foo, timer"]);
	assert.deepEqual(answered(timer, false), []);
	assert.deepEqual(answered({}, true), []);
	const own = "Session-Expires: 600;refresher=uas";
	assert.deepEqual(answered(timer, true, own, "Require: timer"), ["600;refresher=uas", "timer"]);
});

test("RFC 4028 §4 OT-04: what is no call has no session, whatever a script sets", () => {
	const rig = bed.rig({ routes: setting({ "Session-Expires": "1800" }) });
	const { ann, bob } = phones(rig);
	ann.request("MESSAGE", URI, { headers: ["Supported: timer"] });
	const answered = bob.answer(bob.take("MESSAGE"), "200 OK");
	assertUntouched(answered, ann.take(200));
});

test("RFC 3261 §16.3 step 1, RFC 4028 §8 OT-02 OT-04: headers that cannot be read are taken for none, and cross as they are", () => {
	const rig = bed.rig({ routes: setting({ "Session-Expires": "1800" }) });
	const { ann, bob } = phones(rig);
	ann.request("INVITE", URI, { headers: ['Supported: timer, "', 'Min-SE: "x', "x: never"] });
	const invite = bob.take("INVITE");
	assert.deepEqual(invite.values("Supported"), ['timer, "']);
	assert.deepEqual(invite.values("x"), ["1800"]);
	ann.request("INVITE", URI, { headers: ["Supported: timer"] });
	const second = bob.take("INVITE");
	const strange = 'Session-Expires: 3600;x="\0";refresher=uas';
	ann.request("INVITE", URI, { headers: ["Supported: timer", strange] });
	assert.deepEqual(bob.take("INVITE").values("Session-Expires"), ["1800"]);
	bob.answer(second, "200 OK", { headers: ['Require: "'] });
	const final = ann.take(200);
	assert.deepEqual(final.values("Session-Expires"), ["1800;refresher=uac"]);
});
