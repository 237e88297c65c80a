/** One side's Contact as the other side sees it, and the Request-URI that comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flow } from "../../core/base/flow.ts";
import type { Scheme } from "../../core/base/scheme.ts";
import {
	type EntryContext,
	openRequestUri,
	type Showing,
	showContact,
} from "../../core/leg/contact-entry.ts";
import { DEFAULTS, type SecureSignaling } from "../../core/leg/secure-signaling.ts";
import { flow, signing, signingWith } from "./fixtures.ts";

const dialog = { callId: "c1", tag: "a" };
const context: EntryContext = { dialog, nonce: 0x0102, signing };

function showing(
	own: Scheme,
	scheme: Scheme,
	settings: Partial<SecureSignaling> = {},
	newFlow: Flow | undefined = undefined,
	pass: EntryContext | undefined = context,
): Showing {
	return { own, scheme, policy: { ...DEFAULTS, ...settings }, newFlow, context: pass };
}

/** `x5c=…` with its entry cut out, so that a row can be read. */
const readable = (uri: string) => uri.replaceAll(/x5c=[A-Za-z0-9_-]{16,}/g, "x5c=E");

type Row = readonly [
	own: Scheme,
	contact: string,
	shown: string,
	settings?: Partial<SecureSignaling>,
];

const ROUND_TRIPS: readonly Row[] = [
	["sip", "sip:6000@172.21.83.70:5060", "sips:6000@172.21.83.70:5060"],
	["sip", "sip:6000@172.21.83.70:5060;transport=udp", "sips:6000@172.21.83.70:5060;x5c=E"],
	["sip", "sip:a@h;ob;Transport=UDP;x=1?h=1", "sips:a@h;ob;x=1;x5c=E?h=1"],
	["sip", "SIP:a@h", "sips:a@h;x5c=E"],
	["sip", "sip:b@h;transport=tcp", "sips:b@h;x5c=E", { uriTransport: "strip" }],
	["sip", "sip:b@h;transport=tls;ob", "sips:b@h;ob;x5c=E", { uriTransport: "rfc5630" }],
	["sip", "sip:h;transport=udp", "sips:h;x5c=E"],
	["sip", "sip:a@h;x5c=theirs", "sips:a@h;x5c=theirs"],
	["sip", "sip:a@h;transport=udp;x5c=theirs;ob", "sips:a@h;x5c=E.theirs;ob"],
	["sip", "sip:a@h;transport=udp;x5c;ob", "sips:a@h;x5c=E.;ob"],
	["sip", "sip:a:pw@[2001:db8::1]:5062;transport=udp", "sips:a:pw@[2001:db8::1]:5062;x5c=E"],
	["sip", "sip:a@h;transport=udp", "sips:a;x5c=E@h", { contactState: "user" }],
	["sip", "sip:a:pw@h;transport=udp", "sips:a;x5c=E:pw@h", { contactState: "user" }],
	["sip", "sip:h;transport=udp", "sips:;x5c=E@h", { contactState: "user" }],
	["sip", "sip::pw@h;transport=udp", "sips:;x5c=E:pw@h", { contactState: "user" }],
	["sip", "sip:a;x5c=t;d=1@h;transport=udp", "sips:a;x5c=E.t;d=1@h", { contactState: "user" }],
	["sip", "sip:5000@172.21.83.60:5060", "sips:5000@172.21.83.60:5060", { contactState: "user" }],
	["sip", "tel:+15551234", "tel:+15551234"],
];

for (const [own, contact, shown, settings] of ROUND_TRIPS)
	test(`secure-signaling 6.7: ${own} ${contact} is shown as ${shown} ${JSON.stringify(settings ?? {})}`, () => {
		const uri = showContact(contact, showing(own, "sips", settings));
		assert.equal(readable(uri), shown);
		assert.deepEqual(openRequestUri(uri, own, context), { uri: contact, flow: undefined });
	});

test("secure-signaling 6.7: a sips Contact shown on a sip leg loses only its scheme", () => {
	for (const contact of ["sips:7789@172.21.83.24:5061;transport=TCP", "sips:a@h;transport=tls"]) {
		const uri = showContact(contact, showing("sips", "sip"));
		assert.equal(uri, contact.replace("sips:", "sip:"));
		assert.equal(openRequestUri(uri, "sips", context).uri, contact);
	}
});

test("secure-signaling 6.7: a spiral with strip twice keeps one lost parameter, and both passes give it back", () => {
	const second = { ...context, nonce: 0x7777 };
	const contact = "sip:6000@172.21.83.70:5060;transport=udp";
	const once = showContact(contact, showing("sip", "sips", { uriTransport: "strip" }));
	const twice = showContact(
		once,
		showing("sips", "sips", { uriTransport: "strip" }, undefined, second),
	);
	assert.equal(twice, once);
	const back = openRequestUri(twice, "sips", second).uri;
	assert.equal(openRequestUri(back, "sip", context).uri, contact);
});

test("secure-signaling 6.7: a spiral that loses something in each pass opens entry by entry", () => {
	const second = { ...context, nonce: 0x7777 };
	const contact = "SIPS:a@h;transport=tls";
	const once = showContact(contact, showing("sips", "sip"));
	const twice = showContact(
		once,
		showing("sip", "sips", { uriTransport: "strip" }, undefined, second),
	);
	assert.match(twice, /^sips:a@h;x5c=[\w-]+\.[\w-]+$/);
	const back = openRequestUri(twice, "sip", second).uri;
	assert.equal(back, once);
	assert.equal(openRequestUri(back, "sips", context).uri, contact);
});

test("secure-signaling §3.4: a peer that drops the entry reaches the Contact without the lost parameter", () => {
	assert.equal(
		openRequestUri("sips:6000@172.21.83.70:5060", "sip", context).uri,
		"sip:6000@172.21.83.70:5060",
	);
});

test("secure-signaling 5.9-9: an entry with a changed bit, of another call, pass or key is not followed but left alone", () => {
	const uri = showContact("sip:a@h;transport=udp", showing("sip", "sips"));
	const start = uri.indexOf("x5c=") + 4;
	for (let at = start; at < uri.length; at += 1) {
		const other = uri.charAt(at) === "A" ? "B" : "A";
		const forged = uri.slice(0, at) + other + uri.slice(at + 1);
		assert.equal(openRequestUri(forged, "sip", context).uri, forged.replace("sips:", "sip:"));
	}
	const others: readonly EntryContext[] = [
		{ ...context, dialog: { ...dialog, callId: "c2" } },
		{ ...context, dialog: { ...dialog, tag: "b" } },
		{ ...context, nonce: 0x0103 },
		{ ...context, signing: signingWith([4]) },
	];
	for (const other of others)
		assert.equal(openRequestUri(uri, "sip", other).uri, uri.replace("sips:", "sip:"));
});

test("secure-signaling E16 §3.4: a newer flow rides in the entry, also where nothing else changes", () => {
	const moved = flow("tls", "172.21.83.24", 50_001, 12);
	const uri = showContact("sip:a@h", showing("sip", "sip", {}, moved));
	assert.equal(readable(uri), "sip:a@h;x5c=E");
	assert.deepEqual(openRequestUri(uri, "sip", context), {
		uri: "sip:a@h",
		flow: { ...moved, stale: false },
	});
	const later = { ...context, signing: signingWith([3], 1) };
	assert.deepEqual(openRequestUri(uri, "sip", later).flow, {
		...moved,
		connection: 0,
		stale: true,
	});
});

test("secure-signaling M5: a Contact that contradicts its own leg is addressed in the leg's scheme", () => {
	const sipUnderSips = showContact("sip:a@h;transport=udp", showing("sips", "sip"));
	assert.equal(sipUnderSips, "sip:a@h");
	assert.equal(openRequestUri(sipUnderSips, "sips", context).uri, "sips:a@h");
	const sipsUnderSip = showContact("SIPS:a@h", showing("sip", "sips"));
	assert.equal(sipsUnderSip, "sips:a@h");
	assert.equal(openRequestUri(sipsUnderSip, "sip", context).uri, "sip:a@h");
});

test("secure-signaling §5.3: outside a dialog a Contact is forced, and carries nothing", () => {
	const outside: Showing = { ...showing("sip", "sips"), context: undefined };
	assert.equal(showContact("SIP:a@h;transport=udp", outside), "sips:a@h");
});

test("MSG-39: an entry that would make the URI too long is left out", () => {
	const long = `sip:${"a".repeat(4070)}@h;transport=udp`;
	assert.equal(showContact(long, showing("sip", "sips")), `sips:${"a".repeat(4070)}@h`);
});

test("secure-signaling 5.9-5: no way back leads to transport=udp under sips", () => {
	assert.equal(openRequestUri("sip:a@h;transport=udp", "sips", context).uri, "sips:a@h");
});
