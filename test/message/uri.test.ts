import assert from "node:assert/strict";
import { test } from "node:test";
import { sameHost, sameUri } from "../../core/message/same-uri.ts";
import { parseUri, unescapeUser, uriParam } from "../../core/message/uri.ts";

const same = (a: string, b: string) => {
	const one = sameUri(parseUri(a), parseUri(b));
	assert.equal(sameUri(parseUri(b), parseUri(a)), one, "comparison has no direction");
	return one;
};

test("RFC 3261 §19.1.1 MSG-44: the parts of a URI", () => {
	const uri = parseUri("SIPS:alice:secret@Example.COM:5061;transport=TCP;lr?subject=x&y=z");
	assert.deepEqual(
		[uri.scheme, uri.user, uri.password, uri.host, uri.port, uri.headers],
		["sips", "alice", "secret", "Example.COM", 5061, "subject=x&y=z"],
	);
	assert.deepEqual(
		uri.params.map(({ name, value, text, start }) => [name, value, text, start]),
		[
			["transport", "TCP", "transport=TCP", 34],
			["lr", undefined, "lr", 48],
		],
	);
	assert.equal(uri.text.slice(uri.hostStart, uri.hostEnd), "Example.COM:5061");
});

test("RFC 3261 §19.1.1 MSG-44: users may hold ; ? / & = + $ and comma", () => {
	assert.equal(
		parseUri("sip:user;par=u%40example.net@example.com").user,
		"user;par=u%40example.net",
	);
	assert.equal(unescapeUser("user;par=u%40example.net"), "user;par=u@example.net");
	assert.equal(parseUri("sip:a?b/c&d=e+f$g,h@example.com").user, "a?b/c&d=e+f$g,h");
	assert.equal(parseUri("sip:@x".replace("@", "")).user, undefined);
});

test("RFC 3261 §25.1 MSG-44: hosts are names, IPv4 and IPv6 in brackets", () => {
	assert.equal(parseUri("sip:[2001:db8::10]:5070").host, "[2001:db8::10]");
	assert.equal(parseUri("sip:[2001:db8::10]:5070").port, 5070);
	assert.equal(parseUri("sip:a@192.0.2.1").host, "192.0.2.1");
	assert.equal(parseUri("sip:container_1").host, "container_1");
});

test("RFC 5118 §4.3: a last group is never taken for a port", () => {
	const uri = parseUri("sip:[2001:db8::10:5070]");
	assert.deepEqual([uri.host, uri.port], ["[2001:db8::10:5070]", undefined]);
});

test("RFC 3261 §25.1 MSG-15 MSG-44: what is no URI is refused", () => {
	for (const text of [
		"",
		"a",
		":a",
		"sip:",
		"sip:@h",
		"sip:a@",
		"sip:a@h:",
		"sip:a@h:x",
		"sip:a@h:0",
		"sip:a@h:65536",
		"sip:a@h:5060x",
		"sip:a@h;;",
		"sip:a@h;",
		"sip:a@h;lr;LR",
		"sip:a@[::1",
		"sip:a@::1",
		"sip:a b@h",
		"sip:a@h\0",
		"sip:a@h>",
		"1sip:a@h",
		"s p:a",
		"sip:a@h/x",
	])
		assert.throws(() => parseUri(text), { code: "SIP_PARSE", status: 400 }, JSON.stringify(text));
});

test("RFC 4475 §3.1.1.3 MSG-45: an escape is resolved once", () => {
	assert.equal(unescapeUser("v%61lue%25%34%31"), "value%41");
	assert.equal(unescapeUser("100%"), "100%");
	assert.equal(unescapeUser("%zz%4"), "%zz%4");
	assert.equal(unescapeUser("%00%00"), "\0\0");
	assert.equal(unescapeUser("plain"), "plain");
});

test("RFC 3261 §19.1.1 MSG-53 MSG-59: unknown parameters stay, lr may carry a value", () => {
	const uri = parseUri("sip:h;foo;lr=on");
	assert.equal(uriParam(uri, "foo")?.text, "foo");
	assert.notEqual(uriParam(uri, "lr"), undefined);
	assert.equal(uriParam(uri, "maddr"), undefined);
});

test("RFC 3261 §16.3 step 2 MSG-55: another scheme is opaque", () => {
	const uri = parseUri("Tel:+1-201-555-0123;x=y");
	assert.deepEqual([uri.scheme, uri.host, uri.user, uri.params.length], ["tel", "", undefined, 0]);
	assert.equal(same("isbn:2983792873", "ISBN:2983792873"), true);
	assert.equal(same("isbn:2983792873", "isbn:2983792874"), false);
	assert.equal(same("isbn:1", "sip:1"), false);
});

test("RFC 3261 §19.1.4 MSG-47 MSG-48 MSG-49: URIs that are equal", () => {
	for (const [a, b] of [
		["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"],
		["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"],
		["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"],
		["sip:carol@chicago.com", "sip:carol@chicago.com;security=off"],
		[
			"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
			"sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
		],
		[
			"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
			"sip:alice@atlanta.com?priority=urgent&subject=project%20x",
		],
		["sip:a%3b@h", "sip:a%3B@h"],
	] as const)
		assert.equal(same(a, b), true, `${a} = ${b}`);
});

test("RFC 3261 §19.1.4 MSG-47 MSG-48 MSG-49: URIs that differ", () => {
	for (const [a, b] of [
		["SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"],
		["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"],
		["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"],
		["sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"],
		["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"],
		["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"],
		["sip:bob@h", "sips:bob@h"],
		["sip:bob@h", "sip:h"],
		["sip:bob:x@h", "sip:bob@h"],
		["sip:a;b@h", "sip:a%3Bb@h"],
		["sip:bob@h;user=phone", "sip:bob@h"],
		["sip:bob@h;ttl=1", "sip:bob@h"],
		["sip:bob@h;maddr=x", "sip:bob@h"],
		["sip:bob@h;method=INVITE", "sip:bob@h"],
		["sip:bob@h;lr", "sip:bob@h;lr=on"],
		["sip:bob@h?a=1", "sip:bob@h?a=2"],
	] as const)
		assert.equal(same(a, b), false, `${a} != ${b}`);
});

test("RFC 5954 §4.2 MSG-50: addresses compare by value", () => {
	for (const [a, b] of [
		["[::1]", "[0:0:0:0:0:0:0:1]"],
		["[2001:DB8::A]", "[2001:db8:0::000a]"],
		["[::ffff:192.0.2.128]", "[::ffff:c000:280]"],
		["Example.COM", "example.com"],
	] as const)
		assert.equal(sameHost(a, b), true, `${a} = ${b}`);
	assert.equal(same("sip:b@[::1]", "sip:b@[0::0001]"), true);
	assert.equal(sameHost("[::ffff:192.0.2.128]", "192.0.2.128"), false);
	assert.equal(sameHost("444.555.666.777", "444.555.666.777"), true, "a name like any other");
});

test("RFC 3261 §19.1.4 MSG-51: a host name never equals its address", () => {
	assert.equal(same("sip:b@localhost", "sip:b@127.0.0.1"), false);
});

test("RFC 3261 §19.1.1 MSG-40: a URI has 64 parameters at most, since each is compared with the others", () => {
	const uri = (count: number) =>
		`sip:a@h${Array.from({ length: count }, (_, index) => `;p${index}`).join("")}`;
	assert.equal(parseUri(uri(64)).params.length, 64);
	assert.throws(() => parseUri(uri(65)), { code: "SIP_PARSE", status: 400 });
});
