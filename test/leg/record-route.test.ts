/** Our Record-Route entries, and the Route values that come back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DialogState } from "../../core/leg/cookie.ts";
import type { Leg, Legs } from "../../core/leg/leg.ts";
import { newDialog } from "../../core/leg/new-dialog.ts";
import { type DialogOf, type OwnRoute, readOwnRoute } from "../../core/leg/own-route.ts";
import { liftedUri, recordRoute } from "../../core/leg/record-route.ts";
import type { Uri } from "../../core/message/uri.ts";
import { flow, leg, request, signing, signingWith } from "./fixtures.ts";

const ours = (uri: Uri) => uri.host === "172.21.83.50";
const udp = leg("sip", flow("udp", "172.21.83.60", 5060));
const tcp = leg("sip", flow("tcp", "172.21.83.61", 5060));
const tls = leg("sips", flow("tls", "172.21.83.24", 40_000));
const sipTls = leg("sip", flow("tls", "10.0.0.9", 5061));

function state(legs: Legs, tag = "a"): DialogState {
	const invite = request(
		"INVITE sip:5001@172.21.83.50 SIP/2.0",
		"Via: SIP/2.0/UDP 172.21.83.70;branch=z9hG4bKa1",
		`From: <sip:6000@172.21.83.70>${tag === "" ? "" : `;tag=${tag}`}`,
		"To: <sip:5001@172.21.83.50>",
		"Call-ID: c1",
		"CSeq: 1 INVITE",
	);
	const flows = { callerFlow: legs.caller.flow, calleeFlow: legs.callee.flow };
	return newDialog(invite, legs, flows, 0x1234, signing);
}

const call = (caller: Leg, callee: Leg): Legs => ({ caller, callee, toward: "callee" });
/** A value with its cookie cut out. */
const readable = (value: string) => value.replace(/x5=[\w-]+/, "x5=C");
const uriOf = (value: string) => value.slice(1, -1);

function entries(caller: Leg, callee: Leg): readonly string[] {
	const legs = call(caller, callee);
	return recordRoute(legs, state(legs)).values.map(readable);
}

test("SS 3.5 RFC 3261 §16.7 step 8: schemes differ: one entry for the callee, another for the caller", () => {
	const legs = call(tls, udp);
	const dialog = state(legs);
	const { values, lifted } = recordRoute(legs, dialog);
	assert.ok(lifted);
	assert.deepEqual(values.map(readable), ["<sip:172.21.83.50:5060;lr;x5=C;ftag=a>"]);
	assert.equal(readable(liftedUri(legs, dialog)), "sips:172.21.83.50:5314;lr;x5=C;ftag=a");
});

test("G2 SIPS-12 PX-32: a sips callee gets a sips entry without a transport parameter", () => {
	assert.deepEqual(entries(udp, tls), ["<sips:172.21.83.50:5314;lr;x5=C;ftag=a>"]);
});

test("PX-33 RFC 5658 §5: schemes equal, transport differs: two entries, the output side on top", () => {
	assert.deepEqual(entries(udp, tcp), [
		"<sip:172.21.83.50:5060;transport=tcp;r2=on;lr;x5=C;ftag=a>",
		"<sip:172.21.83.50:5060;r2=on;lr;x5=C;ftag=a>",
	]);
});

test("PX-29: everything equal: one entry, and nothing to do in responses", () => {
	const legs = call(udp, leg("sip", flow("udp", "172.21.83.61", 5060)));
	const { values, lifted } = recordRoute(legs, state(legs));
	assert.ok(!lifted);
	assert.deepEqual(values.map(readable), ["<sip:172.21.83.50:5060;lr;x5=C;ftag=a>"]);
});

test("RFC 5630 §5.3 TR-41 G21 SIPS-10: sip over TLS has no transport=tls, except with tls-marker", () => {
	assert.deepEqual(entries(tls, sipTls), ["<sip:172.21.83.50:5314;lr;x5=C;ftag=a>"]);
	const marked = leg("sip", sipTls.flow, { tlsMarker: "transport" });
	assert.deepEqual(entries(tls, marked), ["<sip:172.21.83.50:5314;transport=tls;lr;x5=C;ftag=a>"]);
	assert.doesNotMatch(
		entries(udp, leg("sips", tls.flow, { tlsMarker: "transport" })).join(),
		/tls/,
	);
});

test("RFC 7118 §5.5: a WebSocket leg is marked transport=ws, also under sips", () => {
	const wss = flow("wss", "10.0.0.7", 50_000);
	assert.deepEqual(entries(udp, leg("sips", wss)), [
		"<sips:172.21.83.50:8443;transport=ws;lr;x5=C;ftag=a>",
	]);
	assert.match(
		entries(udp, leg("sip", wss))[0] ?? "",
		/^<sip:172.21.83.50:8443;transport=ws;r2=on/,
	);
});

/** Reads the route set that one side of a call would send. */
function read(
	routes: readonly string[],
	of: Partial<DialogOf> = {},
	by = signing,
): OwnRoute | undefined {
	const said: DialogOf = { callId: "c1", fromTag: "a", toTag: "b", ...of };
	const [top = "", second] = routes.map(uriOf);
	return readOwnRoute(top, second, said, ours, by);
}

const fromCallee = { fromTag: "b", toTag: "a" };

test("SS 3.4 PX-13: our entry gives the cookie, the direction and how many Route values are ours", () => {
	const legs = call(tls, udp);
	const dialog = state(legs);
	const forCallee = recordRoute(legs, dialog).values;
	const forCaller = [`<${liftedUri(legs, dialog)}>`];
	const bye = read(forCallee, fromCallee);
	assert.ok(bye?.kind === "dialog");
	assert.equal(bye.from, "callee");
	assert.equal(bye.entries, 1);
	assert.equal(bye.cookie.caller, "sips");
	assert.deepEqual(bye.dialog, { callId: "c1", tag: "a" });
	assert.deepEqual(bye.cookie.callerFlow, { ...tls.flow, stale: false });
	const ack = read(forCaller);
	assert.ok(ack?.kind === "dialog" && ack.from === "caller");
});

test("PX-13 RFC 5658 §5: both entries of a pair are ours at once, from either side", () => {
	const legs = call(udp, tcp);
	const { values } = recordRoute(legs, state(legs));
	assert.equal(read(values, fromCallee)?.entries, 2);
	assert.equal(read(values.toReversed())?.entries, 2);
	assert.equal(read(values.slice(0, 1))?.entries, 1);
	const [top = ""] = values;
	assert.equal(read([top, "<sip:peer;lr;r2=on>"])?.entries, 1);
});

test("PX-15 SS 3.4: an entry of ours with a changed, missing, foreign or retired signature is 403", () => {
	const legs = call(tls, udp);
	const dialog = state(legs);
	const { values, cookieText } = recordRoute(legs, dialog);
	const refused = { code: "LEG_ROUTE", status: 403 };
	const changed = values.map((value) =>
		value.replace(/x5=(.)/, (_, c) => `x5=${c === "A" ? "B" : "A"}`),
	);
	assert.throws(() => read(changed, fromCallee), refused);
	assert.throws(() => read(changed, { fromTag: "b", toTag: undefined }), refused);
	assert.throws(() => read(["<sip:172.21.83.50:5060;lr>"], fromCallee), refused);
	assert.throws(() => read(["<sip:172.21.83.50:5060;lr;x5>"], fromCallee), refused);
	assert.throws(() => read(values, { ...fromCallee, callId: "c2" }), refused);
	assert.throws(() => read(values.map((value) => value.replace("ftag=a", "ftag=x"))), refused);
	assert.throws(() => read(values, fromCallee, signingWith([5])), refused);
	assert.throws(() => read([`<sip:172.21.83.50:5060;lr;x5=${cookieText}>`], fromCallee), refused);
});

test("PX-15 secure-signaling 5.9-9: the second entry of a pair with a changed signature is 403", () => {
	const { values } = recordRoute(call(udp, tcp), state(call(udp, tcp)));
	const [top = "", second = ""] = values;
	const changed = second.replace(/x5=(.)/, (_, c) => `x5=${c === "A" ? "B" : "A"}`);
	assert.throws(() => read([top, changed], fromCallee), { code: "LEG_ROUTE" });
	assert.throws(() => read([top, second.replace(/;x5=[^;]*/, "")], fromCallee), {
		code: "LEG_ROUTE",
	});
});

test("SS 3.4: neither tag is the caller's: 403; a copy of one side sent by the other: 403", () => {
	const legs = call(tls, udp);
	const { values } = recordRoute(legs, state(legs));
	const refused = { code: "LEG_ROUTE" };
	assert.throws(() => read(values, { fromTag: "x", toTag: "y" }), refused);
	assert.throws(() => read(values, { fromTag: "a", toTag: "b" }), refused);
	assert.throws(() => read([`<${liftedUri(legs, state(legs))}>`], fromCallee), refused);
});

test("PX-15: a Route to us without a cookie in a request without To tag is a preloaded outbound proxy", () => {
	const route = read(["<sip:172.21.83.50;lr>"], { toTag: undefined });
	assert.equal(route?.kind, "preloaded");
	assert.equal(route?.entries, 1);
});

test("PX-13: a foreign top Route is not ours, whatever parameters it has", () => {
	assert.equal(read(["<sip:proxy.example.com;lr>"]), undefined);
	assert.equal(read(["<sip:proxy.example.com;lr;x5=AAAA;ftag=a>"]), undefined);
	assert.equal(read(["<tel:+1>"]), undefined);
});

test("secure-signaling E17 §3.4: a node with the same keys reads the entry of another, under its own name", () => {
	const legs = call(tls, udp);
	const { values } = recordRoute(legs, state(legs));
	const elsewhere = values.map((value) => value.replace("172.21.83.50", "node1.example.com"));
	assert.equal(read(elsewhere, fromCallee)?.kind, "dialog");
});

test("MSG-16: tags match without case, and characters that no URI may hold are escaped", () => {
	const legs = call(udp, tls);
	const { values } = recordRoute(legs, state(legs, "A%`x"));
	assert.match(values[0] ?? "", /;ftag=A%25%60x>$/);
	assert.equal(read(values, { fromTag: "b", toTag: "a%`X" })?.kind, "dialog");
});

test("RFC 2543: a caller without a tag is recognised by having none", () => {
	const legs = call(udp, leg("sip", flow("udp", "172.21.83.61", 5060)));
	const { values } = recordRoute(legs, state(legs, ""));
	const ack = read(values, { fromTag: undefined, toTag: "b" });
	assert.ok(ack?.kind === "dialog" && ack.from === "caller");
	const bye = read(values, { fromTag: "b", toTag: undefined });
	assert.ok(bye?.kind === "dialog" && bye.from === "callee");
});

test("OT-08: an entry written in the other direction is for the caller", () => {
	const legs: Legs = { caller: tls, callee: udp, toward: "caller" };
	const { values } = recordRoute(legs, state(legs));
	assert.deepEqual(values.map(readable), ["<sips:172.21.83.50:5314;lr;x5=C;ftag=a>"]);
	const route = read(values);
	assert.ok(route?.kind === "dialog" && route.from === "caller");
});
