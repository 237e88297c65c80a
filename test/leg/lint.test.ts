/** The rules of a leg, each broken by hand in a message that kept them all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DialogState } from "../../core/leg/cookie.ts";
import type { Leg } from "../../core/leg/leg.ts";
import { type LintedWay, lintRequest, lintResponse } from "../../core/leg/lint.ts";
import type { LegRuleName } from "../../core/leg/lint-rules.ts";
import { recordRoute } from "../../core/leg/record-route.ts";
import type { SecureSignaling } from "../../core/leg/secure-signaling.ts";
import { answer, type Passed, pass, passInDialog } from "./call.ts";
import { flow, leg, message, request, response, values } from "./fixtures.ts";

const onUdp = flow("udp", "172.21.83.60", 5060);
const onTls = flow("tls", "172.21.83.24", 40_000);

/** `sips` calls `sip`, or the other way. */
function call(callee: "sip" | "sips", settings: Partial<SecureSignaling> = {}): Passed {
	const [a, b]: [Leg, Leg] =
		callee === "sip"
			? [leg("sips", onTls, settings), leg("sip", onUdp, settings)]
			: [leg("sip", onUdp, settings), leg("sips", onTls, settings)];
	const own = a.scheme;
	const text = message(
		`INVITE ${own}:5000@172.21.83.50 SIP/2.0`,
		`Via: SIP/2.0/${callee === "sip" ? "UDP" : "TLS"} 172.21.83.50:5060;branch=z9hG4bK1`,
		`From: <${own}:7789@172.21.83.24>;tag=a`,
		`To: <${own}:5000@172.21.83.50>`,
		"Call-ID: c",
		"CSeq: 1 INVITE",
		"Max-Forwards: 70",
		`Contact: <${own}:7789@172.21.83.24>`,
		`P-Asserted-Identity: <${own}:7789@172.21.83.24>`,
	);
	return pass(text, a, b, `${b.scheme}:5000@172.21.83.60`);
}

const wayOf = ({ legs, state, entries }: Passed): LintedWay => ({
	...{ legs, state },
	recordRouted: entries !== undefined,
});

const named = (found: readonly { rule: LegRuleName }[]) => found.map(({ rule }) => rule);

/** The rules that the request breaks once `from` is replaced by `to` in it. */
function broken(passed: Passed, from: string | RegExp, to: string, over = onUdp, strict = false) {
	const changed = passed.text.replace(from, to);
	assert.notEqual(changed, passed.text);
	return named(lintRequest(request(...lines(changed)), over, strict, wayOf(passed)));
}

function brokenAnswer(passed: Passed, status: number, from: string | RegExp, to: string) {
	const came = answer(passed, status, "b", "Contact: <sip:5000@172.21.83.60>");
	const changed = came.text.replace(from, to);
	assert.notEqual(changed, came.text);
	return named(lintResponse(response(...lines(changed)), passed.received, wayOf(passed)));
}

const lines = (text: string) => text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n");

test("RFC 3261 §12.1.1: what the engine writes breaks no rule, in either direction", () => {
	for (const passed of [call("sip"), call("sips")]) {
		const { flow: over } = passed.legs.callee;
		assert.ok(over);
		assert.deepEqual(lintRequest(passed.message, over, false, wayOf(passed)), []);
		const came = answer(passed, 200, "b", "Contact: <sip:5000@172.21.83.60>");
		assert.deepEqual(lintResponse(came, passed.received, wayOf(passed)), []);
	}
});

test("secure-signaling G2: a violation says which header and which value", () => {
	const passed = call("sip");
	const changed = request(...lines(passed.text.replace("Contact: <sip:", "Contact: <sips:")));
	assert.deepEqual(lintRequest(changed, onUdp, false, wayOf(passed)), [
		{ rule: "contact", header: "Contact", value: "sips:7789@172.21.83.24" },
	]);
});

test("secure-signaling G2 G7, RFC 5630 §5.3: each of the four places has the scheme of the leg", () => {
	const passed = call("sip");
	assert.deepEqual(broken(passed, "From: <sip:", "From: <sips:"), ["from"]);
	assert.deepEqual(broken(passed, "To: <sip:", "To: <SIPS:"), ["to"]);
	assert.deepEqual(broken(passed, "Contact: <sip:", "Contact: <tel:1>, <sips:"), ["contact"]);
	assert.deepEqual(broken(passed, "INVITE sip:", "INVITE sips:", onTls), ["request-uri", "via"]);
	assert.deepEqual(broken(passed, "INVITE sip:", "INVITE sips:", onUdp, true), ["clear-text"]);
});

test("secure-signaling G7: other URIs, `*` and Contacts from 300 on are no part of a leg", () => {
	const passed = call("sip");
	assert.deepEqual(broken(passed, /From: <[^>]*>/, "From: <tel:+1>"), []);
	assert.deepEqual(broken(passed, /Contact: <[^>]*>/, "Contact: *"), []);
	assert.deepEqual(broken(passed, /Contact: <[^>]*>/, "Contact: <"), []);
	assert.deepEqual(brokenAnswer(passed, 302, "Because", "Moved"), []);
	assert.deepEqual(brokenAnswer(passed, 180, "Contact: <sips:", "Contact: <sip:"), ["contact"]);
});

test("RFC 3261 §8.2.6.2: a response has From and To in the scheme of its request", () => {
	const passed = call("sip");
	const rules = ["answered-identity"];
	assert.deepEqual(brokenAnswer(passed, 486, "From: <sips:", "From: <sip:"), rules);
	assert.deepEqual(brokenAnswer(passed, 486, "To: <sips:", "To: <sip:"), rules);
});

test("secure-signaling G7: toward the caller From and To are as it wrote them, whatever its leg", () => {
	const dialog = call("sip");
	const [a, b] = [dialog.legs.caller, dialog.legs.callee];
	const bye = message(
		"BYE sip:7789@172.21.83.24 SIP/2.0",
		"Via: SIP/2.0/TLS 172.21.83.50:5314;branch=z9hG4bK2",
		`Route: ${values(dialog.text, "Record-Route")[0]}`,
		"From: <sip:5000@172.21.83.50>;tag=b",
		"To: <sip:7789@172.21.83.24>;tag=a",
		"Call-ID: c",
		"CSeq: 1 BYE",
	);
	const passed = passInDialog(bye, (side) => (side === "caller" ? a : b));
	assert.deepEqual(lintRequest(passed.message, onTls, false, wayOf(passed)), []);
	assert.deepEqual(broken(passed, "From: <sips:", "From: <SIPS:", onTls), ["from"]);
	assert.deepEqual(broken(passed, "To: <sips:", "To: <sip:", onTls), ["to"]);
	const route = values(dialog.text, "Record-Route")[0];
	assert.deepEqual(broken(passed, "From: ", `Route: ${route}\r\nFrom: `, onTls), ["own-route"]);
});

test("RFC 3261 §16.6, §16.7: our Record-Route has the scheme of the leg that sees it", () => {
	const down = call("sip");
	assert.deepEqual(broken(down, "Record-Route: <sip:", "Record-Route: <sips:"), ["record-route"]);
	const rules = ["secure-dialog", "record-route"];
	assert.deepEqual(brokenAnswer(down, 200, /Route: <sips:([^x]*)x5=[^;]*/, own(down)), rules);
	const up = call("sips");
	assert.deepEqual(broken(up, "Record-Route: <sips:", "Record-Route: <sip:", onTls), rules);
	assert.deepEqual(
		broken(up, "Record-Route: <", "Record-Route: <sip:192.0.2.1;lr>, <", onTls),
		[],
		"another proxy's entry is its own",
	);
});

/** The entry of the callee's side, not written again for the caller. */
function own(passed: Passed): string {
	const x5 = /x5=[^;]*/.exec(passed.text)?.[0] ?? "";
	return `Route: <sip:$1${x5}`;
}

test("RFC 3261 §12.1.1: a sips leg is shown a sips Contact in INVITE and UPDATE, and in their 2xx", () => {
	const rules = ["contact", "secure-dialog"];
	assert.deepEqual(broken(call("sips"), "Contact: <sips:", "Contact: <sip:", onTls), rules);
	assert.deepEqual(brokenAnswer(call("sip"), 200, "Contact: <sips:", "Contact: <sip:"), rules);
});

test("RFC 5630 §5.3, RFC 5658 §6.2: no sips entry of ours says transport=tls, and none says udp (RFC 3261 §26.2.2)", () => {
	const passed = call("sips");
	const rule = (name: string) => broken(passed, ";lr;x5", `;transport=${name};lr;x5`, onTls);
	assert.deepEqual(rule("TLS"), ["tls-parameter"]);
	assert.deepEqual(rule("udp"), ["sips-over-udp"]);
	assert.deepEqual(rule("tcp"), []);
	const contact = "Contact: <sips:a@h;transport=UDP>";
	assert.deepEqual(broken(passed, /Contact: <.*>/, contact, onTls), ["sips-over-udp"]);
	const uri = "sips:5000@172.21.83.60;transport=udp";
	assert.deepEqual(broken(passed, "sips:5000@172.21.83.60", uri, onTls), ["sips-over-udp"]);
});

test("RFC 3261 §26.2.2: nothing sips goes out in clear, and the Via says how it goes (§18.1.1)", () => {
	const passed = call("sips");
	assert.deepEqual(broken(passed, "70", "69", onUdp), ["clear-text", "via"]);
	const route = "Route: <sips:edge.example.com;lr>\r\nTo: ";
	assert.deepEqual(broken(call("sip"), "To: ", route), ["clear-text"]);
	assert.deepEqual(broken(call("sip"), "SIP/2.0/UDP", "SIP/2.0/TCP"), ["via"]);
});

test("secure-signaling G2: listed headers have the scheme of the leg", () => {
	const passed = call("sip", { headers: ["P-Asserted-Identity"] });
	const rules = ["listed-header"];
	assert.deepEqual(broken(passed, "Identity: <sip:", "Identity: <sips:"), rules);
	assert.deepEqual(
		brokenAnswer(passed, 200, "To: ", "P-Asserted-Identity: <sip:a>\r\nTo: "),
		rules,
	);
});

test("secure-signaling G7: where policy forbids rewriting, From, To and Contact are the peers' own", () => {
	const strict = leg("sip", onUdp, { policy: "rfc5630" });
	const passed = pass(call("sip").received.text, strict, strict, "sip:5000@172.21.83.60");
	const changed = request(...lines(passed.text));
	assert.match(changed.text, /From: <sips:/);
	assert.deepEqual(named(lintRequest(changed, onUdp, false, wayOf(passed))), []);
});

test("secure-signaling G10: an anchored device sees our own address in every Contact of a dialog", () => {
	const passed = call("sip", { contact: "anchor" });
	assert.deepEqual(broken(passed, "Contact: <sip:7789@172.21.83.50", "Contact: <sip:7789@h"), [
		"anchor",
	]);
	const rules = ["anchor"];
	assert.deepEqual(brokenAnswer(passed, 180, "@172.21.83.50:5314", "@172.21.83.50:5315"), rules);
	const long = `Contact: <sip:${"a".repeat(2_000)}@h>`;
	assert.deepEqual(broken(passed, /Contact: <.*>/, long), [], "it could not ride in ours");
	assert.deepEqual(broken(passed, /Contact: <.*>/, "Contact: <tel:+1>"), []);
});

test("secure-signaling G10: with record-route: no a device sees no entry of ours", () => {
	const settings = { contact: "anchor", recordRoute: false } as const;
	const passed = call("sip", settings);
	assert.doesNotMatch(passed.text, /Record-Route/);
	const entry = recordRoute(passed.legs, withoutHidden(passed.state)).values[0];
	const rules = ["unrecorded"];
	assert.deepEqual(broken(passed, "From: ", `Record-Route: ${entry}\r\nFrom: `), rules);
	assert.deepEqual(brokenAnswer(passed, 183, "From: ", `Record-Route: ${entry}\r\nFrom: `), [
		...["unrecorded", "record-route"],
	]);
	const others = `Record-Route: ${entry}, <sip:192.0.2.1>\r\nFrom: `;
	assert.deepEqual(broken(passed, "From: ", others), [], "a strict router has to be seen");
});

function withoutHidden({ cookie, ...state }: DialogState): DialogState {
	const { hidden: _, ...plain } = cookie;
	return { ...state, cookie: plain };
}
