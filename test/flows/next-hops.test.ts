import assert from "node:assert/strict";
import { test } from "node:test";
import type { DnsRecord } from "../../core/resolve/dns.ts";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";

const config = await rigConfig();
const TWO: readonly DnsRecord[] = ["10.0.0.1", "10.0.0.2"].map((address) => ({
	type: "A",
	address,
}));

/** Ann calls a name, or whatever `target` says. */
function calling(target = "sip:bob@pool.example.org:5060", method = "INVITE") {
	const rig = new ExchangeRig({ config, routes: () => relay(target) });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const one = rig.phone("one", { host: "10.0.0.1" });
	const two = rig.phone("two", { host: "10.0.0.2" });
	const sent = ann.request(method, "sip:bob@example.com");
	return { rig, ann, one, two, sent };
}

test("RFC 3263 §4.2 PX-89 PX-100: a name is looked up, and the caller hears 100 meanwhile", () => {
	const { rig, ann, one } = calling();
	rig.wait(5_000);
	assert.equal(ann.take(100).status, 100);
	rig.answerDns(TWO, "A pool.example.org");
	const came = one.take("INVITE");
	assert.equal(came.uri, "sip:bob@pool.example.org:5060");
	rig.wait(499);
	assert.deepEqual(one.unread, [], "Timer A begins when it is sent, not when it was asked for");
	rig.wait(11);
	assert.equal(one.take("INVITE").text, came.text);
});

test("RFC 3263 §4.3 RFC 3261 §16.9 PX-39 PX-94: an address that cannot be reached is followed by the next, with a new branch", () => {
	const { rig, ann, one, two } = calling();
	one.reachable = false;
	rig.answerDns(TWO);
	const came = two.take("INVITE");
	const [lost] = rig.nowhere;
	assert.equal(lost?.flow.host, "10.0.0.1");
	assert.ok(!lost.text.includes(came.vias[0] ?? "?"));
	two.answer(came, "200 OK");
	assert.equal(ann.take(200).vias.length, 1);
});

test("RFC 3263 §4.3 PX-94: a 503 is followed by the next address; another failure stops the list", () => {
	const { rig, ann, one, two } = calling();
	rig.answerDns(TWO);
	one.answer(one.take("INVITE"), "503 Service Unavailable", { headers: ["Retry-After: 30"] });
	one.take("ACK");
	const came = two.take("INVITE");
	assert.deepEqual(ann.unread, []);
	two.answer(came, "486 Busy Here");
	assert.equal(ann.take(486).status, 486);
});

/** Two calls to the same name; the first server answers the first of them. */
function twice(status: string, ...headers: string[]) {
	const { rig, ann, one, two } = calling();
	rig.answerDns(TWO);
	one.answer(one.take("INVITE"), status, { headers });
	two.answer(two.take("INVITE"), "486 Busy Here");
	const again = () => {
		for (const phone of [one, two]) phone.unread.length = 0;
		ann.request("INVITE", "sip:bob@example.com");
		rig.answerDns(TWO);
		return [one, two].map(
			({ unread }) => unread.filter(({ method }) => method === "INVITE").length,
		);
	};
	return { rig, ann, one, two, again };
}

test("RFC 3261 §21.5.4 PX-96: a server that answers 503 with Retry-After is passed over for that time", () => {
	const { rig, again } = twice("503 Service Unavailable", "Retry-After: 60 (busy);duration=5");
	assert.deepEqual(again(), [0, 1]);
	rig.wait(59_900);
	assert.deepEqual(again(), [0, 1]);
	rig.wait(200);
	assert.deepEqual(again(), [1, 0]);
});

test("RFC 3261 §21.5.4 PX-96: for ten minutes at most; without a Retry-After it is tried again at once", () => {
	const { rig, again } = twice("503 Service Unavailable", "Retry-After: 999999999");
	rig.wait(599_900);
	assert.deepEqual(again(), [0, 1]);
	rig.wait(200);
	assert.deepEqual(again(), [1, 0]);
	assert.deepEqual(twice("503 Service Unavailable").again(), [1, 0]);
	assert.deepEqual(twice("503 Service Unavailable", "Retry-After: soon").again(), [1, 0]);
});

test("RFC 3261 §21.5.4 PX-96: where every server has asked for a pause the caller gets 500 at once, and a call that is up goes on", () => {
	const { rig, ann, one } = calling("sip:bob@10.0.0.1");
	one.answer(one.take("INVITE"), "200 OK");
	const dialog = ann.caller(ann.take(200));
	dialog.send("ACK");
	ann.request("INVITE", "sip:bob@example.com");
	const came = one.unread.findLast(({ method }) => method === "INVITE");
	assert.ok(came);
	one.answer(came, "503 Service Unavailable", { headers: ["Retry-After: 60"] });
	assert.equal(ann.take(500).status, 500);
	one.unread.length = 0;
	ann.request("INVITE", "sip:bob@example.com");
	assert.equal(ann.take(500).status, 500);
	assert.deepEqual(one.unread, []);
	dialog.send("BYE");
	one.answer(one.take("BYE"), "200 OK");
	assert.equal(ann.take(200, "BYE").status, 200);
	rig.wait(64_000);
});

test("RFC 3261 §17.1.1.2 PX-94: an ACK that the first address does not get changes nothing for the second", () => {
	const { rig, ann, one, two } = calling();
	rig.answerDns(TWO);
	one.reachable = false;
	one.answer(one.take("INVITE"), "503 Service Unavailable");
	const came = two.take("INVITE");
	assert.equal(rig.nowhere.length, 1);
	two.answer(came, "200 OK");
	assert.equal(ann.take(200).status, 200);
	assert.ok(two.received.every(({ method }) => method === "INVITE"));
});

test("RFC 3263 §4.3 PX-94: so is an address that says nothing for Timer B", () => {
	const { rig, ann, two } = calling();
	rig.answerDns(TWO);
	rig.wait(31_990);
	assert.deepEqual(two.unread, []);
	rig.wait(20);
	two.answer(two.take("INVITE"), "200 OK");
	assert.equal(ann.take(200).status, 200);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 4321 §1.2 TX-26: after Timer F nobody waits any more: no other address is tried", () => {
	const { rig, two } = calling(undefined, "OPTIONS");
	rig.answerDns(TWO);
	rig.wait(64_000);
	assert.deepEqual(two.received, []);
	assert.equal(rig.size, 0);
});

test("RFC 3263 §4.3 PX-95: one that rang and fell silent is not followed by another", () => {
	const { rig, one, two } = calling();
	rig.answerDns(TWO);
	one.answer(one.take("INVITE"), "180 Ringing");
	rig.wait(300_000);
	assert.deepEqual(two.received, []);
});

test("RFC 3261 §16.7 PX-57 PX-67: when no address can be reached the caller gets 500, quickly", () => {
	const { rig, ann, one, two } = calling();
	one.reachable = false;
	two.reachable = false;
	rig.answerDns(TWO);
	assert.equal(ann.take(500).status, 500);
	assert.equal(rig.nowhere.length, 2);
});

test("RFC 3261 §16.7 step 6 PX-57: a lone 503 is shown as 500, without its Retry-After", () => {
	const { ann, one } = calling("sip:bob@10.0.0.1");
	one.answer(one.take("INVITE"), "503 Service Unavailable", { headers: ["Retry-After: 30"] });
	const final = ann.take(500);
	assert.deepEqual(final.values("Retry-After"), []);
});

test("RFC 3261 §16.7 PX-67: a name that does not exist, or that nobody can look up, is a 500", () => {
	for (const answer of [[], "failed"] as const) {
		const { rig, ann } = calling();
		rig.answerDns(answer);
		assert.equal(ann.take(500).status, 500);
		assert.ok(rig.log.some(({ message }) => message === "address.not-found"));
	}
});

test("RFC 3263 §4.1 PX-93: sips with transport=udp is never sent in clear", () => {
	for (const target of [
		"sips:bob@10.0.0.1;transport=udp",
		"sips:bob@pool.example.org;transport=UDP",
	]) {
		const { rig, ann, one } = calling(target);
		assert.equal(ann.take(500).status, 500);
		assert.deepEqual(one.received, []);
		assert.deepEqual(rig.nowhere, [], "nor in any other way");
		assert.deepEqual(rig.questions, []);
	}
});

test("RFC 3263 §4.1 PX-93: a sips target that is reached over UDP only is not reached", () => {
	const { rig, ann, one } = calling("sips:bob@pool.example.org");
	one.reachable = true;
	rig.answerDns(
		[
			{
				...{ type: "NAPTR", order: 1, preference: 1, flags: "s" },
				...{ service: "SIP+D2U", replacement: "_sip._udp.pool.example.org" },
			},
		],
		"NAPTR pool.example.org",
	);
	rig.answerDns([], "SRV _sips._tcp.pool.example.org");
	rig.answerDns([], "A pool.example.org");
	assert.equal(ann.take(500).status, 500);
	assert.deepEqual(one.received, []);
	assert.deepEqual(rig.nowhere, []);
});

test("RFC 3261 §8.2.2.1 PX-67: a next hop that is no SIP URI gets 416", () => {
	const rig = new ExchangeRig({ config, routes: () => relay() });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const headers = ["Route: <sip:172.21.83.50;lr>", "Route: <tel:+49301234;lr>"];
	ann.request("INVITE", "sip:bob@example.org", { headers });
	assert.equal(ann.take(416).status, 416);
});

test("RFC 3261 §16.7 step 6 PX-67: what another target says counts more than that a name has no address", () => {
	const rig = new ExchangeRig({
		config,
		routes: () => relay("sip:a@none.example.org:5060", "sip:b@10.0.0.1"),
	});
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const one = rig.phone("one", { host: "10.0.0.1" });
	ann.request("INVITE", "sip:bob@example.com");
	rig.answerDns([], "A none.example.org");
	one.answer(one.take("INVITE"), "486 Busy Here");
	assert.equal(ann.take(486).status, 486);
});

test("RFC 3261 §16.6 step 11 PX-100: with dead name servers the caller hears 100 at once and a final answer in time", () => {
	const { rig, ann } = calling("sip:bob@pool.example.org");
	rig.wait(200);
	assert.equal(ann.take(100).status, 100);
	rig.wait(31_000);
	assert.equal(ann.take(500).status, 500);
	rig.answerDns([], "NAPTR pool.example.org");
	rig.wait(33_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.exchange.next(), undefined);
});

test("RFC 3261 §16.10 PX-100: a caller who gives up while an address is looked up gets 487, and the answer calls nobody", () => {
	const { rig, ann, one, sent } = calling();
	rig.wait(200);
	ann.cancel(sent);
	assert.equal(ann.take(487).status, 487);
	rig.answerDns(TWO);
	assert.deepEqual(one.received, []);
});

test("RFC 3261 §16.7 step 6 PX-67: a host that says nothing is a 408 after 32 s", () => {
	const { rig, ann, one } = calling("sip:bob@10.0.0.1");
	rig.wait(31_990);
	assert.deepEqual(
		ann.unread.map(({ status }) => status),
		[100],
	);
	rig.wait(20);
	assert.equal(ann.take(408).status, 408);
	assert.equal(one.received.length, 7);
});

test("RFC 3263 §4 PX-84: maddr is the target, whatever the host says", () => {
	const { rig, one } = calling("sip:bob@pool.example.org:5060;maddr=10.0.0.1");
	assert.equal(one.take("INVITE").uri, "sip:bob@pool.example.org:5060;maddr=10.0.0.1");
	assert.deepEqual(rig.questions, []);
	const named = calling("sip:bob@10.0.0.2:5060;maddr=pool.example.org");
	named.rig.answerDns(TWO, "A pool.example.org");
	assert.equal(named.one.take("INVITE").method, "INVITE");
	assert.deepEqual(named.two.received, []);
});

test("RFC 3263 §4.3 PX-95: after a 100 nobody else is tried when it falls silent; Timer C ends the call", () => {
	const { rig, ann, one, two } = calling();
	rig.answerDns(TWO);
	one.answer(one.take("INVITE"), "100 Trying");
	rig.wait(184_000);
	assert.deepEqual(two.received, []);
	rig.wait(40_000);
	assert.deepEqual(two.received, []);
	assert.ok(ann.unread.some(({ status = 0 }) => status >= 400));
});

test("RFC 3261 §21.5.4 PX-96: a server that asks to be left alone is skipped for that time; without Retry-After it is not", () => {
	const { rig, ann, one, two } = calling();
	const again = () => {
		ann.request("INVITE", "sip:bob@example.com");
		rig.answerDns(TWO);
	};
	rig.answerDns(TWO);
	one.answer(one.take("INVITE"), "503 Service Unavailable");
	two.answer(two.take("INVITE"), "486 Busy Here");
	again();
	one.answer(one.take("INVITE"), "503 Service Unavailable", { headers: ["Retry-After: 30"] });
	two.answer(two.take("INVITE"), "486 Busy Here");
	rig.wait(29_000);
	again();
	two.answer(two.take("INVITE"), "486 Busy Here");
	assert.deepEqual(
		one.unread.filter(({ method }) => method === "INVITE"),
		[],
	);
	rig.wait(1_000);
	again();
	assert.equal(one.take("INVITE").method, "INVITE");
});

test("RFC 3263 §4 PX-97: CANCEL and the ACK for a failure go where the INVITE went, and nobody is asked again", () => {
	const { rig, ann, one, two, sent } = calling();
	rig.answerDns(TWO);
	const came = one.take("INVITE");
	one.answer(came, "180 Ringing");
	// The pool has changed since.
	ann.cancel(sent);
	const cancel = one.take("CANCEL");
	assert.equal(cancel.vias[0], came.vias[0]);
	one.answer(came, "487 Request Terminated");
	assert.equal(one.take("ACK").vias[0], came.vias[0]);
	assert.deepEqual(two.received, []);
	assert.deepEqual(rig.questions, []);
});

test("RFC 3261 §16.6 step 7 PX-38 SIPS-16: a sips target behind a sip Route is reached over TLS all the same", () => {
	const rig = new ExchangeRig({ config, routes: () => relay() });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const edge = rig.phone("edge", { host: "10.0.0.1", transport: "tls" });
	const headers = ["Route: <sip:172.21.83.50;lr>", "Route: <sip:10.0.0.1;lr>"];
	ann.request("INVITE", "sips:bob@example.org", { headers });
	const came = edge.take("INVITE");
	assert.equal(came.uri, "sips:bob@example.org");
	assert.deepEqual(came.values("Route"), ["<sip:10.0.0.1;lr>"]);
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5314;/);
});

test("RFC 3261 §16.6 step 6 PX-37: a Route without lr gets the request as a strict router wants it", () => {
	const rig = new ExchangeRig({ config, routes: () => relay() });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const old = rig.phone("old", { host: "10.0.0.1" });
	const headers = [
		"Route: <sip:172.21.83.50;lr>",
		"Route: <sip:10.0.0.1>, <sip:p4.example.org;lr>",
	];
	ann.request("INVITE", "sip:bob@example.org", { headers });
	const came = old.take("INVITE");
	assert.equal(came.uri, "sip:10.0.0.1");
	assert.deepEqual(came.values("Route"), ["<sip:p4.example.org;lr>", "<sip:bob@example.org>"]);
});

test("RFC 3261 §16.11 PX-76: an ACK waits for the address of its Route too", () => {
	const rig = new ExchangeRig({ config, routes: () => relay() });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const far = rig.phone("far", { host: "10.0.0.1" });
	const headers = ["Route: <sip:172.21.83.50;lr>", "Route: <sip:far.example.org;lr>"];
	ann.request("ACK", "sip:bob@example.org", { headers });
	assert.deepEqual(far.received, []);
	rig.answerDns([], "NAPTR far.example.org");
	rig.answerDns([], "SRV _sip._udp.far.example.org");
	rig.answerDns([], "SRV _sip._tcp.far.example.org");
	rig.answerDns([{ type: "A", address: "10.0.0.1" }], "A far.example.org");
	assert.deepEqual(far.take("ACK").values("Route"), ["<sip:far.example.org;lr>"]);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §18.1.1: a hop that no listener of ours can send to counts as one that cannot be reached", () => {
	const { rig, ann } = calling("sip:bob@[2001:db8::1]");
	assert.equal(ann.take(500).status, 500);
	assert.equal(rig.nowhere.length, 0);
});

test("RFC 3261 §16.9 PX-65 TX-18: a caller that cannot be reached does not end the call's legs", () => {
	const { rig, ann, one } = calling("sip:bob@10.0.0.1");
	const came = one.take("INVITE");
	ann.reachable = false;
	one.answer(came, "180 Ringing");
	rig.wait(10_000);
	assert.deepEqual(one.unread, []);
	assert.ok(rig.log.some(({ message }) => message === "response.undelivered"));
	ann.reachable = true;
	one.answer(came, "200 OK");
	assert.equal(ann.take(200).status, 200);
});

test("RFC 5630 §5.1.1 SIPS-17: a sip target behind a sips Route is reached over TLS, its Request-URI as it was", () => {
	const rig = new ExchangeRig({ config, routes: () => relay() });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const edge = rig.phone("edge", { host: "10.0.0.1", transport: "tls" });
	const headers = ["Route: <sip:172.21.83.50;lr>", "Route: <sips:10.0.0.1;lr>"];
	ann.request("INVITE", "sip:bob@example.org", { headers });
	const came = edge.take("INVITE");
	assert.equal(came.uri, "sip:bob@example.org");
	assert.deepEqual(came.values("Route"), ["<sips:10.0.0.1;lr>"]);
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5314;/);
});
