/** Writing URIs in the scheme of a leg, and the way back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	forceScheme,
	forceUri,
	type Role,
	restoreToken,
	restoreUri,
	type UriTransport,
} from "../../core/leg/force-scheme.ts";

type Row = readonly [value: string, forced: string, role?: Role, uriTransport?: UriTransport];

const TO_SIPS: readonly Row[] = [
	["<sip:7789@172.21.83.24>", "<sips:7789@172.21.83.24>", "from"],
	['"7789"<sip:7789@172.21.83.24>;tag=x', '"7789"<sips:7789@172.21.83.24>;tag=x', "from"],
	['"Doe, \\"J\\"" <sip:a@h>', '"Doe, \\"J\\"" <sips:a@h>'],
	["sip:a@h;tag=x", "sips:a@h;tag=x", "from"],
	["<sip:a@h;transport=UDP>", "<sips:a@h>"],
	["<sip:a@h;transport=UDP>", "<sips:a@h;transport=UDP>", "from"],
	["<sip:a@h;transport=UDP>", "<sips:a@h;transport=UDP>", "to"],
	["<sip:a@h:5060;transport=tcp;ob>;expires=60", "<sips:a@h:5060;transport=tcp;ob>;expires=60"],
	["<sip:a@[2001:db8::1]:5060>", "<sips:a@[2001:db8::1]:5060>"],
	["<sip:[::1]>", "<sips:[::1]>"],
	["<sip:h>", "<sips:h>"],
	["<sip:a;day=tuesday@h;lr>", "<sips:a;day=tuesday@h;lr>"],
	["<sip:a:pw@h?Replaces=1%40h%3Bto-tag%3D2>", "<sips:a:pw@h?Replaces=1%40h%3Bto-tag%3D2>"],
	["<tel:+12125551212>", "<tel:+12125551212>"],
	[
		'"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1',
		'"Anonymous" <sips:anonymous@anonymous.invalid>;tag=1',
		"from",
	],
	["*", "*"],
	["<SIPS:a@h>", "<SIPS:a@h>"],
	["<Sip:a@h>", "<sips:a@h>"],
	["<sip:a@h;transport=ws>", "<sips:a@h;transport=ws>"],
	["<sip:a@h;transport=tls>", "<sips:a@h;transport=tls>"],
	["<sip:a@h;transport=TLS>", "<sips:a@h>", "contact", "rfc5630"],
	["<sip:a@h;transport=tcp>", "<sips:a@h;transport=tcp>", "contact", "rfc5630"],
	["<sip:a@h;ob;Transport=TCP;x>", "<sips:a@h;ob;x>", "contact", "strip"],
	["<sips:a@h;transport=tls>", "<sips:a@h>", "contact", "strip"],
	["<sips:a@h;transport=ws>", "<sips:a@h;transport=ws>", "contact", "strip"],
	["sips:a@h;transport=tls?h=1", "sips:a@h?h=1", "ruri", "rfc5630"],
];

const TO_SIP: readonly Row[] = [
	["<sips:5000@172.21.83.50:5314;transport=TCP>", "<sip:5000@172.21.83.50:5314;transport=TCP>"],
	["<sips:a@h>", "<sip:a@h>"],
	["<sips:a@h;transport=tls>", "<sip:a@h;transport=tls>"],
	["<sips:a@h;transport=tls>", "<sip:a@h;transport=tls>", "contact", "strip"],
	["<sips:a@h>;q=1", "<sip:a@h>;q=1"],
	["<mailto:a@h>", "<mailto:a@h>"],
	["SIPS:a@h", "sip:a@h", "ruri"],
];

for (const [value, forced, role = "contact", uriTransport = "keep"] of TO_SIPS)
	test(`RFC 3261 §8.1.1.8, secure-signaling 6.1: to sips, ${role}, ${uriTransport}: ${value}`, () => {
		assert.equal(forceScheme(value, "sips", role, uriTransport).value, forced);
		assert.equal(forceScheme(forced, "sips", role, uriTransport).value, forced, "idempotence");
	});

for (const [value, forced, role = "contact", uriTransport = "keep"] of TO_SIP)
	test(`secure-signaling 6.2: to sip, ${role}, ${uriTransport}: ${value}`, () => {
		assert.equal(forceScheme(value, "sip", role, uriTransport).value, forced);
		assert.equal(forceScheme(forced, "sip", role, uriTransport).value, forced, "idempotence");
	});

test("RFC 3261 §8.2.2.1, secure-signaling G1b: a Request-URI of another scheme is a case for 416", () => {
	for (const uri of ["tel:+1212", "foo:bar"])
		assert.throws(() => forceScheme(uri, "sips", "ruri"), { code: "LEG_SCHEME", status: 416 });
});

test("RFC 3261 §26.2.2, secure-signaling 5.9-5: transport=udp does not stay beside sips, wherever it stands", () => {
	for (const uri of [
		"sip:a@h;transport=udp",
		"sip:a@h;ob;TRANSPORT=Udp;x=1?h=1",
		"sip:h;transport=udp",
	])
		assert.doesNotMatch(forceUri(uri, "sips", "contact").uri, /udp/i);
	const user = "sip:a;transport=udp@h";
	assert.equal(forceUri(user, "sips", "contact").uri, "sips:a;transport=udp@h");
});

test("secure-signaling 5.9-1: what a forced URI lost puts it back, byte for byte", () => {
	const uris = ["SIP:a@h", "sIp:a@h;ob;Transport=UDP;x=1?h=1", "sip:h;transport=udp", "sip:a@h;x"];
	for (const uri of uris) {
		const { uri: forced, lost } = forceUri(uri, "sips", "contact");
		assert.equal(restoreUri(forced, "sip", lost), uri);
	}
	for (const uri of ["SiPs:a@h;transport=tls", "sips:a@h;transport=TCP;ob"]) {
		const { uri: stripped, lost } = forceUri(uri, "sips", "contact", "strip");
		assert.equal(restoreUri(stripped, "sips", lost), uri);
	}
});

test("RFC 3261 §8.2.6.2, secure-signaling 5.9-1: From and To regain the token of the caller, or its scheme (RFC 4916)", () => {
	assert.equal(restoreToken("sips:a@h", "Sip", "sip"), "Sip:a@h");
	assert.equal(restoreToken("sip:a@h", "SIPS", "sips"), "SIPS:a@h");
	assert.equal(restoreToken("sips:a@h", "", "sip"), "sip:a@h");
	assert.equal(restoreToken("SIP:a@h", "", "sip"), "SIP:a@h");
	assert.equal(restoreToken("tel:+1", "sip", "sip"), "tel:+1");
});
