import assert from "node:assert/strict";
import { test } from "node:test";
import { sameUri } from "../../core/message/same-uri.ts";
import { parseTel, sameTel, telAsSip } from "../../core/message/tel-uri.ts";
import { parseUri } from "../../core/message/uri.ts";
import { TortureEngine } from "../torture/engine.ts";

test("RFC 3966 §3 §5.1 MSG-56: a global number, or a local one with its context; visual separators are no part of it", () => {
	assert.equal(parseTel("tel:+1-201-555-0123").number, "+12015550123");
	assert.equal(parseTel("TEL:+1(201).555").number, "+1201555");
	const local = parseTel("tel:7042;Phone-Context=Example.COM;ext=1-2;x=%41%3b");
	assert.equal(local.number, "7042");
	assert.deepEqual(
		[...local.params],
		[
			["phone-context", "example.com"],
			["ext", "12"],
			["x", "a%3B"],
		],
	);
	assert.equal(parseTel("tel:*21#;phone-context=+1-914").params.get("phone-context"), "+1914");
});

test("RFC 3966 §3 MSG-56: what is no tel URI is refused", () => {
	for (const text of [
		"tel:7042",
		"tel:",
		"tel:+",
		"tel:+-",
		"tel:+1 201",
		"tel:+1201*",
		"tel:alice;phone-context=example.com",
		"tel:1;phone-context=",
		"tel:1;phone-context=a b",
		"tel:1;phone-context=+1a",
		"tel:+1;ext=1;ext=2",
		"tel:+1;ext=x",
		"tel:+1;;",
		"tel:+1;a=%4",
		"tel:+1;a=,",
		"sip:+1@example.com",
		`tel:+1${Array.from({ length: 65 }, (_, at) => `;p${at}`).join("")}`,
	])
		assert.throws(() => parseTel(text), { code: "SIP_PARSE", field: "tel URI" }, text);
});

test("RFC 3966 §4 MSG-56: tel URIs that are equal, and that differ", () => {
	const equal = [
		["tel:+1-201-555-0123", "tel:+12015550123"],
		["tel:+358-555-1234567;postd=pp22", "TEL:+358-555-1234567;POSTD=PP22"],
		["tel:+1;isub=1411;postd=pp22", "tel:+1;postd=pp22;isub=1411"],
		["tel:7042;phone-context=+1-914", "tel:70-42;phone-context=+1914"],
		["tel:7042;phone-context=Example.com", "tel:7042;phone-context=example.COM"],
		["tel:+1;a=%41", "tel:+1;a=a"],
	];
	for (const [a = "", b = ""] of equal) {
		assert.ok(sameTel(parseTel(a), parseTel(b)), `${a} ${b}`);
		assert.ok(sameUri(parseUri(a), parseUri(b)), `${a} ${b}`);
	}
	const different = [
		["tel:+12015550123", "tel:12015550123;phone-context=+1"],
		["tel:+1;a", "tel:+1"],
		["tel:+1", "tel:+1;a"],
		["tel:+1;a=b", "tel:+1;a=c"],
		["tel:+1;a=1", "tel:+1;b=1"],
		["tel:7042;phone-context=example.com", "tel:7042;phone-context=example.net"],
		["tel:+1", "sip:+1@example.com"],
	];
	for (const [a = "", b = ""] of different)
		assert.ok(!sameUri(parseUri(a), parseUri(b)), `${a} ${b}`);
	assert.ok(sameUri(parseUri("tel:7042"), parseUri("tel:7042")), "wrong, but the same text");
	assert.ok(!sameUri(parseUri("tel:7042"), parseUri("tel:70-42")));
});

test("RFC 3261 §19.1.6 MSG-57: equal tel URIs become one SIP URI, the number and its parameters its user", () => {
	const sip = (text: string) => telAsSip(parseTel(text), "sip", "foo.com");
	assert.equal(sip("tel:+358-555-1234567;postd=pp22"), sip("tel:+358-555-1234567;POSTD=PP22"));
	assert.equal(
		sip("tel:+3585551234567;postd=pp22"),
		"sip:+3585551234567;postd=pp22@foo.com;user=phone",
	);
	const context = "sip:+358555;phone-context=5;tsp=a.b@foo.com;user=phone";
	assert.equal(sip("tel:+358-555;tsp=a.b;phone-context=5"), context);
	assert.equal(sip("tel:+358-555;phone-context=5;tsp=a.b"), context);
	assert.equal(
		sip("tel:+1;a=x;postd=22;isub=1411"),
		"sip:+1;isub=1411;postd=22;a=x@foo.com;user=phone",
	);
	const odd = telAsSip(parseTel("tel:*21#;phone-context=a.b;x=[:]"), "sips", "h:5061");
	assert.equal(odd, "sips:*21%23;phone-context=a.b;x=%5B%3A%5D@h:5061;user=phone");
	assert.equal(parseUri(odd).user, "*21%23;phone-context=a.b;x=%5B%3A%5D");
});

test("RFC 3261 §16.3 step 2 MSG-56: a tel Request-URI that nobody translates, global or local, is answered 416", () => {
	for (const uri of ["tel:+12015550123", "tel:7042"]) {
		const lines = [
			`INVITE ${uri} SIP/2.0`,
			"Via: SIP/2.0/UDP 192.0.2.99:5060;branch=z9hG4bKtel",
			"From: <tel:+1201>;tag=a",
			`To: <${uri}>`,
			"Call-ID: tel",
			"CSeq: 1 INVITE",
			"Content-Length: 0",
		];
		const { answers, far } = new TortureEngine("udp").send(`${lines.join("\r\n")}\r\n\r\n`);
		assert.deepEqual(far, []);
		assert.equal(answers[0]?.lines.status, 416);
	}
});
