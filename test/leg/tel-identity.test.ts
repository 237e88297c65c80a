import assert from "node:assert/strict";
import { test } from "node:test";
import { sipToTel, telToSip } from "../../core/leg/tel-identity.ts";
import { seeded } from "../support/seeded.ts";

const HOST = "example.com";

/** [tel URI, as a SIP URI without its x5t, whether it needs one] */
const SHOWN: readonly (readonly [tel: string, sip: string, rides: boolean])[] = [
	["tel:+12015550123", "sips:+12015550123@example.com;user=phone", false],
	["tel:+1-201-555-0123", "sips:+12015550123@example.com;user=phone", true],
	["TEL:+12015550123", "sips:+12015550123@example.com;user=phone", true],
	[
		"tel:7042;phone-context=example.net",
		"sips:7042;phone-context=example.net@example.com;user=phone",
		false,
	],
	[
		"tel:+358-555-1234567;postd=pp22",
		"sips:+3585551234567;postd=pp22@example.com;user=phone",
		true,
	],
	["tel:+1;x=1;ext=5;isub=a", "sips:+1;isub=a;ext=5;x=1@example.com;user=phone", true],
	["tel:#31;phone-context=+1", "sips:%2331;phone-context=+1@example.com;user=phone", false],
];

for (const [tel, sip, rides] of SHOWN)
	test(`RFC 3261 §19.1.6: ${tel} is shown as the canonical SIP URI, and comes back octet for octet`, () => {
		const shown = telToSip(tel, "sips", HOST);
		assert.equal(shown?.replace(/;x5t=[\w-]+$/, ""), sip);
		assert.equal(shown?.includes(";x5t="), rides);
		assert.equal(sipToTel(shown ?? "", HOST), tel);
		assert.equal(sipToTel((shown ?? "").replace("@example.com", "@EXAMPLE.COM"), HOST), tel);
	});

test("RFC 3261 §19.1.6: what is no tel URI is not converted, what we have not made does not become one", () => {
	for (const uri of ["sip:a@h", "tel:", "tel:1", "tel:+1/2", "telx:+1", "tel:+1;a=1;a=2"])
		assert.equal(telToSip(uri, "sip", HOST), undefined, uri);
	for (const uri of [
		"sip:+1@example.com",
		"sip:+1@example.org;user=phone",
		"sip:+1@example.com;user=ip",
		"sip:example.com;user=phone",
		"sip:alice@example.com;user=phone",
		"tel:+1",
	])
		assert.equal(sipToTel(uri, HOST), undefined, uri);
});

test("RFC 3261 §19.1.6, secure-signaling 5.9-1: any tel URI comes back octet for octet, in either scheme", () => {
	const random = seeded(19);
	const pick = (from: string) => from.charAt(random.below(from.length));
	const some = (from: string, most: number) =>
		Array.from({ length: 1 + random.below(most) }, () => pick(from)).join("");
	let converted = 0;
	for (let at = 0; at < 2_000; at += 1) {
		const number = pick("0123456789") + some("0123456789-.()", 14);
		const params = random.below(2) === 0 ? "" : `;${some("abcXYZ", 4)}=${some("aB9%41:[]&+$", 1)}`;
		const scheme = pick("tT") + pick("eE") + pick("lL");
		const tel = `${scheme}:+${number}${params}`;
		const shown = telToSip(tel, random.below(2) === 0 ? "sip" : "sips", HOST);
		if (shown === undefined) continue;
		converted += 1;
		assert.equal(sipToTel(shown, HOST), tel);
	}
	assert.ok(converted > 1_000, `${converted}`);
});
