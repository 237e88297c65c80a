/** Our own address in the place of a Contact, and the Contact that comes out of it again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Anchoring, anchorContact, openAnchor } from "../../core/leg/anchored-contact.ts";
import { readEntry } from "../../core/leg/contact-entry.ts";
import type { Cookie, DialogState, HiddenRoutes } from "../../core/leg/cookie.ts";
import type { SecureSignaling } from "../../core/leg/secure-signaling.ts";
import { seeded } from "../support/seeded.ts";
import { flow, leg, signing, signingWith } from "./fixtures.ts";

const dialog = { callId: "75b148-185315ac@host", tag: "74cc50-185315ac" };
const cookie: Cookie = {
	...{ caller: "sips", callee: "sip", from0: "sips", to0: "sips", nonce: 0xbeef },
	callerFlow: flow("tls", "172.21.83.24", 40_112, 9),
	calleeFlow: flow("udp", "172.21.83.60", 5060),
};
const state: DialogState = { cookie, dialog, signing };
const CALLER = leg("sips", flow("tls", "172.21.83.24", 40_112, 9));
const PHONE = "sip:5000@172.21.83.60:5060";

function anchoring(
	given: Partial<Anchoring> = {},
	settings: Partial<SecureSignaling> = {},
): Anchoring {
	const shownOn = given.leg ?? CALLER;
	return {
		...{ side: "caller", user: "5000", transport: undefined, state },
		...{ newFlow: undefined, alone: false, ...given },
		leg: { ...shownOn, policy: { ...shownOn.policy, ...settings } },
	};
}

const readable = (uri: string | undefined) => uri?.replace(/x5c=[\w-]{16,}/, "x5c=E");

const SHOWN: readonly (readonly [string, Partial<Anchoring>, string, Partial<SecureSignaling>?])[] =
	[
		["on a sips leg", {}, "sips:5000@172.21.83.50:5314;x5c=E"],
		[
			"with the transport that it was addressed by",
			{ transport: "transport=TCP" },
			"sips:5000@172.21.83.50:5314;transport=TCP;x5c=E",
		],
		[
			"with uri-transport: strip",
			{ transport: "transport=TCP" },
			"sips:5000@172.21.83.50:5314;x5c=E",
			{ uriTransport: "strip" },
		],
		[
			"on UDP",
			{ leg: leg("sip", flow("udp", "172.21.83.60", 5060)) },
			"sip:5000@172.21.83.50:5060;x5c=E",
		],
		[
			"on TCP",
			{ leg: leg("sip", flow("tcp", "172.21.83.60", 5060)) },
			"sip:5000@172.21.83.50:5060;transport=tcp;x5c=E",
		],
		[
			"for a trunk that is marked",
			{ leg: leg("sip", flow("tls", "172.21.83.60", 5061), { tlsMarker: "transport" }) },
			"sip:5000@172.21.83.50:5314;transport=tls;x5c=E",
		],
		[
			"on WSS",
			{ leg: leg("sips", flow("wss", "172.21.83.60", 40_000)) },
			"sips:5000@172.21.83.50:8443;transport=ws;x5c=E",
		],
		["without a user", { user: undefined }, "sips:172.21.83.50:5314;x5c=E"],
		[
			"in the user part",
			{ transport: "transport=TCP" },
			"sips:5000;x5c=E@172.21.83.50:5314;transport=TCP",
			{ contactState: "user" },
		],
	];

for (const [how, given, expected, settings] of SHOWN)
	test(`secure-signaling §3.4 6.7: anchored ${how}: ${expected}`, () => {
		const shown = anchorContact(PHONE, anchoring(given, settings)) ?? "";
		assert.equal(readable(shown), expected);
		const context = { dialog, nonce: cookie.nonce, signing };
		assert.deepEqual(readEntry(shown, "sip", context), { uri: PHONE, flow: undefined });
	});

test("secure-signaling §3.4: the Contact comes back whole, whatever it says, and a newer flow with it", () => {
	const newFlow = flow("tls", "10.0.0.9", 50_000, 12);
	for (const contact of [
		"SIP:a:pw@[2001:db8::1]:5062;ob;Transport=UDP;x=1?h=1",
		"sip:a;x5c=theirs@h;transport=tls",
		"sip:a@172.21.83.50:5314;x5c=AAAAAAAAAAAAAAAAAAAAAAAA",
	]) {
		const opened = openAnchor(
			anchorContact(contact, anchoring({ newFlow })) ?? "",
			dialog,
			signing,
		);
		assert.equal(opened?.contact, contact);
		assert.deepEqual(opened?.flow, { ...newFlow, stale: false });
		assert.equal(opened?.cookie, undefined);
	}
});

test("secure-signaling §3.4: a side without Record-Route gets the whole cookie and the routes beyond", () => {
	const hidden: HiddenRoutes = {
		...{ fromCaller: true, fromCallee: false },
		...{ toCaller: [], toCallee: ["<sip:p1.example.com;lr>", "<sip:p2.example.com;lr;x=1>"] },
	};
	const whole: DialogState = { ...state, cookie: { ...cookie, hidden } };
	const shown = anchorContact(PHONE, anchoring({ alone: true, state: whole })) ?? "";
	const opened = openAnchor(shown, dialog, signing);
	assert.deepEqual(opened?.cookie, {
		...{ ...cookie, hidden, holder: "caller" },
		callerFlow: { ...cookie.callerFlow, stale: false },
		calleeFlow: { ...cookie.calleeFlow, stale: false },
	});
	assert.equal(opened?.rest, "sips:5000@172.21.83.50:5314");
});

test("secure-signaling §3.4 5.9-9: an entry fits its dialog, its pass and its key, and no bit of it may change", () => {
	const shown = anchorContact(PHONE, anchoring()) ?? "";
	const context = { dialog, nonce: cookie.nonce, signing };
	for (const other of [
		{ ...context, dialog: { ...dialog, callId: "other" } },
		{ ...context, dialog: { ...dialog, tag: "other" } },
		{ ...context, nonce: 1 },
		{ ...context, signing: signingWith([4]) },
	])
		assert.equal(readEntry(shown, "sip", other), undefined);
	const random = seeded(7);
	const start = shown.indexOf("x5c=") + 4;
	for (let at = start; at < shown.length; at += 1) {
		const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
		const changed = random.pick([...letters].filter((letter) => letter !== shown[at]));
		const forged = shown.slice(0, at) + changed + shown.slice(at + 1);
		assert.equal(openAnchor(forged, dialog, signing), undefined, forged);
	}
});

test("MSG-39 secure-signaling §3.4: what would not fit into a URI is not anchored", () => {
	assert.equal(anchorContact(`sip:${"a".repeat(1100)}@h`, anchoring()), undefined);
	assert.equal(anchorContact("tel:+15551234", anchoring()), undefined);
	const long = anchorContact(PHONE, anchoring({ user: "5".repeat(2000) })) ?? "";
	assert.equal(readable(long), "sips:172.21.83.50:5314;x5c=E", "better without its user");
});
