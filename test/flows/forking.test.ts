import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";

const config = await rigConfig();
const BOTH = ["sip:a@10.0.0.1", "sip:b@10.0.0.2"] as const;

/** Ann calls, and two phones ring. */
function ringing(...targets: readonly string[]) {
	const rig = new ExchangeRig({ config, routes: () => relay(...BOTH, ...targets) });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const a = rig.phone("a", { host: "10.0.0.1" });
	const b = rig.phone("b", { host: "10.0.0.2" });
	const c = rig.phone("c", { host: "10.0.0.3" });
	const invite = ann.request("INVITE", "sip:group@example.com");
	return { rig, ann, a, b, c, invite, toA: a.take("INVITE"), toB: b.take("INVITE") };
}

/** Responses that were sent after the one that ended it all. */
function unmatched(rig: ExchangeRig): number {
	return rig.exchange.proxy.transactions.counters.unmatchedResponses;
}

test("RFC 3261 §16.6 PX-26 PX-39 PX-40: each target gets the request as received, with a branch of its own", () => {
	const { toA, toB } = ringing();
	assert.notEqual(toA.vias[0], toB.vias[0]);
	assert.deepEqual(toA.vias.slice(1), toB.vias.slice(1));
	const own = ["Via", "Record-Route"];
	assert.deepEqual(toA.without(...own), toB.without(...own));
	assert.equal(toA.uri, "sip:a@10.0.0.1");
	assert.equal(toB.uri, "sip:b@10.0.0.2");
	assert.notEqual(toA.value("Record-Route"), toB.value("Record-Route"));
});

test("RFC 3261 §16.7 step 10, RFC 3326 §2 §3.1 PX-61 PX-73: one answers, the other is cancelled with the reason, its 487 stays here", () => {
	const { rig, a, b, toA, toB } = ringing();
	a.answer(toA, "180 Ringing");
	b.answer(toB, "180 Ringing");
	rig.transcript.length = 0;
	a.answer(toA, "200 OK");
	const cancel = b.take("CANCEL");
	b.answer(cancel, "200 OK");
	b.answer(toB, "487 Request Terminated");
	rig.wait(64_000);
	assert.deepEqual(rig.transcript, [
		"0 a > 200 INVITE",
		"0 ann < 200 INVITE",
		"0 b < CANCEL sip:b@10.0.0.2",
		"0 b > 200 CANCEL",
		"0 b > 487 INVITE",
		"0 b < ACK sip:b@10.0.0.2",
	]);
	assert.equal(rig.exchange.counters.malformed, 0, "PX-48: the 200 to our CANCEL is taken");
	assert.equal(unmatched(rig), 0, "nothing was tried that the transactions refused");
	assert.equal(rig.exchange.next(), undefined, "no timer is left");
	assert.equal(cancel.value("Reason"), 'SIP;cause=200;text="Call completed elsewhere"');
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("RFC 3261 §16.7 step 5 PX-50: nothing provisional follows a final response", () => {
	const { rig, ann, a, b, toA, toB } = ringing();
	a.answer(toA, "200 OK");
	b.answer(toB, "180 Ringing");
	assert.ok(ann.received.every(({ status }) => status === 200));
	assert.equal(unmatched(rig), 0);
});

test("RFC 3261 §9.1 §16.6 step 8 PX-40 PX-43 PX-71: the CANCEL is our own: the INVITE of its leg, with its Via and no other", () => {
	const { a, b, toA, toB } = ringing();
	b.answer(toB, "180 Ringing");
	a.answer(toA, "200 OK");
	const cancel = b.take("CANCEL");
	assert.equal(cancel.uri, toB.uri);
	assert.deepEqual(cancel.vias, toB.vias.slice(0, 1));
	for (const name of ["From", "To", "Call-ID"]) assert.equal(cancel.value(name), toB.value(name));
	assert.equal(cancel.value("CSeq"), "1 CANCEL");
	assert.deepEqual(cancel.values("Contact"), []);
});

test("RFC 3261 §9.1 PX-61 TX-40: a leg that has said nothing is cancelled when it does", () => {
	const { a, b, toA, toB } = ringing();
	a.answer(toA, "200 OK");
	assert.deepEqual(b.unread, []);
	b.answer(toB, "180 Ringing");
	assert.equal(b.take("CANCEL").uri, toB.uri);
});

test("RFC 3261 §16.7 step 5 PX-50: provisional responses of every leg go on at once, each with its own tag", () => {
	const { ann, a, b, toA, toB } = ringing();
	a.answer(toA, "180 Ringing");
	b.answer(toB, "183 Session Progress");
	a.answer(toA, "182 Queued");
	const tags = [180, 183, 182].map((status) => ann.take(status).value("To").split("tag=")[1]);
	assert.deepEqual(tags, ["a", "b", "a"]);
});

test("RFC 3261 §16.7 step 5 PX-51: a second 200 goes to the caller too, which has to end that call", () => {
	const { rig, ann, a, b, toA, toB } = ringing();
	a.answer(toA, "200 OK");
	b.answer(toB, "200 OK");
	const [first, second] = [ann.take(200), ann.take(200)];
	assert.match(first.value("To"), /tag=a$/);
	assert.match(second.value("To"), /tag=b$/);
	const dialog = ann.caller(second);
	dialog.send("ACK");
	b.take("ACK");
	dialog.send("BYE");
	b.answer(b.take("BYE"), "200 OK");
	assert.equal(ann.take(200, "BYE").status, 200);
	assert.equal(
		a.unread.some(({ method }) => method === "BYE"),
		false,
	);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.7 step 6 PX-53 PX-56: both busy or away: one answer, the best, when the last has come", () => {
	const { rig, ann, invite, a, b, toA, toB } = ringing();
	b.answer(toB, "480 Away");
	assert.deepEqual(ann.unread, []);
	a.answer(toA, "486 Busy Here");
	const final = ann.take(480);
	assert.deepEqual(ann.unread, []);
	assert.match(final.value("To"), /tag=b$/, "PX-63: a forwarded response keeps its tag");
	ann.acknowledge(invite, final);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §21.3.1 §21.6.1 PX-54: 300 is no success, and 600 is a refusal for all", () => {
	const { rig, ann, a, b, toA, toB } = ringing();
	b.answer(toB, "180 Ringing");
	a.answer(toA, "300 Multiple Choices");
	assert.ok(ann.received.every(({ status }) => status === 180));
	assert.deepEqual(b.unread, []);
	b.answer(toB, "486 Busy Here");
	assert.equal(ann.take(300).status, 300);
	rig.wait(64_000);

	const again = ringing();
	again.b.answer(again.toB, "180 Ringing");
	again.a.answer(again.toA, "600 Busy Everywhere");
	assert.equal(again.b.take("CANCEL").value("Reason"), "SIP;cause=600");
});

test("RFC 3261 §16.7 step 7 PX-59: challenges go with a challenge only", () => {
	const { ann, a, b, toA, toB } = ringing();
	a.answer(toA, "401 Unauthorized", { headers: ["WWW-Authenticate: Digest realm=a"] });
	b.answer(toB, "603 Decline");
	assert.deepEqual(ann.take(603).values("WWW-Authenticate"), []);

	const again = ringing("sip:c@10.0.0.3");
	again.a.answer(again.toA, "404 Not Found", { headers: ["WWW-Authenticate: Digest realm=a"] });
	again.b.answer(again.toB, "407 Who", { headers: ["Proxy-Authenticate: Digest realm=b"] });
	again.c.answer(again.c.take("INVITE"), "401 Who", {
		headers: ["WWW-Authenticate: Digest realm=c"],
	});
	const final = again.ann.take(407);
	assert.deepEqual(final.values("WWW-Authenticate"), ["Digest realm=c"]);
	assert.deepEqual(final.values("Proxy-Authenticate"), ["Digest realm=b"]);
});

test("RFC 3261 §16.7 step 6 PX-54: 302 beats 404", () => {
	const { ann, a, b, toA, toB } = ringing();
	a.answer(toA, "404 Not Found");
	b.answer(toB, "302 Moved", { headers: ["Contact: <sip:c@10.0.0.3>"] });
	assert.equal(ann.take(302).value("Contact"), "<sip:c@10.0.0.3>");
});

test("RFC 3261 §16.7 step 5 PX-58 PX-73: a 6xx ends the ringing everywhere, and is answered when all have ended", () => {
	const { rig, ann, a, b, toA, toB } = ringing();
	b.answer(toB, "180 Ringing");
	a.answer(toA, "603 Decline");
	const cancel = b.take("CANCEL");
	assert.equal(cancel.value("Reason"), "SIP;cause=603");
	b.answer(cancel, "200 OK");
	ann.take(180);
	assert.deepEqual(ann.unread, []);
	b.answer(toB, "487 Request Terminated");
	assert.equal(ann.take(603).status, 603);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.7 step 5 PX-58: a 200 that races a 6xx wins, and is the only answer", () => {
	const { ann, a, b, toA, toB } = ringing();
	b.answer(toB, "180 Ringing");
	a.answer(toA, "603 Decline");
	b.answer(toB, "200 OK");
	assert.equal(ann.take(200).status, 200);
	assert.ok(ann.received.every(({ status }) => status !== 603));
});

test("RFC 3261 §16.7 step 7, RFC 8760 §2.5 PX-59 AU-29: the challenges of every leg are in the one that is forwarded", () => {
	const { ann, a, b, c, toA, toB } = ringing("sip:c@10.0.0.3");
	a.answer(toA, "401 Unauthorized", {
		headers: ['WWW-Authenticate: Digest realm="a", nonce="1"'],
	});
	b.answer(toB, "407 Proxy Authentication Required", {
		headers: [
			'Proxy-Authenticate: Digest realm="b", algorithm=SHA-256,\r\n nonce="2"',
			'Proxy-Authenticate: Digest realm="b", algorithm=MD5, nonce="2"',
			'Proxy-Authenticate: Digest realm="\\\0"',
		],
	});
	c.answer(c.take("INVITE"), "404 Not Found");
	const final = ann.take(401);
	assert.deepEqual(final.values("WWW-Authenticate"), ['Digest realm="a", nonce="1"']);
	assert.deepEqual(final.values("Proxy-Authenticate"), [
		'Digest realm="b", algorithm=SHA-256, nonce="2"',
		'Digest realm="b", algorithm=MD5, nonce="2"',
	]);
});

test("RFC 3261 §16.7 step 6 PX-56: what only proxies understand is not shown while there is anything else", () => {
	const { ann, a, b, toA, toB } = ringing();
	a.answer(toA, "430 Flow Failed");
	b.answer(toB, "480 Away");
	assert.equal(ann.take(480).status, 480);
});

test("RFC 5626 §11.5 PX-116: a 430 alone reaches the caller as 480", () => {
	const { ann, a, b, toA, toB } = ringing();
	a.answer(toA, "430 Flow Failed");
	b.answer(toB, "430 Flow Failed");
	assert.equal(ann.take(480).status, 480);
});

test("RFC 3261 §16.7 step 5 PX-51: of several answers to a forked MESSAGE the first goes on", () => {
	const rig = new ExchangeRig({ config, routes: () => relay(...BOTH) });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const a = rig.phone("a", { host: "10.0.0.1" });
	const b = rig.phone("b", { host: "10.0.0.2" });
	ann.request("MESSAGE", "sip:group@example.com");
	b.answer(b.take("MESSAGE"), "202 Accepted");
	a.answer(a.take("MESSAGE"), "200 OK");
	assert.equal(ann.take(202).status, 202);
	assert.deepEqual(ann.unread, []);
	assert.deepEqual(a.unread, [], "only an INVITE is cancelled");
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.7 step 5: an INVITE with several 2xx is one request to the record of its scripts, with the first of them", () => {
	const { rig, ann, a, b, toA, toB } = ringing();
	a.answer(toA, "200 OK");
	b.answer(toB, "200 OK");
	ann.take(200);
	ann.take(200);
	assert.deepEqual(rig.statuses, [200]);
});
