/** The scheme of the leg that a request came on, and traffic that does not match the device's entry. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceContact } from "../../core/leg/device.ts";
import { parseDeviceContact } from "../../core/leg/device-contact.ts";
import { contactScheme, incomingScheme } from "../../core/leg/incoming-leg.ts";
import { type Arrival, judge } from "../../core/leg/mismatch.ts";
import { DEFAULTS, type SecureSignaling } from "../../core/leg/secure-signaling.ts";
import { sipsWarning } from "../../core/leg/warning.ts";
import { request } from "./fixtures.ts";

function invite(uri: string, ...more: string[]) {
	return request(
		`INVITE ${uri} SIP/2.0`,
		"Via: SIP/2.0/TLS 172.21.83.24;branch=z9hG4bKa1",
		"From: <sips:7789@172.21.83.24>;tag=a",
		"To: <sips:5000@172.21.83.50>",
		"Call-ID: c1",
		"CSeq: 1 INVITE",
		...more,
	);
}

test("RFC 3261 §12.1.1, secure-signaling G4a G4d: a leg is sips by Request-URI, top Route of ours, top Record-Route, or Contact", () => {
	const sip = "sip:5000@172.21.83.50";
	assert.equal(incomingScheme(invite("SIPS:5000@172.21.83.50"), undefined), "sips");
	assert.equal(incomingScheme(invite(sip), "sips"), "sips");
	assert.equal(incomingScheme(invite(sip, "Record-Route: <sips:p;lr>"), undefined), "sips");
	assert.equal(incomingScheme(invite(sip, "Contact: <sips:7789@h>"), undefined), "sips");
	const routed = invite(sip, "Record-Route: <sip:p;lr>", "Contact: <sips:7789@h>");
	assert.equal(incomingScheme(routed, undefined), "sip");
});

test("RFC 5630 §5.1.1.2, secure-signaling G4d: TLS, From and To make no leg sips", () => {
	const plain = invite("sip:5000@172.21.83.50", "Contact: <sip:7789@h;transport=tls>");
	assert.equal(incomingScheme(plain, undefined), "sip");
	assert.equal(contactScheme(plain), "sip");
	assert.equal(contactScheme(invite("sip:5000@172.21.83.50")), undefined);
	assert.equal(contactScheme(invite("sip:5000@h", "Contact: <tel:+1>")), undefined);
});

test("secure-signaling G4a: a Contact or Record-Route that cannot be read makes no leg sips, and stops nothing", () => {
	const sip = "sip:5000@172.21.83.50";
	assert.equal(incomingScheme(invite(sip, "Contact: <sips:7789@h"), undefined), "sip");
	assert.equal(incomingScheme(invite(sip, "Record-Route: <sips:p;lr"), undefined), "sip");
});

function device(text: string): { contact: "*" | DeviceContact } {
	const reading = parseDeviceContact(text);
	return { contact: reading.kind === "contact" ? reading.contact : "*" };
}

const trunk = device("sip:gw.example.com");
const secureTrunk = device("sips:fly.example.com");
const phone = { contact: "*" } as const;

const sips: Arrival = {
	...{ seen: "sips", requestUri: "sips", contact: "sips", secure: true, binding: undefined },
	device: phone,
	policy: DEFAULTS,
};
const sip: Arrival = { ...sips, seen: "sip", requestUri: "sip", contact: "sip" };
const set = (settings: Partial<SecureSignaling>) => ({ policy: { ...DEFAULTS, ...settings } });

/** What each setting of `mismatch` makes of an arrival: the scheme of the leg, or the status. */
function outcomes(arrival: Arrival): string {
	return (["follow-message", "follow-config", "reject"] as const)
		.map((mismatch) => judge({ ...arrival, ...set({ mismatch }) }))
		.map(({ scheme, refused }) => {
			const warning = refused?.warning === undefined ? "" : `/${refused.warning}`;
			return refused === undefined ? scheme : `${refused.status}${warning}`;
		})
		.join(" ");
}

const ROWS: readonly (readonly [row: string, arrival: Arrival, outcomes: string])[] = [
	["M1 sips from a sip trunk", { ...sips, device: trunk }, "sips sip 480/380"],
	["M2 sip from a sips trunk", { ...sip, device: secureTrunk }, "sip sips 480/381"],
	["M3 sips from an unknown peer", { ...sips, device: undefined }, "sips sips 403"],
	["M5 sip Contact under a sips Request-URI", { ...sips, contact: "sip" }, "sips sips 400"],
	["M6 sips in clear", { ...sips, secure: false }, "sips sips 400"],
	["M7 sip from a phone with a sips binding", { ...sip, binding: "sips" }, "sip sips 480/381"],
	["sips from a phone with a sip binding", { ...sips, binding: "sip" }, "sips sip 480/380"],
	["M5 from a sip trunk", { ...sips, contact: "sip", device: trunk }, "sips sip 400"],
	["M6 from a sip trunk", { ...sips, secure: false, device: trunk }, "sips sip 400"],
	["sip from an unknown peer", { ...sip, device: undefined }, "sip sip sip"],
	["a phone that is not registered", sips, "sips sips sips"],
	["sips from a sips trunk", { ...sips, device: secureTrunk }, "sips sips sips"],
];

for (const [row, arrival, expected] of ROWS)
	test(`G19 G20 ${row}: follow-message, follow-config, reject: ${expected}`, () => {
		assert.equal(outcomes(arrival), expected);
	});

test("G20 every mismatch has a name for the log, and a match has none", () => {
	assert.equal(judge({ ...sips, device: trunk }).mismatch, "sips-from-sip-device");
	assert.equal(judge({ ...sip, device: secureTrunk }).mismatch, "sip-from-sips-device");
	assert.equal(judge({ ...sips, secure: false }).mismatch, "sips-in-clear");
	assert.equal(judge(sips).mismatch, undefined);
});

test("RFC 5630 §5.1.2 SIPS-09 SIPS-14: policy rfc5630 refuses inconsistent URIs and sips in clear with 400", () => {
	const rfc5630 = set({ policy: "rfc5630" });
	assert.equal(judge({ ...sips, contact: "sip", ...rfc5630 }).refused?.status, 400);
	assert.equal(judge({ ...sips, secure: false, ...rfc5630 }).refused?.status, 400);
	assert.equal(judge({ ...sips, device: trunk, ...rfc5630 }).refused, undefined);
});

test("SS 3.2 RFC 5630 §9: Warning 380 and 381 in the form of RFC 3261 §20.43", () => {
	const at = { host: "172.21.83.50", port: 5314 };
	assert.equal(sipsWarning(380, at), '380 172.21.83.50:5314 "SIPS Not Allowed"');
	assert.equal(sipsWarning(381, at), '381 172.21.83.50:5314 "SIPS Required"');
});
