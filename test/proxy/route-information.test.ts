import assert from "node:assert/strict";
import { test } from "node:test";
import type { Legs } from "../../core/leg/leg.ts";
import { newDialog } from "../../core/leg/new-dialog.ts";
import { recordRoute } from "../../core/leg/record-route.ts";
import { outgoingLeg } from "../../core/proxy/outgoing-leg.ts";
import { environment, flow, type Parts, rejected, request, routed } from "./fixtures.ts";

const POLICY = environment.directory.policy;

/** Our Record-Route values for a call from 172.21.83.70, as both sides got them. */
function entries(toward: "udp" | "tcp" | "tls" = "udp"): readonly string[] {
	const came = flow("udp");
	const hop = { ...flow(toward, "172.21.83.60"), serverName: undefined };
	const scheme = toward === "tls" ? "sips" : "sip";
	const callee = outgoingLeg(hop, scheme, POLICY, environment);
	const listener = environment.listeners.find(({ id }) => id === came.listener);
	assert.ok(callee && listener);
	const legs: Legs = {
		caller: { scheme: "sip", listener, flow: came, policy: POLICY },
		callee,
		toward: "callee",
	};
	const flows = { callerFlow: came, calleeFlow: callee.flow };
	return recordRoute(legs, newDialog(request(), legs, flows, 7, environment.signing)).values;
}

const inDialog: Parts = { method: "BYE", to: "<sip:5000@172.21.83.50>;tag=b", cseq: 2 };
const route = (...values: readonly string[]) => ({ lines: values.map((one) => `Route: ${one}`) });
const [ours = ""] = entries();
const inBrackets = ours.slice(1, -1);

test("RFC 3261 §16.4 PX-13: without Route, and with a foreign one on top, nothing is ours", () => {
	assert.equal(routed(request()).own, 0);
	const { own, dialog, scheme } = routed(request(route("<sip:other.example.org;lr>", ours)));
	assert.deepEqual({ own, dialog, scheme }, { own: 0, dialog: undefined, scheme: undefined });
});

test("RFC 3261 §16.4 PX-13 PX-17: our entry on top is taken off, and its cookie says which call it is", () => {
	const { own, dialog, scheme } = routed(request({ ...inDialog, ...route(ours, "<sip:x;lr>") }));
	assert.equal(own, 1);
	assert.equal(scheme, "sip");
	assert.equal(dialog?.from, "caller");
	assert.equal(dialog?.cookie.calleeFlow?.host, "172.21.83.60");
});

test("RFC 3261 §16.12 PX-17: from the callee it is the To tag that is the caller's", () => {
	const from = "<sip:5000@172.21.83.50>;tag=b";
	const to = "<sip:6000@172.21.83.70>;tag=a";
	assert.equal(routed(request({ ...inDialog, from, to, ...route(ours) })).dialog?.from, "callee");
});

test("RFC 5658 §5 PX-13: both entries of a pair are taken off at once, in one line or in two", () => {
	const pair = entries("tcp");
	assert.equal(pair.length, 2);
	const foreign = "<sip:peer.example.org;lr>";
	assert.equal(routed(request({ ...inDialog, ...route(...pair, foreign) })).own, 2);
	assert.equal(routed(request({ ...inDialog, ...route([...pair, foreign].join(", ")) })).own, 2);
	const [upper = ""] = pair;
	assert.equal(routed(request({ ...inDialog, ...route(upper, foreign) })).own, 1);
});

test("RFC 3608 §6.1 PX-117: a Service-Route of ours behind an outbound proxy that is ours too is taken off with it", () => {
	const us = "<sip:172.21.83.50;lr>";
	const other = "<sip:peer.example.org;lr>";
	assert.equal(routed(request(route(us, "<sip:out@example.com;lr>"))).own, 2);
	assert.equal(routed(request(route(`${us}, ${us}, ${other}`, us))).own, 2);
	assert.equal(routed(request(route(other, us))).own, 0);
	assert.equal(routed(request(route(us, ours))).own, 1, "a dialog's is not taken for one");
});

test("RFC 3261 §16.4 PX-14 PX-15: a Route of ours without a cookie is an outbound proxy, whatever its user part", () => {
	for (const uri of ["sip:172.21.83.50;lr", "sip:token@172.21.83.50:5060;lr", "sip:example.com"]) {
		const { own, dialog, scheme } = routed(request(route(`<${uri}>`)));
		assert.deepEqual({ own, dialog, scheme }, { own: 1, dialog: undefined, scheme: "sip" });
	}
	assert.equal(routed(request(route("<sips:172.21.83.50:5314;lr>"))).scheme, "sips");
});

test("RFC 5626 §5.3.1 PX-15 PX-35: a cookie with one character changed gets 403, wherever it is changed", () => {
	const start = inBrackets.indexOf("x5=") + 3;
	const end = inBrackets.indexOf(";ftag");
	for (let at = start; at < end; at += 1) {
		const other = inBrackets[at] === "A" ? "B" : "A";
		const changed = `<${inBrackets.slice(0, at)}${other}${inBrackets.slice(at + 1)}>`;
		const received = request({ ...inDialog, ...route(changed) });
		// The last character holds bits that no octet has: another spelling of the same octets may pass.
		if (at < end - 1) assert.equal(rejected(received).status, 403, changed);
	}
});

test("RFC 5626 §5.3.1 PX-15: a cookie of another call, of nobody in it, cut off or missing gets 403", () => {
	const wrong: readonly Parts[] = [
		{ callId: "call-2" },
		{ from: "<sip:6000@172.21.83.70>;tag=c" },
		{ lines: [`Route: ${ours.replace("ftag=a", "ftag=c")}`] },
		{ lines: [`Route: ${ours.replace(/;ftag=[^>]*/, "")}`] },
		{ lines: [`Route: ${ours.replace(/;x5=[^;]*/, "")}`] },
		{ lines: ["Route: <sip:172.21.83.50:5060;lr;x5>"] },
	];
	for (const parts of wrong) {
		const received = request({ ...inDialog, ...route(ours), ...parts });
		assert.equal(rejected(received).status, 403, JSON.stringify(parts));
	}
});

test("RFC 3261 §16.4 PX-10: a strict router upstream put our entry into the Request-URI: undone", () => {
	const lines = ["Route: <sip:p2.example.org;lr>", "Route: <sip:5000@172.21.83.60:5060>"];
	const { request: loose, own, dialog } = routed(request({ ...inDialog, uri: inBrackets, lines }));
	assert.equal(loose.uri, "sip:5000@172.21.83.60:5060");
	assert.deepEqual(
		loose.head.routes.map(({ uri }) => uri),
		[inBrackets, "sip:p2.example.org;lr"],
	);
	assert.equal(own, 1);
	assert.equal(dialog?.from, "caller");
});

test("RFC 3261 §16.4 PX-10: the same where the last Route was the only one", () => {
	const { request: loose, own } = routed(
		request({ ...inDialog, uri: inBrackets, ...route("<sip:5000@172.21.83.60:5060>") }),
	);
	assert.equal(loose.uri, "sip:5000@172.21.83.60:5060");
	assert.equal(own, 1);
	assert.equal(loose.head.routes.length, 1);
});

test("RFC 3261 §16.4 PX-10: a pair of ours survives a strict router", () => {
	const [upper = "", lower = ""] = entries("tcp");
	const uri = upper.slice(1, -1);
	const { own, request: loose } = routed(
		request({ ...inDialog, uri, ...route(lower, "<sip:5000@172.21.83.60:5060>") }),
	);
	assert.equal(own, 2);
	assert.equal(loose.uri, "sip:5000@172.21.83.60:5060");
});

test("RFC 3261 §16.4 PX-15: a forged entry of ours in the Request-URI gets 403", () => {
	const uri = "sip:172.21.83.50:5060;lr;x5=AAAA;ftag=a";
	assert.equal(rejected(request({ uri, ...route("<sip:victim@192.0.2.1>") })).status, 403);
});

test("RFC 3261 §16.3 step 1 PX-09: a next hop that is no URI gets 400; one further on is not ours to judge", () => {
	const refused = rejected(request(route("<sip:@;lr>")));
	assert.deepEqual(refused, { status: 400, reason: "Bad Route" });
	assert.equal(rejected(request({ ...inDialog, ...route(ours, "<sip:@;lr>") })).status, 400);
	assert.equal(routed(request(route("<sip:a@h;lr>", "<sip:@;lr>"))).own, 0);
	const uri = inBrackets;
	const last = "<sip:a@h?Subject=x>";
	assert.equal(rejected(request({ ...inDialog, uri, ...route(last) })).status, 400);
});
