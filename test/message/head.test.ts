import assert from "node:assert/strict";
import { test } from "node:test";
import { options, request } from "./texts.ts";

const values = (text: string, name: string) => {
	const { head } = request(text);
	return head.elements(name).map(({ start, end }) => head.text.slice(start, end));
};

test("RFC 3261 §7.3.1 MSG-04: names ignore case, white space may surround the colon", () => {
	const text = options()
		.replace("Via: ", "vIa  \t:  ")
		.replace("Max-Forwards: 70", "MAX-forwards:70 \t ");
	const { head } = request(text);
	assert.equal(head.via.host, "192.0.2.1");
	assert.equal(head.maxForwards, 70);
	assert.equal(head.name(0), "vIa");
	assert.equal(head.canonicalName(0), "via");
});

test("RFC 3261 §7.3.1 MSG-05: a folded line is one value with one space", () => {
	const text = options({
		Subject: "I know you're there,\r\n   pick up \r\n\tthe phone",
		Route: "<sip:one;lr>\r\n ,\r\n <sip:two;lr>",
		To: "\r\n <sip:b@example.com>\r\n ;tag\r\n =\r\n 5",
	});
	const { head } = request(text);
	assert.equal(head.text1("subject"), "I know you're there, pick up the phone");
	assert.deepEqual(values(text, "route"), ["<sip:one;lr>", "<sip:two;lr>"]);
	assert.equal(head.toTag, "5");
});

test("RFC 3261 §7.3.1 MSG-06: rows and commas are equivalent and may mix", () => {
	const expected = ["<sip:a;lr>", "<sip:b;lr>", "<sip:c;lr>"];
	for (const Route of [
		["<sip:a;lr>, <sip:b;lr>,<sip:c;lr>"],
		["<sip:a;lr>", "<sip:b;lr>,<sip:c;lr>"],
		["<sip:a;lr>", "<sip:b;lr>", "<sip:c;lr>"],
		["<sip:a;lr>,,", " ,<sip:b;lr> , <sip:c;lr>"],
	]) {
		assert.deepEqual(values(options({ Route }), "route"), expected);
		assert.equal(request(options({ Route })).head.routes[2]?.uri, "sip:c;lr");
	}
});

test("RFC 3261 §7.3.1 MSG-06: commas in quotes and brackets separate nothing", () => {
	const text = options({ Contact: '"a,\\",b" <sip:a,b@h>;x="1,2", sip:c@h' });
	assert.deepEqual(values(text, "contact"), ['"a,\\",b" <sip:a,b@h>;x="1,2"', "sip:c@h"]);
});

test("RFC 3261 §7.3.1 MSG-07: credentials and challenges are never split at commas", () => {
	const lines = ['Digest realm="a", nonce="b"', 'Digest realm="c", nonce="d"'];
	for (const name of [
		"Authorization",
		"Proxy-Authorization",
		"WWW-Authenticate",
		"Proxy-Authenticate",
	])
		assert.deepEqual(values(options({ [name]: lines }), name.toLowerCase()), lines);
});

test("RFC 3261 §7.3.3 MSG-08: long and compact forms make one stack, in order", () => {
	const text = options({ v: "SIP/2.0/TCP second", Via: "SIP/2.0/UDP first" });
	const mixed = text.replace("Via:", "v:").replace("v: SIP/2.0/TCP", "Via: SIP/2.0/TCP");
	assert.deepEqual(values(mixed, "via"), ["SIP/2.0/UDP first", "SIP/2.0/TCP second"]);
});

test("RFC 3261 §20, RFC 6665 §7.3, RFC 3515 §2.1, RFC 3892 §3, RFC 4028 §4, RFC 3841 §10, RFC 8224 §13.1 MSG-09 MSG-10: compact forms", () => {
	const forms: Record<string, string> = {
		a: "accept-contact",
		b: "referred-by",
		c: "content-type",
		d: "request-disposition",
		e: "content-encoding",
		j: "reject-contact",
		k: "supported",
		l: "content-length",
		m: "contact",
		o: "event",
		r: "refer-to",
		s: "subject",
		u: "allow-events",
		x: "session-expires",
		y: "identity",
	};
	for (const [letter, name] of Object.entries(forms)) {
		for (const spelling of [letter, letter.toUpperCase()]) {
			const { head } = request(options({ [spelling]: "0" }));
			assert.equal(head.text1(name), "0", letter);
			assert.equal(head.name(head.first(name)), spelling);
		}
	}
	const compact = options()
		.replace("Via:", "v:")
		.replace("From:", "f:")
		.replace("To:", "t:")
		.replace("Call-ID:", "i:");
	const { head } = request(compact);
	assert.deepEqual(
		[head.via.host, head.fromTag, head.to.uri, head.callId],
		["192.0.2.1", "1", "sip:b@example.com", "c@192.0.2.1"],
	);
});

test("RFC 8224 §13.1 MSG-10: n is an unknown header", () => {
	const { head } = request(options({ n: "<https://example.com>;alg=rsa" }));
	assert.equal(head.has("identity-info"), false);
	assert.equal(head.text1("n"), "<https://example.com>;alg=rsa");
});

test("RFC 3261 §7.3 MSG-11: unknown headers are found by name and never split", () => {
	const { head } = request(options({ "X-List": ["a, b", "c"], "x-LIST": ";;,,;" }));
	const found: string[] = [];
	for (let line = head.first("x-list"); line !== -1; line = head.next(line))
		found.push(head.value(line));
	assert.deepEqual(found, ["a, b", "c", ";;,,;"]);
	assert.equal(head.elements("x-list").length, 3);
	assert.equal(head.first("x-lisp"), -1);
	assert.equal(head.first("x"), -1);
});

test("RFC 3261 §20: offsets name the line, the value and the line's end", () => {
	const { head } = request(options({ Subject: "hello " }));
	const line = head.first("subject");
	assert.equal(head.text.slice(head.lineStart(line), head.lineEnd(line)), "Subject: hello \r\n");
	assert.equal(head.text.slice(head.valueStart(line), head.valueEnd(line)), "hello");
	assert.equal(head.lineEnd(line), head.end);
	assert.equal(head.text.slice(head.end), "\r\n");
});

test("RFC 3261 §20.32: option tags come as lower-case tokens", () => {
	const { head } = request(options({ Supported: ["100rel, Timer", "", "PATH"] }));
	assert.deepEqual(head.tokens("supported"), ["100rel", "timer", "path"]);
});

test("RFC 3261 §20: parsed values are kept", () => {
	const { head } = request(options({ Contact: "<sip:a@h>", Route: "<sip:r;lr>" }));
	assert.equal(head.via, head.via);
	assert.equal(head.contacts, head.contacts);
	assert.equal(head.routes, head.routes);
	assert.equal(head.elements("route"), head.elements("route"));
	assert.deepEqual(head.recordRoutes, []);
});

test("RFC 3261 §20.10: an empty header is a value of no elements", () => {
	const { head } = request(options({ Supported: "", Contact: " " }));
	assert.equal(head.text1("supported"), "");
	assert.deepEqual(head.contacts, []);
});
