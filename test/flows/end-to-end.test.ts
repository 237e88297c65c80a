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

const METHODS: Readonly<Record<string, readonly string[]>> = {
	UPDATE: ["Content-Type: application/sdp"],
	INFO: ["Info-Package:  foo", "Recv-Info: foo, bar", "Content-Disposition: Info-Package"],
	MESSAGE: ["Content-Type: text/plain", "Expires: 30", "Date: Sat, 13 Nov 2010 23:29:00 GMT"],
	PUBLISH: ["Event: presence", "SIP-If-Match:  dx200xyz", "Expires: 3600"],
	REFER: ["Refer-To: <sip:x@h>"],
	SUBSCRIBE: ["o: presence", "Accept: application/pidf+xml"],
	NOTIFY: ["Event: presence", "Subscription-State: terminated;reason=timeout"],
	FROBNICATE: ["X-Odd:  ;;,,;"],
};

test("RFC 3311 §6, RFC 6086 §4.2.3, RFC 3428 §6, RFC 3515 §2.6, RFC 6665 §4.3 OT-07 OT-23: every method crosses alike outside a dialog", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	for (const [method, headers] of Object.entries(METHODS)) {
		const sent = ann.request(method, URI, { headers, body: "x\0\xff" });
		const came = bob.take(method);
		assertUntouched(sent, came);
		const answered = bob.answer(came, "202 Accepted", { headers: ["SIP-ETag:  1"], body: "y" });
		assertUntouched(answered, ann.take(202, method));
	}
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3311 §6, RFC 6086 §4.2.3, RFC 3428 §6, RFC 3515 §2.6 OT-07 OT-23: every method crosses alike inside a dialog, from both sides", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	ann.request("INVITE", URI);
	const invite = bob.take("INVITE");
	bob.answer(invite, "200 OK");
	const [a, b] = [ann.caller(ann.take(200)), bob.callee(invite)];
	a.send("ACK");
	for (const [side, from, to] of [
		[a, ann, bob],
		[b, bob, ann],
	] as const)
		for (const [method, headers] of Object.entries(METHODS)) {
			const sent = side.send(method, headers, "x\0\xff");
			const came = to.take(method);
			assertUntouched(sent, came);
			assertUntouched(to.answer(came, "200 OK"), from.take(200, method));
		}
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3428 §6 §8 OT-23: a forked MESSAGE is answered once, whatever the others say", () => {
	const rig = bed.rig({ routes: () => relay("sip:a@10.0.0.1", "sip:b@10.0.0.2") });
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const a = rig.phone("a", { host: "10.0.0.1" });
	const b = rig.phone("b", { host: "10.0.0.2" });
	ann.request("MESSAGE", URI, { body: "hello" });
	b.answer(b.take("MESSAGE"), "200 OK");
	a.answer(a.take("MESSAGE"), "480 Temporarily Unavailable");
	rig.wait(64_000);
	assert.deepEqual(
		ann.received.map(({ status }) => status),
		[200],
	);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.3 §20.32 OT-20: Require and Supported are for the endpoints, whatever they name", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const headers = ["Require:  nothingSupportsThis, 100rel", "k: another ,third", "Unsupported: x"];
	const sent = ann.request("INVITE", URI, { headers });
	const invite = bob.take("INVITE");
	assertUntouched(sent, invite);
	const refused = bob.answer(invite, "420 Bad Extension", { headers: ["Unsupported: third"] });
	assertUntouched(refused, ann.take(420));
});

test("RFC 3261 §20.35 OT-21: Warning, Retry-After, Error-Info, Alert-Info, Call-Info, User-Agent and Server cross untouched", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const asked = [
		"User-Agent:  Phone/1 (x)",
		"Alert-Info: <http://h/a.wav>",
		"Call-Info: <http://h>;purpose=icon",
	];
	const sent = ann.request("INVITE", URI, { headers: asked });
	const invite = bob.take("INVITE");
	assertUntouched(sent, invite);
	const told = [
		'Warning: 370 h "Insufficient Bandwidth", 399 h "x"',
		"Retry-After:  120 (in a meeting);duration=3600",
		"Error-Info: <sip:busy@h>",
		"Server: Phone/1",
	];
	assertUntouched(bob.answer(invite, "486 Busy Here", { headers: told }), ann.take(486));
});

test("RFC 3261 §20.35 OT-21: what we say ourselves tells neither name nor version of the program", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	ann.request("INVITE", "sip:nobody@172.21.83.50");
	ann.request("OPTIONS", "sip:172.21.83.50");
	ann.request("INVITE", URI);
	rig.wait(300);
	const ours = [ann.take(404), ann.take(200), ann.take(100), bob.take("INVITE")];
	for (const { text } of ours) assert.doesNotMatch(text, /^(server|user-agent):|sipwright/im);
});

test("RFC 7044 §7 §9.1 OT-14: History-Info crosses untouched, and none is added", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const history =
		"History-Info:  <sip:a@h?Reason=SIP%3Bcause%3D302>;index=1, <sip:b@h>;index=1.1;rc=1";
	const sent = ann.request("INVITE", URI, { headers: ["Supported: histinfo", history] });
	const invite = bob.take("INVITE");
	assertUntouched(sent, invite);
	assertUntouched(bob.answer(invite, "486 Busy Here", { headers: [history] }), ann.take(486));
	ann.request("INVITE", URI, { headers: ["Supported: histinfo"] });
	assert.deepEqual(bob.take("INVITE").values("History-Info"), []);
});

test("RFC 3486 §4 §5 OT-22: comp=sigcomp is passed over: answered in plain, and never in a Via or Record-Route of ours", () => {
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const contact = "<sip:6000@172.21.83.70;comp=sigcomp>";
	ann.request("INVITE", `${URI};comp=sigcomp`, { via: ";comp=sigcomp", contact });
	const invite = bob.take("INVITE");
	assert.doesNotMatch(`${invite.vias[0]} ${invite.recordRoutes.join(" ")}`, /comp=/);
	assert.equal(invite.value("Contact"), contact);
	bob.answer(invite, "200 OK");
	assert.match(ann.take(200).vias[0] ?? "", /comp=sigcomp/);
	bob.callee(invite).send("BYE");
	assert.equal(ann.take("BYE").uri, "sip:6000@172.21.83.70;comp=sigcomp");
});
