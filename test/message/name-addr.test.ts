import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNameAddress } from "../../core/message/name-addr.ts";
import { paramSpans, unquote } from "../../core/message/params.ts";

const parse = (text: string) => parseNameAddress("Contact", text);
const shape = (text: string) => {
	const { display, uri, params, bracketed } = parse(text);
	return [
		display,
		uri,
		[...params].map(([name, value]) => `${name}=${value}`).join(" "),
		bracketed,
	];
};

test("RFC 3261 §25.1 MSG-17: quoted display names hold any character", () => {
	assert.deepEqual(shape('"a\\"<,;" <sip:x@y>'), ['"a\\"<,;"', "sip:x@y", "", true]);
	assert.deepEqual(shape('"\\\\" <sip:x@y>;a="\\";b"'), ['"\\\\"', "sip:x@y", 'a="\\";b"', true]);
	assert.deepEqual(shape('""<sip:x@y>'), ['""', "sip:x@y", "", true]);
});

test("RFC 3261 §20.10 MSG-18: without <> parameters belong to the header", () => {
	assert.deepEqual(shape("sip:a@h;transport=tcp"), ["", "sip:a@h", "transport=tcp", false]);
	assert.deepEqual(shape("<sip:a@h;transport=tcp>;q=1"), [
		"",
		"sip:a@h;transport=tcp",
		"q=1",
		true,
	]);
	assert.deepEqual(shape("sip:a@h ; tag = 1"), ["", "sip:a@h", "tag=1", false]);
});

test("RFC 8217 §3 MSG-19: a bare URI with a question mark or comma is refused", () => {
	for (const text of ["sip:a@h?x=y", "sip:a,b@h", "sip:a@h?x=y;tag=1"])
		assert.throws(() => parse(text), { code: "SIP_PARSE", status: 400 });
	assert.equal(parse("<sip:a@h?x=y>").uri, "sip:a@h?x=y");
});

test("RFC 4475 §3.1.1.6: no space is needed before the bracket; UTF-8 and signs may stand bare", () => {
	assert.deepEqual(shape("caller<sip:c@h>;tag=323"), ["caller", "sip:c@h", "tag=323", true]);
	assert.deepEqual(shape("Jos\xc3\xa9 (home) <sip:j@h>")[0], "Jos\xc3\xa9 (home)");
});

test("RFC 3261 §20.10: a star stands alone", () => {
	assert.equal(parse("*").star, true);
	assert.equal(parse(" * ").star, true);
	assert.throws(() => parse("*;expires=0"), { code: "SIP_PARSE" });
	assert.equal(parse("* <sip:a@h>").star, false);
});

test("RFC 3261 §25.1: spans are offsets into the text it came from", () => {
	const text = 'x, "B" <sips:b@h>;q=0.5 , y';
	const address = parseNameAddress("Contact", text, 3, 24);
	assert.equal(text.slice(address.uriStart, address.uriEnd), "sips:b@h");
	assert.equal(text.slice(address.start, address.uriStart - 1), '"B" ');
	assert.equal(text.slice(address.paramsStart, address.end), ";q=0.5");
	assert.equal(address.text, text);
});

test("RFC 3261 §25.1 MSG-15: what is no address is refused", () => {
	for (const text of [
		"",
		" ",
		"a",
		"<>",
		"<sip:a@h",
		"sip:a@h>",
		'"a',
		'"a" sip:a@h',
		"< sip:a@h>",
		"<sip:a@h >",
		"Bell, A <sip:a@h>",
		'a"b <sip:a@h>',
		"a;b <sip:a@h>",
		"<sip:a@h> x",
		"<sip:a@h>;",
		"<sip:a@h>;;a",
		"<sip:a@h>;tag=1;TAG=2",
		"<sip:a@h>;=x",
		"<:a>",
		"<a>",
		"sip:a b",
		'<sip:"a"@h>',
		"<sip:a@h>;x=",
	])
		assert.throws(() => parse(text), { code: "SIP_PARSE", status: 400 }, JSON.stringify(text));
});

test("RFC 3261 §7.3.1 MSG-16: parameter names come in lower case, values as written", () => {
	assert.equal(parse("<sip:a@h>;TAG=AbC").params.get("tag"), "AbC");
	assert.equal(
		parse('<sip:a@h>;+sip.instance="<urn:uuid:A>"').params.get("+sip.instance"),
		'"<urn:uuid:A>"',
	);
});

test("RFC 3261 §25.1: parameter spans name the text of each", () => {
	const text = ' ; a = 1 ;b;c="x;y"';
	const spans = paramSpans("Via", text).map(({ name, value, start, end }) => [
		name,
		value,
		text.slice(start, end),
	]);
	assert.deepEqual(spans, [
		["a", "1", "; a = 1"],
		["b", undefined, ";b"],
		["c", '"x;y"', ';c="x;y"'],
	]);
	assert.throws(() => paramSpans("Via", ";a x"), { code: "SIP_PARSE" });
	assert.deepEqual(paramSpans("Via", ""), []);
});

test("RFC 3261 §25.1 MSG-17: a backslash in quotes takes the next character", () => {
	assert.equal(unquote('"a\\"\\\\b"'), 'a"\\b');
	assert.equal(unquote('"plain"'), "plain");
	assert.equal(unquote("token"), "token");
});
