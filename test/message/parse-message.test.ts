import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_HEADERS, MAX_LINE, MAX_URI } from "../../core/message/limits.ts";
import { parseMessage } from "../../core/message/parse-message.ts";
import { ok, options, request, response, verdict } from "./texts.ts";

const start = (line: string) => options({}, "", line);

test("RFC 3261 §7.1 MSG-01: a Request-Line has exactly one space between its parts", () => {
	assert.equal(verdict(start("OPTIONS sip:b@example.com SIP/2.0")), "ok");
	for (const line of [
		"OPTIONS  sip:b@example.com SIP/2.0",
		"OPTIONS sip:b@example.com  SIP/2.0",
		"OPTIONS sip:b@example.com SIP/2.0 ",
		" OPTIONS sip:b@example.com SIP/2.0",
		"OPTIONS\tsip:b@example.com SIP/2.0",
		"OPTIONS sip:b@example.com",
		"OPTIONS",
		"",
		"OPTIONS sip:b@example.com HTTP/1.1",
		"OPT(IONS sip:b@example.com SIP/2.0",
	])
		assert.match(verdict(start(line)), /^400 /, line);
});

test("RFC 3261 §7.2 MSG-01: the reason phrase may be empty, its space stays", () => {
	const empty = response(ok().replace("SIP/2.0 200 OK", "SIP/2.0 100 "));
	assert.equal(empty.status, 100);
	assert.equal(empty.reason, "");
	assert.equal(verdict(ok().replace("SIP/2.0 200 OK", "SIP/2.0 200")), "400 start line");
});

test("RFC 3261 §25.1 MSG-43: a reason phrase keeps its octets", () => {
	const text = ok().replace("200 OK", "200 = 2**3 * 5**2 \xd0\xbd\t%41");
	assert.equal(response(text).reason, "= 2**3 * 5**2 \xd0\xbd\t%41");
});

test("RFC 3261 §7.1 MSG-02: methods are case-sensitive tokens, unknown ones are valid", () => {
	const text = options({ CSeq: "1 invite" }, "", "invite sip:b@example.com SIP/2.0");
	assert.equal(request(text).method, "invite");
	assert.equal(
		verdict(options({ CSeq: "1 INVITE" }, "", "invite sip:b@e.com SIP/2.0")),
		"400 CSeq",
	);
	assert.equal(request(options({ CSeq: "1 FOO" }, "", "FOO sip:b@e.com SIP/2.0")).method, "FOO");
});

test("RFC 3261 §7.1, §21.5.6 MSG-03: SIP compares without case, another version is 505", () => {
	assert.equal(verdict(start("OPTIONS sip:b@example.com sip/2.0")), "ok");
	assert.equal(verdict(start("OPTIONS sip:b@example.com SIP/7.0")), "505 start line");
	assert.equal(verdict(start("OPTIONS sip:b@example.com SIP/2.1")), "505 start line");
	const answer = parseMessage(ok().replace("SIP/2.0 200", "SIP/7.0 200"), "datagram");
	assert.equal(answer.kind, "malformed");
	assert.equal(answer.kind === "malformed" && answer.method, undefined, "never answered");
});

test("RFC 3261 §16.3 step 1 MSG-13: what a proxy needs must be there and well-formed", () => {
	for (const name of ["Via", "From", "To", "Call-ID", "CSeq"])
		assert.equal(verdict(options({ [name]: undefined })), `400 ${name}`);
	assert.equal(verdict(options({ "Max-Forwards": undefined })), "ok");
	const bad: Record<string, string> = {
		Via: "SIP/2.0/UDP",
		From: '"a <sip:a@example.com>',
		To: "b",
		"Call-ID": "",
		CSeq: "OPTIONS",
		"Max-Forwards": "many",
		Route: "sip:x y",
	};
	for (const [name, value] of Object.entries(bad))
		assert.equal(verdict(options({ [name]: value })), `400 ${name}`);
});

test("RFC 4475 §3.3.8 MSG-13 MSG-35: a second single-valued header is refused", () => {
	const second: Record<string, string> = {
		From: "<sip:a@example.com>;tag=1",
		To: "<sip:b@example.com>",
		"Call-ID": "c@192.0.2.1",
		CSeq: "1 OPTIONS",
		"Max-Forwards": "70",
		"Content-Length": "0",
	};
	for (const [name, value] of Object.entries(second)) {
		assert.equal(verdict(options({ [name]: [value, value] })), `400 ${name}`);
		assert.equal(verdict(options({ [name]: value })), "ok");
	}
	assert.equal(verdict(options({ i: "other" })), "400 Call-ID", "compact forms count");
});

test("RFC 3261 §7.3.2 MSG-14: request headers in a response are ignored", () => {
	assert.equal(verdict(ok({ "Max-Forwards": ["300", "x"], Route: "<" })), "ok");
});

test("RFC 3261 §16.3 step 1 MSG-12: a malformed header that is not needed is no reason to refuse", () => {
	const text = options({
		Date: "Fri, 32 Jan 2010 25:00:00 EST",
		Contact: "<sip:a@b",
		Expires: "soon",
		"X-Odd": ";;,,;",
	});
	const message = request(text);
	assert.equal(message.text, text);
	assert.throws(() => message.head.contacts, { code: "SIP_PARSE", field: "list" });
});

test("RFC 3261 §8.1.1.5 §20.16 MSG-20: the CSeq number is below 2^32, its method the request's", () => {
	const numbers = { "0": 0, "0009": 9, "4294967295": 4_294_967_295 };
	for (const [digits, number] of Object.entries(numbers))
		assert.equal(request(options({ CSeq: `${digits} OPTIONS` })).head.cseq.number, number);
	for (const bad of ["4294967296 OPTIONS", "-1 OPTIONS", "1 INVITE", "1", "1OPTIONS", "1 OPT IONS"])
		assert.equal(verdict(options({ CSeq: bad })), "400 CSeq", bad);
});

test("RFC 3261 §20.22 MSG-21: Max-Forwards is 0 to 255", () => {
	assert.equal(request(options({ "Max-Forwards": "0068" })).head.maxForwards, 68);
	assert.equal(request(options({ "Max-Forwards": "255" })).head.maxForwards, 255);
	for (const bad of ["256", "-1", "", "7 0", "1e2"])
		assert.equal(verdict(options({ "Max-Forwards": bad })), "400 Max-Forwards", bad);
});

test("RFC 3261 §18.3 MSG-26: in a datagram the body ends at Content-Length", () => {
	const long = request(options({ "Content-Length": "3" }, "abcdef"));
	assert.equal(long.text.slice(long.bodyStart), "abc");
	assert.equal(long.bodyEnd, long.text.length);
	assert.equal(long.head.callId, "c@192.0.2.1", "the head still reads");
	assert.equal(verdict(options({ "Content-Length": "7" }, "abcdef")), "400 Content-Length");
	assert.equal(verdict(ok({ "Content-Length": "7" }, "abcdef")), "400 Content-Length");
	const rest = request(options({}, "abcdef"));
	assert.equal(rest.text.slice(rest.bodyStart, rest.bodyEnd), "abcdef");
});

test("RFC 3261 §18.3 MSG-25 MSG-27: on a stream Content-Length is needed and must be a number", () => {
	assert.equal(verdict(options(), "stream"), "400 Content-Length");
	assert.equal(verdict(options({ l: "0" }), "stream"), "ok");
	for (const bad of ["-1", "abc", "", "1 1", "0x1"])
		assert.equal(verdict(options({ "Content-Length": bad }), "stream"), "400 Content-Length", bad);
	assert.equal(verdict(options({ "Content-Length": "300000" }), "stream"), "513 Content-Length");
});

test("RFC 3261 §7.5 MSG-28: empty lines before the start line are ignored", () => {
	assert.equal(request(`\r\n\r\n${options()}`).text, options());
	assert.equal(verdict("\r\n\r\n"), "400 header");
	assert.equal(verdict(""), "400 header");
	assert.equal(verdict("\0\0 \r\n"), "400 start line");
});

test("RFC 3261 §25.1 MSG-29: a line ends with CR LF, nothing else", () => {
	assert.equal(verdict(options().replaceAll("\r\n", "\n")), "400 header");
	assert.equal(verdict(options({ "X-A": "b\nVia: c" })), "400 header");
	assert.equal(verdict(options({ "X-A": "b\rVia: c" })), "400 header");
	assert.equal(verdict(options({ "X-A": "b\n c" })), "400 header");
	assert.equal(verdict(options().slice(0, -2)), "400 header", "no empty line");
	assert.equal(
		verdict(options({ " X": "folds the start line" }).replace(/Via.*\r\n/, "")),
		"400 Via",
	);
});

test("RFC 3261 §7.3.1: a line without a name or a colon is no header", () => {
	for (const line of ["Foobar roobar", ": x", "X Y: z", "X\xff: z"])
		assert.equal(verdict(options().replace("Max-Forwards: 70", line)), "400 header", line);
});

test("RFC 3261 §18.1.1, §21.5.7 MSG-39: every size has a limit and an answer", () => {
	const long = "x".repeat(MAX_LINE);
	assert.equal(verdict(options({}, "x".repeat(60_000))), "ok");
	assert.equal(verdict(options({ "X-Long": long })), "513 header");
	assert.equal(verdict(options({ "X-Line": "x".repeat(16_000) })), "ok");
	assert.equal(verdict(options({ "X-Line": Array(5).fill("x".repeat(16_000)) })), "513 header");
	assert.equal(verdict(options({ "X-Many": Array(MAX_HEADERS - 6).fill("x") })), "ok");
	assert.equal(verdict(options({ "X-Many": Array(MAX_HEADERS - 5).fill("x") })), "513 header");
	const via = "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1";
	assert.equal(verdict(options({ Via: Array(80).fill(via).join(",") })), "ok");
	assert.equal(verdict(options({ Via: Array(81).fill(via).join(",") })), "513 Via");
	assert.equal(verdict(options({ Route: Array(64).fill("<sip:h;lr>") })), "ok");
	assert.equal(verdict(options({ Route: Array(65).fill("<sip:h;lr>") })), "513 Route");
	const routes = (count: number) => ({ "Record-Route": Array(count).fill("<sip:h>") });
	assert.equal(verdict(options(routes(64))), "ok");
	assert.equal(verdict(options(routes(65))), "513 Record-Route");
	const line = { "Record-Route": routes(65)["Record-Route"].join(",") };
	assert.equal(verdict(options(line)), "513 Record-Route");
	assert.equal(
		verdict(options({ "Record-Route": `"${line["Record-Route"]}` })),
		"ok",
		"not needed",
	);
	assert.equal(verdict(ok(routes(66))), "ok", "ours are among them");
	assert.equal(verdict(ok(routes(67))), "513 Record-Route");
	assert.equal(verdict(ok({ Via: Array(81).fill(via).join(",") })), "ok", "ours is among them");
	const uri = (length: number) => `OPTIONS sip:${"u".repeat(length - 6)}@h SIP/2.0`;
	assert.equal(verdict(start(uri(MAX_URI))), "ok");
	assert.equal(verdict(start(uri(MAX_URI + 1))), "414 start line");
	assert.equal(verdict(start(`OPTIONS sip:${"u".repeat(MAX_LINE)} SIP/2.0`)), "513 start line");
});

test("RFC 4475 §3.1.2.7-11 MSG-54: a Request-URI in <>, with spaces or with headers is refused", () => {
	for (const uri of [
		"<sip:b@h>",
		"sip:b@h; lr",
		"sip:b@h?Route=x",
		"b@h",
		"sip:",
		"sip:b@2001:db8::1",
	])
		assert.match(verdict(start(`OPTIONS ${uri} SIP/2.0`)), /^400 /, uri);
});

test("RFC 4475 §3.3.2 MSG-55: a Request-URI of an unknown scheme is well-formed", () => {
	assert.equal(request(start("OPTIONS any:thing? SIP/2.0")).parsedUri.scheme, "any");
});

test("RFC 4475 §3.1.2.19 MSG-34: a status code is 100 to 699", () => {
	for (const code of ["099", "700", "4294967301", "1e2", "2 0", "-20"])
		assert.equal(verdict(ok().replace("200 OK", `${code} x`)), "400 start line", code);
	for (const code of [100, 499, 699])
		assert.equal(response(ok().replace("200 OK", `${code} x`)).status, code);
});

test("RFC 3261 §8.1.1.7: an RFC 2543 request without branch and From tag is accepted", () => {
	const message = request(options({ Via: "SIP/2.0/UDP 192.0.2.1", From: "sip:a@example.com" }));
	assert.equal(message.head.via.params.get("branch"), undefined);
	assert.equal(message.head.fromTag, undefined);
});

test("RFC 3261 §25 MSG-22 MSG-23: any octet in a value survives", () => {
	let octets = "";
	for (let code = 0; code < 256; code += 1) {
		if (code !== 10 && code !== 13) octets += String.fromCharCode(code);
	}
	const text = options({ "X-Octets": `a${octets}z` }, "\0\xff\r\n\r\n\n");
	const message = request(text);
	assert.equal(message.text, text);
	assert.equal(message.head.text1("x-octets"), `a${octets}z`);
});
