/** Messages on their way from one leg to the other: the worked traces of a sips and a sip side. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { applyRequest, restoreResponse } from "../../core/leg/apply-leg.ts";
import type { Leg, Legs, Side } from "../../core/leg/leg.ts";
import { newDialog } from "../../core/leg/new-dialog.ts";
import { Patch } from "../../core/message/patch.ts";
import { answer, type Passed, pass, passInDialog, uas } from "./call.ts";
import { flow, leg, message, request, response, signing, signingWith, values } from "./fixtures.ts";

const INVITE = readFileSync("test/fixtures/secure-sip-signaling/invite.sip", "latin1");
const TAG = "74cc50-185315ac-13c4-55013-38-2147ec74-38";

const phone = leg("sips", flow("tls", "172.21.83.24", 40_000));
const d2 = leg("sip", flow("udp", "172.21.83.60", 5060));
const w1 = (): Passed => pass(INVITE, phone, d2, "sip:5000@172.21.83.60:5060");
const legOn = (side: Side): Leg => (side === "caller" ? phone : d2);

const value = (text: string, name: string) => values(text, name)[0];
const readable = (text = "") => text.replace(/x5=[\w-]+/, "x5=C").replace(/x5c=[\w-]+/, "x5c=E");
const contact = (uri: string) => `Contact: <${uri}>`;

/** A request of D2 inside the dialog of W1. */
function fromD2({ text }: Passed, method: string, uri: string, ...more: string[]): string {
	return message(
		`${method} ${uri} SIP/2.0`,
		"Via: SIP/2.0/UDP 172.21.83.60:5060;branch=z9hG4bKd2",
		`Route: ${value(text, "Record-Route")}`,
		"From: <sip:5000@172.21.83.50:5314>;tag=b",
		`To: "7789"<sip:7789@172.21.83.24>;tag=${TAG}`,
		"Call-ID: 75b148-185315ac-13c4-55013-38-4004bd76-38",
		`CSeq: 1 ${method}`,
		...more,
	);
}

/** A request of D1 inside the dialog of W1, with the route set it learnt from the 200. */
function fromD1(route: string | undefined, method: string, uri: string, ...more: string[]): string {
	return message(
		`${method} ${uri} SIP/2.0`,
		"Via: SIP/2.0/TLS 172.21.83.24:5061;branch=z9hG4bKd1",
		`Route: ${route}`,
		`From: "7789"<sips:7789@172.21.83.24>;tag=${TAG}`,
		"To: <sips:5000@172.21.83.50:5314>;tag=b",
		"Call-ID: 75b148-185315ac-13c4-55013-38-4004bd76-38",
		`CSeq: 2 ${method}`,
		...more,
	);
}

test("secure-signaling G9b W1: a sips INVITE reaches a sip phone in sip, in all four places, everything else as it was", () => {
	const { text, received } = w1();
	assert.match(text, /^INVITE sip:5000@172\.21\.83\.60:5060 SIP\/2\.0\r\n/);
	assert.equal(value(text, "From"), `"7789"<sip:7789@172.21.83.24>;tag=${TAG}`);
	assert.equal(value(text, "To"), "<sip:5000@172.21.83.50:5314>");
	assert.equal(value(text, "Contact"), "<sip:7789@172.21.83.24:5061;transport=TCP>");
	assert.equal(
		readable(value(text, "Record-Route")),
		`<sip:172.21.83.50:5060;lr;x5=C;ftag=${TAG}>`,
	);
	const kept = (whole: string) =>
		whole
			.split("\r\n")
			.slice(1)
			.filter((line) => !/^(From|To|Contact|Record-Route):/.test(line));
	assert.deepEqual(kept(text), kept(received.text));
});

test("secure-signaling G4a G10b W1: the 200 brings the caller its own From and To, a sips Contact and a sips Record-Route", () => {
	const ok = answer(w1(), 200, "b", contact("sip:5000@172.21.83.60:5060"), "User-Agent: x").text;
	assert.equal(value(ok, "From"), `"7789"<sips:7789@172.21.83.24>;tag=${TAG}`);
	assert.equal(value(ok, "To"), "<sips:5000@172.21.83.50:5314>;tag=b");
	assert.equal(value(ok, "Contact"), "<sips:5000@172.21.83.60:5060>");
	assert.equal(readable(value(ok, "Record-Route")), `<sips:172.21.83.50:5314;lr;x5=C;ftag=${TAG}>`);
	assert.equal(value(ok, "User-Agent"), "x");
});

test("secure-signaling G4b W1: so does a 180; a 486 gets From and To back, a 302 keeps its Contact", () => {
	const ringing = answer(w1(), 180, "b", contact("sip:5000@172.21.83.60:5060")).text;
	assert.equal(value(ringing, "Contact"), "<sips:5000@172.21.83.60:5060>");
	assert.match(value(ringing, "Record-Route") ?? "", /^<sips:/);
	const busy = answer(w1(), 486, "b").text;
	assert.equal(value(busy, "To"), "<sips:5000@172.21.83.50:5314>;tag=b");
	assert.equal(values(busy, "Contact").length, 0);
	const moved = answer(w1(), 302, "b", contact("sip:5000@elsewhere")).text;
	assert.equal(value(moved, "Contact"), "<sip:5000@elsewhere>");
});

test("secure-signaling 5.9-8: the same response gives the same bytes each time it is sent again", () => {
	const first = w1();
	const twice = [1, 2].map(
		() => answer(first, 200, "b", contact("sip:5000@172.21.83.60:5060")).text,
	);
	assert.equal(twice[0], twice[1]);
});

test("secure-signaling W1: ACK and re-INVITE cross in both directions, each side in its scheme, From and To constant", () => {
	const invite = w1();
	const ok = answer(invite, 200, "b", contact("sip:5000@172.21.83.60:5060"));
	const ack = passInDialog(
		fromD1(value(ok.text, "Record-Route"), "ACK", "sips:5000@172.21.83.60:5060"),
		legOn,
	);
	assert.equal(ack.message.uri, "sip:5000@172.21.83.60:5060");
	assert.equal(values(ack.text, "Route").length, 0);
	assert.equal(value(ack.text, "From"), `"7789"<sip:7789@172.21.83.24>;tag=${TAG}`);

	const again = fromD2(
		invite,
		"INVITE",
		"sip:7789@172.21.83.24:5061;transport=TCP",
		contact("sip:5000@172.21.83.60:5060"),
	);
	const reinvite = passInDialog(again, legOn);
	assert.equal(reinvite.message.uri, "sips:7789@172.21.83.24:5061;transport=TCP");
	assert.equal(value(reinvite.text, "From"), "<sips:5000@172.21.83.50:5314>;tag=b");
	assert.equal(value(reinvite.text, "To"), `"7789"<sips:7789@172.21.83.24>;tag=${TAG}`);
	assert.equal(value(reinvite.text, "Contact"), "<sips:5000@172.21.83.60:5060>");

	const back = answer(reinvite, 200, "", contact("sips:7789@172.21.83.24:5061;transport=TCP"));
	assert.equal(value(back.text, "From"), "<sip:5000@172.21.83.50:5314>;tag=b");
	assert.equal(value(back.text, "Contact"), "<sip:7789@172.21.83.24:5061;transport=TCP>");
});

test("secure-signaling 5.9-8 OT-24: a fresh process with the same keys makes the same bytes of a BYE", () => {
	const invite = w1();
	const bye = fromD2(invite, "BYE", "sip:7789@172.21.83.24:5061;transport=TCP");
	const before = passInDialog(bye, legOn);
	const after = passInDialog(bye, legOn, signingWith([3], 0x4444));
	assert.equal(after.text, before.text);
});

test("secure-signaling W7: a refresh that fails changes nothing: the old target works until the new one is accepted", () => {
	const invite = w1();
	const ok = answer(invite, 200, "b", contact("sip:5000@172.21.83.60:5060"));
	const route = value(ok.text, "Record-Route");
	const moved = leg("sip", flow("udp", "172.21.83.61", 5060));
	const refresh = fromD2(
		invite,
		"INVITE",
		"sip:7789@172.21.83.24:5061;transport=TCP",
		contact("sip:5000@172.21.83.61:5060;transport=udp"),
	);
	const shown = passInDialog(refresh, (side) => (side === "caller" ? phone : moved)).text;
	const target = (value(shown, "Contact") ?? "").slice(1, -1);
	assert.equal(readable(target), "sips:5000@172.21.83.61:5060;x5c=E");
	const old = passInDialog(fromD1(route, "BYE", "sips:5000@172.21.83.60:5060"), legOn);
	assert.equal(old.message.uri, "sip:5000@172.21.83.60:5060");
	const fresh = passInDialog(fromD1(route, "BYE", target), legOn);
	assert.equal(fresh.message.uri, "sip:5000@172.21.83.61:5060;transport=udp");
});

const ANN = message(
	"INVITE sip:5001@172.21.83.50 SIP/2.0",
	"Via: SIP/2.0/UDP 172.21.83.70:5060;branch=z9hG4bKa1",
	'f: "Ann" <sip:6000@172.21.83.70>;tag=a',
	"t: <sip:5001@172.21.83.50>",
	"i: c3",
	"CSeq: 1 INVITE",
	"m: <sip:6000@172.21.83.70:5060;transport=udp>;expires=60, <mailto:ann@h>",
);
const ann = leg("sip", flow("udp", "172.21.83.70", 5060));
const d3 = leg("sips", flow("tls", "192.168.8.57", 5061));

test("secure-signaling W3b: a sip INVITE in compact form reaches a sips device; what its Contact lost comes back", () => {
	const { text } = pass(ANN, ann, d3, "sips:5001@192.168.8.57;transport=tcp");
	assert.equal(value(text, "f"), '"Ann" <sips:6000@172.21.83.70>;tag=a');
	assert.equal(value(text, "t"), "<sips:5001@172.21.83.50>");
	assert.equal(
		readable(value(text, "m")),
		"<sips:6000@172.21.83.70:5060;x5c=E>;expires=60, <mailto:ann@h>",
	);
	const target = /<(sips:[^>]*)>/.exec(value(text, "m") ?? "")?.[1] ?? "";
	const bye = (uri: string) =>
		passInDialog(
			message(
				`BYE ${uri} SIP/2.0`,
				"Via: SIP/2.0/TLS 192.168.8.57;branch=z9hG4bKd3",
				`Route: ${value(text, "Record-Route")}`,
				"From: <sips:5001@172.21.83.50>;tag=d",
				'To: "Ann" <sips:6000@172.21.83.70>;tag=a',
				"Call-ID: c3",
				"CSeq: 1 BYE",
			),
			(side) => (side === "caller" ? ann : d3),
		);
	assert.equal(bye(target).message.uri, "sip:6000@172.21.83.70:5060;transport=udp");
	assert.equal(bye("sips:6000@172.21.83.70:5060").message.uri, "sip:6000@172.21.83.70:5060");
	assert.equal(value(bye(target).text, "From"), "<sip:5001@172.21.83.50>;tag=d");
	assert.equal(value(bye(target).text, "To"), '"Ann" <sip:6000@172.21.83.70>;tag=a');
});

/** What core/leg does to one request between two legs. */
function applied(text: string, legs: Legs): string {
	const received = request(...text.split("\r\n").slice(0, -2));
	const flows = { callerFlow: legs.caller.flow, calleeFlow: legs.callee.flow };
	const patch = new Patch(received);
	applyRequest(patch, received, legs, newDialog(received, legs, flows, 1, signing));
	return patch.text();
}

test("PX-26 MSG-46: between equal legs a request and its response leave byte for byte", () => {
	const other = leg("sip", flow("udp", "172.21.83.71", 5060));
	assert.equal(applied(ANN, { caller: ann, callee: other, toward: "callee" }), ANN);
	const passed = pass(ANN, ann, other, "sip:5001@172.21.83.71");
	const ok = uas(passed, 200, "b", contact("sip:5001@172.21.83.71"));
	const patch = new Patch(ok);
	restoreResponse(patch, ok, passed.received, passed.legs, passed.state, passed.entries);
	assert.equal(patch.text(), ok.text);
});

test("RFC 5630 §5.3, secure-signaling W6 SIPS-02 SIPS-15: with policy rfc5630 on one side nothing is rewritten", () => {
	const strict = leg("sip", d3.flow, { policy: "rfc5630", headers: ["p-asserted-identity"] });
	const inSips = ANN.replace('"Ann" <sip:', '"Ann" <sips:');
	const plain = leg("sip", d3.flow);
	assert.equal(applied(inSips, { caller: ann, callee: strict, toward: "callee" }), inSips);
	assert.equal(
		applied(inSips, { caller: { ...ann, policy: strict.policy }, callee: plain, toward: "callee" }),
		inSips,
	);
	assert.notEqual(applied(inSips, { caller: ann, callee: plain, toward: "callee" }), inSips);
});

test("secure-signaling W6 SIPS-02: nor in its responses, and a REGISTER's response keeps its Contacts everywhere", () => {
	const strict = leg("sip", d3.flow, { policy: "rfc5630" });
	const refused = answer(pass(ANN, ann, strict, "sip:5001@h"), 200, "d", contact("sips:5001@h"));
	assert.equal(value(refused.text, "Contact"), "<sips:5001@h>");
	const register = pass(ANN.replaceAll("INVITE", "REGISTER"), ann, d3, "sips:h");
	const bound = answer(register, 200, "d", contact("sips:5001@h"));
	assert.equal(value(bound.text, "Contact"), "<sips:5001@h>");
});

test("secure-signaling E16: the phone has reconnected: its new flow rides in the Contact of its re-INVITE", () => {
	const invite = w1();
	const ok = answer(invite, 200, "b", contact("sip:5000@172.21.83.60:5060"));
	const reconnected = leg("sips", flow("tls", "172.21.83.24", 40_999, 8));
	const text = fromD1(
		value(ok.text, "Record-Route"),
		"INVITE",
		"sips:5000@172.21.83.60:5060",
		contact("sips:7789@172.21.83.24:5061;transport=TCP"),
	);
	const shown = passInDialog(text, (side) => (side === "caller" ? reconnected : d2)).text;
	assert.equal(
		readable(value(shown, "Contact")),
		"<sip:7789@172.21.83.24:5061;transport=TCP;x5c=E>",
	);
	const info = text.replaceAll("INVITE", "INFO");
	const kept = passInDialog(info, (side) => (side === "caller" ? reconnected : d2)).text;
	assert.equal(value(kept, "Contact"), "<sip:7789@172.21.83.24:5061;transport=TCP>");
});

test("RFC 4916: an identity that changed in mid-call takes the scheme of the caller's leg", () => {
	const tel = pass(
		INVITE.replace("<sips:5000@172.21.83.50:5314>", "<tel:+15000>"),
		phone,
		d2,
		"sip:5000@h",
	);
	assert.equal(value(tel.text, "To"), "<tel:+15000>");
	const bye = passInDialog(fromD2(tel, "BYE", "sip:7789@172.21.83.24"), legOn);
	assert.equal(value(bye.text, "From"), "<sips:5000@172.21.83.50:5314>;tag=b");
});

test("SS 2.3 headers, identity: further headers take the leg's scheme, a broken Identity may be dropped", () => {
	const callee = leg("sip", d2.flow, { headers: ["P-Asserted-Identity"], identity: "drop" });
	const text = INVITE.replace(
		"Max-Forwards: 70",
		'P-Asserted-Identity: "A" <sips:7789@h>, <tel:+1>\r\nIdentity: abc\r\nReply-To: <sips:7789@h>',
	);
	const out = pass(text, phone, callee, "sip:5000@h").text;
	assert.equal(value(out, "P-Asserted-Identity"), '"A" <sip:7789@h>, <tel:+1>');
	assert.equal(values(out, "Identity").length, 0);
	assert.equal(value(out, "Reply-To"), "<sips:7789@h>");
	assert.equal(values(pass(text, phone, d2, "sip:5000@h").text, "Identity").length, 1);
});

test("SS 1.1: OPTIONS, MESSAGE and REGISTER change in From and To; only outside REGISTER in Contact", () => {
	const legs: Legs = { caller: ann, callee: d3, toward: "callee" };
	for (const method of ["OPTIONS", "MESSAGE", "REGISTER"]) {
		const out = applied(ANN.replaceAll("INVITE", method), legs);
		assert.equal(value(out, "t"), "<sips:5001@172.21.83.50>");
		const shown =
			method === "REGISTER"
				? "sip:6000@172.21.83.70:5060;transport=udp"
				: "sips:6000@172.21.83.70:5060";
		assert.equal(value(out, "m"), `<${shown}>;expires=60, <mailto:ann@h>`);
	}
});

test("SS 5.3: a Contact that cannot be read is left alone, the message is not lost", () => {
	const broken = ANN.replace(/^m: .*$/m, 'm: <sip:6000@172.21.83.70\r\nP-Asserted-Identity: "');
	const callee = leg("sips", d3.flow, { headers: ["P-Asserted-Identity"] });
	const out = applied(broken, { caller: ann, callee, toward: "callee" });
	assert.equal(value(out, "m"), "<sip:6000@172.21.83.70");
	assert.equal(value(out, "t"), "<sips:5001@172.21.83.50>");
});

test("SS 3.5 SIPS-15: foreign Record-Route entries above and below ours stay as they are", () => {
	const passed = w1();
	const own = value(passed.text, "Record-Route");
	const ok = response(
		"SIP/2.0 200 OK",
		"Via: SIP/2.0/UDP 172.21.83.50;branch=z9hG4bKp",
		`Record-Route: <sip:far;lr>,${own}, <sip:near;lr>`,
		`From: ${value(passed.text, "From")}`,
		`To: ${value(passed.text, "To")};tag=b`,
		`Call-ID: ${passed.message.head.callId}`,
		"CSeq: 1 INVITE",
	);
	const patch = new Patch(ok);
	restoreResponse(patch, ok, passed.received, passed.legs, passed.state, passed.entries);
	assert.equal(
		readable(value(patch.text(), "Record-Route")),
		`<sip:far;lr>,<sips:172.21.83.50:5314;lr;x5=C;ftag=${TAG}>, <sip:near;lr>`,
	);
});
