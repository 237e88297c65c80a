import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import type { PeerCertificate } from "node:tls";
import {
	alternativeNames,
	sipIdentities,
	verifyIdentity,
} from "../../core/transport/tls-identity.ts";
import { authority, type Wish } from "./certificates.ts";

const trusted = await authority();

async function certificate(wish: Wish): Promise<PeerCertificate> {
	const { certificate: pem } = await trusted.issue(wish);
	return new X509Certificate(pem).toLegacyObject();
}

for (const [title, wish, identities] of [
	[
		"RFC 5922 §7.1 TR-35: a SIP URI in the certificate hides its DNS names",
		{ uris: ["sip:A.example"], dns: ["b.example"] },
		["a.example"],
	],
	[
		"RFC 5922 §7.1 TR-35: sips URIs, URIs with a user and other schemes are no identities",
		{ uris: ["sips:a.example", "sip:user@b.example", "https://c.example"], dns: ["D.example"] },
		["d.example"],
	],
	[
		"RFC 5922 §7.1 TR-35: the scheme is read without case, port and parameters are left out",
		{ uris: ["SIP:a.example:5061", "sip:b.example;transport=tls"] },
		["a.example", "b.example"],
	],
	[
		"RFC 5922 §7.1 TR-35: the common name counts if there is no alternative name at all",
		{ commonName: "A.example" },
		["a.example"],
	],
	[
		"RFC 5922 §7.1 TR-35: the common name does not count beside an alternative name",
		{ commonName: "a.example", ips: ["127.0.0.1"] },
		[],
	],
	[
		"RFC 5922 §7.1 TR-35: a common name that is no host name is no identity",
		{ commonName: "A company" },
		[],
	],
] as const)
	test(title, async () => assert.deepEqual(sipIdentities(await certificate(wish)), identities));

for (const [title, check, name, wish, accepted] of [
	[
		"RFC 5922 §7.2 TR-36: names are compared without case",
		"rfc5922",
		"A.EXAMPLE",
		{ dns: ["a.example"] },
		true,
	],
	[
		"RFC 5922 §7.2 TR-36: a final dot makes no difference",
		"rfc5922",
		"a.example.",
		{ dns: ["a.example"] },
		true,
	],
	[
		"RFC 5922 §7.2 TR-36: a suffix is no match",
		"rfc5922",
		"a.b.example",
		{ dns: ["b.example"] },
		false,
	],
	[
		"RFC 5922 §7.2 TR-37: a wildcard is no match",
		"rfc5922",
		"a.b.example",
		{ dns: ["*.b.example"] },
		false,
	],
	[
		"RFC 5922 §7.2 TR-37: with name-check https a wildcard matches one label",
		"https",
		"a.b.example",
		{ dns: ["*.b.example"] },
		true,
	],
	[
		"RFC 5922 §7.2 TR-37: with name-check https another name is still none",
		"https",
		"a.example",
		{ dns: ["b.example"] },
		false,
	],
	[
		"RFC 5922 §7.3: with name-check off any name does",
		"off",
		"a.example",
		{ dns: ["b.example"] },
		true,
	],
	[
		"RFC 5922 §7.3: no identity at all is no match",
		"rfc5922",
		"a.example",
		{ ips: ["127.0.0.1"] },
		false,
	],
	[
		"RFC 5280 §4.2.1.6: an IPv4 address is proved by an address",
		"rfc5922",
		"127.0.0.1",
		{ ips: ["127.0.0.1"] },
		true,
	],
	[
		"RFC 5280 §4.2.1.6: an IPv6 address is compared by value",
		"rfc5922",
		"[2001:DB8::1]",
		{ ips: ["2001:db8:0:0:0:0:0:1"] },
		true,
	],
	[
		"RFC 5280 §4.2.1.6: an address is not proved by another address",
		"rfc5922",
		"192.168.8.57",
		{ ips: ["192.168.8.58"] },
		false,
	],
	[
		"RFC 5280 §4.2.1.6: with name-check https an address is proved by an address",
		"https",
		"192.168.8.57",
		{ dns: ["a.example"], ips: ["192.168.8.57"] },
		true,
	],
	[
		"RFC 5280 §4.2.1.6: with name-check https an IPv6 address is proved by an address, in any spelling",
		"https",
		"[2001:DB8::1]",
		{ ips: ["2001:db8:0:0:0:0:0:1"] },
		true,
	],
	[
		"RFC 5280 §4.2.1.6: with name-check https an address is not proved by a name",
		"https",
		"192.168.8.57",
		{ dns: ["a.example"] },
		false,
	],
	[
		"RFC 5922 §7.3: with name-check off an address needs no proof",
		"off",
		"192.168.8.57",
		{ dns: ["a.example"] },
		true,
	],
	[
		"RFC 5922 §7.2 TR-37: with name-check https the host of the URI counts, a wildcard of more labels does not match",
		"https",
		"a.b.c.example",
		{ dns: ["*.c.example"] },
		false,
	],
	[
		"RFC 5280 §4.2.1.6: an address is not proved by a DNS name that looks like it",
		"rfc5922",
		"127.0.0.1",
		{ dns: ["127.0.0.1"] },
		false,
	],
] as const)
	test(title, async () => {
		const error = verifyIdentity(check, name, await certificate(wish));
		assert.equal(error === undefined, accepted, error?.message);
	});

test("RFC 5922 §7.1: a name with a comma or a quote cannot pass for two", () => {
	assert.deepEqual(
		alternativeNames(
			'DNS:"a.example, DNS:b.example", URI:sip:c.example, DNS:"d\\"e", IP Address:::1',
		),
		[
			{ type: "DNS", value: "a.example, DNS:b.example" },
			{ type: "URI", value: "sip:c.example" },
			{ type: "DNS", value: 'd"e' },
			{ type: "IP Address", value: "::1" },
		],
	);
	for (const broken of ["DNS", 'DNS:"a', 'DNS:"\\', ", ,", ":", 'X:"\\u12"'])
		assert.ok(Array.isArray(alternativeNames(broken)));
});
