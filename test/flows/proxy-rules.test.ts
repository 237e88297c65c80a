/** What a proxy does and leaves to others, seen from outside: RFC 3261 §16, each rule by itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import { WireMessage } from "../support/wire-message.ts";

const bed = await testBed();

/** Ann calls bob, both over UDP unless said otherwise, with the built-in routes. */
function phones(transport: "udp" | "tcp" = "udp") {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const host = transport === "udp" ? "172.21.83.60" : "172.21.83.63";
	const bob = rig.phone(transport === "udp" ? "5000" : "5003", { host, transport, port: 5060 });
	return { rig, ann, bob };
}

const callBob = "sip:5000@172.21.83.50";

test("RFC 3261 §16.3 step 1 PX-01: an unknown method with odd headers is forwarded as it came", () => {
	const { rig, ann, bob } = phones();
	const headers = ["X-Odd: ;;,,;", "Date: never", "Allow: ,,", "Expires: soon"];
	ann.request("FOO", callBob, { headers });
	const came = bob.take("FOO");
	for (const line of headers) assert.ok(came.lines.includes(line), line);
	bob.answer(came, "200 OK");
	assert.equal(ann.take(200, "FOO").status, 200);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.3 step 5 PX-05: Require is for the callee, and reaches it", () => {
	const { ann, bob } = phones();
	ann.request("INVITE", callBob, { headers: ["Require: foo"] });
	assert.equal(bob.take("INVITE").value("Require"), "foo");
	ann.request("INVITE", callBob, { headers: ["Proxy-Require: nothingSupportsThis, nor-this"] });
	assert.equal(ann.take(420).value("Unsupported"), "nothingSupportsThis, nor-this");
	assert.deepEqual(bob.unread, []);
});

test("RFC 3261 §8.2.2.3 §22.1 TX-38: a CANCEL is answered whatever it requires, and never challenged", () => {
	const required = ["Proxy-Require: x", "Require: y"];
	const { ann, bob } = phones();
	const invite = ann.request("INVITE", callBob);
	const came = bob.take("INVITE");
	bob.answer(came, "180 Ringing");
	ann.cancel(invite, ...required);
	assert.equal(ann.take(200, "CANCEL").status, 200);
	const cancel = bob.take("CANCEL");
	assert.deepEqual([cancel.values("Proxy-Require"), cancel.values("Require")], [[], []]);
	ann.request("CANCEL", callBob, { headers: required });
	assert.equal(ann.take(481).status, 481);

	const stranger = bed.rig().phone("eve", { host: "198.51.100.66" });
	stranger.request("CANCEL", callBob, { headers: required });
	assert.deepEqual(
		stranger.received.map(({ status }) => status),
		[481],
	);
});

test("RFC 3261 §8.2.2.3 §22.1 TX-38: an ACK is forwarded whatever it requires, and nothing answers it", () => {
	const { rig, ann, bob } = phones();
	ann.request("INVITE", callBob);
	bob.answer(bob.take("INVITE"), "200 OK");
	const dialog = ann.caller(ann.take(200));
	dialog.send("ACK", ["Proxy-Require: x", "Require: y"]);
	assert.equal(bob.take("ACK").value("Proxy-Require"), "x");
	rig.wait(1_000);
	assert.deepEqual(ann.unread, []);
});

test("RFC 4320 §4.2 TX-28: a 408 from downstream is not forwarded to a MESSAGE, whatever else comes is", () => {
	const targets = ["sip:a@10.0.0.1", "sip:b@10.0.0.2"];
	const rig = new ExchangeRig({ config: bed.config, routes: () => relay(...targets) });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const [a, b] = ["a", "b"].map((name, at) => rig.phone(name, { host: `10.0.0.${at + 1}` }));
	assert.ok(a && b);
	ann.request("MESSAGE", "sip:group@example.com");
	a.answer(a.take("MESSAGE"), "408 Request Timeout");
	b.answer(b.take("MESSAGE"), "408 Request Timeout");
	rig.wait(64_000);
	assert.ok(ann.received.every(({ status = 0 }) => status < 200));
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);

	ann.request("MESSAGE", "sip:group@example.com");
	a.answer(a.take("MESSAGE"), "408 Request Timeout");
	b.answer(b.take("MESSAGE"), "480 Away");
	assert.equal(ann.take(480).status, 480);
});

test("RFC 3261 §16.8 PX-64: Timer C cancels a leg that has answered with as little as 100; one that said nothing is a 408 long before, and gets no CANCEL", () => {
	const { rig, ann, bob } = phones();
	const invite = ann.request("INVITE", callBob);
	const came = bob.take("INVITE");
	bob.answer(came, "100 Trying");
	rig.wait(184_900);
	assert.deepEqual(bob.unread, []);
	rig.wait(200);
	bob.answer(bob.take("CANCEL"), "200 OK");
	bob.answer(came, "487 Request Terminated");
	ann.acknowledge(invite, ann.take(487));

	ann.request("INVITE", callBob);
	rig.wait(32_010);
	assert.equal(ann.take(408).status, 408);
	rig.wait(300_000);
	assert.ok(bob.unread.every(({ method }) => method !== "CANCEL"));
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.7 step 6 §8.2.6.2 PX-63: an answer of our own has a tag of our own, or the one that the request came with", () => {
	const { ann, bob } = phones();
	ann.request("INVITE", callBob);
	bob.answer(bob.take("INVITE"), "200 OK");
	const dialog = ann.caller(ann.take(200));
	dialog.send("ACK");
	const bye = dialog.send("BYE");
	bob.take("BYE");
	ann.send(bye.replace("Max-Forwards: 70", "Max-Forwards: 0").replace("-BYE-", "-BYE2-"));
	assert.match(ann.take(483).value("To"), /;tag=5000$/);
	ann.request("INVITE", "sip:nobody@172.21.83.50");
	assert.match(ann.take(404).value("To"), /;tag=[0-9a-f]{16}$/);
});

test("RFC 3261 §16.11 PX-77: what is forwarded without state, the ACK for a 2xx, leaves byte for byte the same each time it comes", () => {
	const { rig, ann, bob } = phones();
	ann.request("INVITE", callBob);
	bob.answer(bob.take("INVITE"), "200 OK");
	const ack = ann.caller(ann.take(200)).send("ACK");
	for (const pause of [500, 1_000, 40_000]) {
		rig.wait(pause);
		ann.send(ack);
	}
	const texts = bob.received.filter(({ method }) => method === "ACK").map(({ text }) => text);
	assert.equal(texts.length, 4);
	assert.equal(new Set(texts).size, 1);
	assert.match(texts[0] ?? "", /;branch=z9hG4bK[0-9a-f]{32}/);
});

test("RFC 3261 §16.6 §16.7 PX-45: no topology is hidden: Via, Record-Route and Contact of others are seen on both sides", () => {
	const { ann, bob } = phones();
	const behind = ["Via: SIP/2.0/TCP pbx.inside.example.org:5070;branch=z9hG4bKx"];
	const record = ["Record-Route: <sip:edge.inside.example.org;lr>"];
	const invite = ann.write("INVITE", callBob, { headers: record });
	ann.send(invite.replace("Max-Forwards", `${behind[0]}\r\nMax-Forwards`));
	const came = bob.take("INVITE");
	assert.ok(came.vias.includes("SIP/2.0/TCP pbx.inside.example.org:5070;branch=z9hG4bKx"));
	assert.equal(came.recordRoutes.at(-1), "<sip:edge.inside.example.org;lr>");
	assert.equal(came.value("Contact"), new WireMessage(invite).value("Contact"));
	bob.answer(came, "200 OK");
	assert.equal(ann.take(200).value("Contact"), bob.contact);
});

test("RFC 5658 §5 PX-13 PX-33: a call from UDP to TCP: two Record-Route entries, and BYE crosses from both sides", () => {
	for (const side of ["caller", "callee"]) {
		const { rig, ann, bob } = phones("tcp");
		ann.request("INVITE", "sip:5003@172.21.83.50");
		const invite = bob.take("INVITE");
		const [upper = "", lower = "", ...more] = invite.recordRoutes;
		assert.deepEqual(more, []);
		assert.match(upper, /;transport=tcp/);
		assert.doesNotMatch(lower, /transport=(?!udp)/);
		bob.answer(invite, "200 OK");
		const caller = ann.caller(ann.take(200));
		caller.send("ACK");
		assert.deepEqual(bob.take("ACK").values("Route"), []);
		const [from, to] = side === "caller" ? [caller, bob] : [bob.callee(invite), ann];
		from.send("BYE");
		const bye = to.take("BYE");
		assert.deepEqual(bye.values("Route"), []);
		assert.match(bye.vias[0] ?? "", side === "caller" ? /^SIP\/2\.0\/TCP/ : /^SIP\/2\.0\/UDP/);
		to.answer(bye, "200 OK");
		rig.wait(64_000);
		assert.equal(rig.size, 0);
	}
});
