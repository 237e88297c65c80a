import assert from "node:assert/strict";
import { test } from "node:test";
import { bracketed, canonicalAddress, isIpv4, unmapped } from "../../core/base/ip-address.ts";

test("RFC 5952 §4.2 §5 MSG-50: one spelling per address", () => {
	const spellings: Record<string, string> = {
		"192.0.2.1": "192.0.2.1",
		"[2001:DB8::9:1]": "2001:db8::9:1",
		"2001:0db8:0:0:0:0:0:0001": "2001:db8::1",
		"::": "::",
		"0:0:0:0:0:0:0:0": "::",
		"1::": "1::",
		"2001:db8:0:1:1:1:1:1": "2001:db8:0:1:1:1:1:1",
		"2001:0:0:1:0:0:0:1": "2001:0:0:1::1",
		"2001:db8::1:0:0:1": "2001:db8::1:0:0:1",
		"::FFFF:C000:280": "::ffff:192.0.2.128",
		"[::ffff:192.0.2.128]": "::ffff:192.0.2.128",
		"64:ff9b::192.0.2.33": "64:ff9b::c000:221",
		"1:2:3:4:5:6:1.2.3.4": "1:2:3:4:5:6:102:304",
		"1:2:3:4:5:6:7::": "1:2:3:4:5:6:7:0",
	};
	for (const [text, canonical] of Object.entries(spellings))
		assert.equal(canonicalAddress(text), canonical, text);
});

test("RFC 3986 §3.2.2, RFC 5954 §4.1 MSG-50: what the grammar leaves out is no address", () => {
	for (const text of [
		"",
		"example.com",
		"444.555.666.777",
		"1.2.3",
		"1.2.3.4.5",
		"01.2.3.4",
		"1.2.3.256",
		"1.2.3.x",
		"2001:db8::\x17",
		":::",
		"[:::]",
		"::1::",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::",
		"12345::",
		"g::",
		"[::1",
		"1.2.3.4::",
		"::1.2.3",
		"2001:db8:::192.0.2.1",
		"::1%eth0",
		":1:2:3:4:5:6:7",
	])
		assert.equal(canonicalAddress(text), undefined, text);
	assert.equal(isIpv4("10.0.0.255"), true);
});

test("RFC 5118 §4.9: the IPv4 address of a dual-stack socket's peer is the plain one", () => {
	assert.equal(unmapped("::ffff:192.0.2.10"), "192.0.2.10");
	assert.equal(unmapped("::FFFF:c000:20a"), "192.0.2.10");
	assert.equal(unmapped("192.0.2.10"), "192.0.2.10");
	assert.equal(unmapped("2001:db8::1"), "2001:db8::1");
	assert.equal(unmapped("::ffff:0:1"), "0.0.0.1");
});

test("RFC 3261 §25.1: URIs and Vias write IPv6 in brackets", () => {
	assert.equal(bracketed("::1"), "[::1]");
	assert.equal(bracketed("[::1]"), "[::1]");
	assert.equal(bracketed("192.0.2.1"), "192.0.2.1");
});
