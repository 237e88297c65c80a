/** Message syntax as the other side sees it: what goes into the whole core, octet for octet, and what comes out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import { type Sent, TortureEngine } from "../torture/engine.ts";
import { answerTo } from "../torture/wire-lines.ts";

type Lines = Record<string, string | readonly string[] | undefined>;

/** A request as lines, `undefined` for a header left out, a list for several; what is given comes last. */
function request(method: string, uri: string, given: Lines = {}, body = ""): string {
	const lines: Lines = {
		Via: "SIP/2.0/UDP 192.0.2.99:5060;branch=z9hG4bKone",
		"Max-Forwards": "70",
		From: "<sip:ann@example.org>;tag=a",
		To: "<sip:bob@example.net>",
		"Call-ID": "one@example.org",
		CSeq: `1 ${method}`,
		...given,
		"Content-Length": String(body.length),
	};
	const text = Object.entries(lines).flatMap(([name, value]) =>
		(value === undefined ? [] : [value].flat()).map((one) => `${name}: ${one}`),
	);
	return `${[`${method} ${uri} SIP/2.0`, ...text].join("\r\n")}\r\n\r\n${body}`;
}

const BOB = "sip:bob@example.net";

/** The one message that the far side got. */
function forwarded(text: string): Sent {
	const engine = new TortureEngine("udp").send(text);
	assert.deepEqual(
		engine.answers.map(({ lines }) => lines.startLine),
		[],
	);
	assert.equal(engine.far.length, 1);
	return engine.far[0] as Sent;
}

/** The one answer that came. */
function answered(text: string): Sent {
	const engine = new TortureEngine("udp").send(text);
	assert.deepEqual(engine.far, []);
	assert.equal(engine.answers.length, 1);
	return engine.answers[0] as Sent;
}

test("RFC 3261 §7.1 MSG-02 MSG-03: invite is no INVITE; sip/2.0 is read, and SIP/2.0 is written", () => {
	const far = forwarded(request("invite", BOB).replace("SIP/2.0\r\n", "sip/2.0\r\n"));
	assert.equal(far.lines.startLine, `invite ${BOB} SIP/2.0`);
	assert.deepEqual(far.lines.named("record-route"), [], "it makes no dialog");
	const engine = new TortureEngine("udp").send(request("OPTIONS", BOB));
	const [asked] = engine.far as [Sent];
	engine.reply(asked, answerTo(asked.lines, "200 OK").replace("SIP/2.0 200", "Sip/2.0 200"));
	assert.equal(engine.answers[0]?.lines.startLine, "SIP/2.0 200 OK");
});

test("RFC 3261 §7.3.1 MSG-05: a folded Subject is the same Subject on the far side", () => {
	const far = forwarded(
		request("OPTIONS", BOB, { Subject: "I know you're\r\n there,\r\n\t pick up" }),
	);
	assert.deepEqual(far.lines.values("subject"), ["I know you're there, pick up"]);
});

test("RFC 3261 §7.3.1 §16.12 MSG-06: Routes in rows and with commas lead the same way and stay in order", () => {
	const hops = [
		"<sip:one.example.org;lr>",
		"<sip:two.example.org;lr=on>",
		"<sip:three.example.org;lr>",
	];
	const forms = [hops, [hops.join(",")], [hops[0] ?? "", `${hops[1]} , ${hops[2]}`]];
	for (const form of forms) {
		const engine = new TortureEngine("udp").send(request("OPTIONS", BOB, { Route: form }));
		assert.equal(engine.asked[0], "one.example.org");
		const [far] = engine.far as [Sent];
		assert.equal(far.lines.uri, BOB);
		assert.deepEqual(far.lines.values("route"), form);
	}
});

test("RFC 3261 §7.3.1 MSG-07: two challenges come back as two lines", () => {
	const engine = new TortureEngine("udp").send(request("OPTIONS", BOB));
	const [far] = engine.far as [Sent];
	const challenges = ["Digest realm=a, nonce=x", "Digest realm=b, nonce=y"];
	const lines = challenges.map((value) => `WWW-Authenticate: ${value}`);
	engine.reply(far, answerTo(far.lines, "401 Unauthorized", lines));
	assert.deepEqual(engine.answers[0]?.lines.values("www-authenticate"), challenges);
});

test("RFC 3261 §7.3.3 §20 MSG-08 MSG-09: a REGISTER in compact forms only gets 200", () => {
	const text = [
		"REGISTER sip:example.com SIP/2.0",
		"v: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKc",
		"f: <sip:user@example.com>;tag=a",
		"t: <sip:user@example.com>",
		"i: compact",
		"m: <sip:user@192.0.2.99>",
		"k: path",
		"CSeq: 1 REGISTER",
		"l: 0",
	].join("\r\n");
	assert.equal(answered(`${text}\r\n\r\n`).lines.status, 200);
});

test("RFC 3261 §7.3 §16.3 step 1 MSG-10 MSG-11 MSG-12 MSG-14 MSG-22 MSG-36: what a proxy does not need leaves octet for octet", () => {
	const lines = {
		X: ";;,,;",
		n: "<https://example.org/cert>;x",
		Date: "Fri, 01 Jan 2010 16:00:00 EST",
		"Retry-After": "a response's",
		Contact: "<sip:ann@192.0.2.99>;q=7;;",
		Expires: `1${"0".repeat(100)}`,
		"X-Octets": "\xff\x80 \xc3",
	};
	const far = forwarded(request("OPTIONS", BOB, lines));
	for (const [name, value] of Object.entries(lines))
		assert.ok(far.text.includes(`\r\n${name}: ${value}\r\n`), name);
});

test("RFC 3261 §16.3 step 1 MSG-13 MSG-15 MSG-35: what it needs and cannot read is answered 400, or not at all", () => {
	for (const name of ["From", "To", "Call-ID", "CSeq"]) {
		assert.equal(answered(request("OPTIONS", BOB, { [name]: undefined })).lines.status, 400);
		const twice = request("OPTIONS", BOB).replace(new RegExp(`\r\n(${name}: .*)`), "\r\n$1\r\n$1");
		assert.equal(answered(twice).lines.status, 400, name);
	}
	const bad: Lines[] = [
		{ "Max-Forwards": "x" },
		{ "Max-Forwards": ["70", "70"] },
		{ Route: "<sip:one.example.org;lr" },
		{ "Proxy-Require": 'a"' },
		{ Via: "SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKa;branch=z9hG4bKb" },
	];
	for (const lines of bad) assert.equal(answered(request("OPTIONS", BOB, lines)).lines.status, 400);
	const silent = new TortureEngine("udp").send(request("OPTIONS", BOB, { Via: undefined }));
	assert.deepEqual([silent.far, silent.answers], [[], []]);
});

test("RFC 3261 §7.3.1 §17.1.3 §20.8 MSG-16: a branch answered in upper case still matches; a Call-ID in another case is another call", () => {
	const engine = new TortureEngine("udp").send(request("OPTIONS", BOB));
	const [far] = engine.far as [Sent];
	const ours = /branch=([^;]*)/.exec(far.text)?.[1] ?? "";
	engine.reply(far, answerTo(far.lines, "200 OK").replace(ours, ours.toUpperCase()));
	assert.equal(engine.answers[0]?.lines.status, 200);

	const old = { Via: "SIP/2.0/UDP 192.0.2.99" };
	const other = new TortureEngine("udp").send(request("OPTIONS", BOB, old));
	other.send(request("OPTIONS", BOB, old));
	assert.equal(other.far.length, 1, "a repeat");
	other.send(request("OPTIONS", BOB, { ...old, "Call-ID": "ONE@example.org" }));
	assert.equal(other.far.length, 2);
});

test("RFC 3261 §20.19 MSG-21: an Expires beyond all numbers makes an ordinary binding", () => {
	const lines = { To: "<sip:user@example.com>", Contact: "<sip:user@192.0.2.99>" };
	const text = request("REGISTER", "sip:example.com", { ...lines, Expires: `1${"0".repeat(100)}` });
	const { status, ...rest } = contactOf(answered(text));
	assert.equal(status, 200);
	assert.match(
		answered(text).lines.values("date")[0] ?? "",
		/ GMT$/,
		"MSG-36: the one zone we write",
	);
	assert.ok(rest.expires > 0 && rest.expires <= 86_400, String(rest.expires));
});

function contactOf({ lines }: Sent): { status: number; expires: number } {
	const expires = /expires=(\d+)$/.exec(lines.values("contact")[0] ?? "")?.[1];
	return { status: lines.status, expires: Number(expires) };
}

test("RFC 3261 §16.6 step 1 §20.14 MSG-24: a body of every octet there is arrives bit for bit", () => {
	const body = Array.from({ length: 1024 }, (_, at) => String.fromCharCode(at & 255)).join("");
	const far = forwarded(
		request("MESSAGE", BOB, { "Content-Type": "application/octet-stream" }, body),
	);
	assert.equal(far.lines.body, body);
});

test("RFC 3261 §18.3 MSG-26: a datagram that ends before its body does is answered 400; what is behind the body goes no further", () => {
	const whole = request("MESSAGE", BOB, {}, "twelve bytes");
	assert.equal(answered(whole.slice(0, -1)).lines.status, 400);
	assert.equal(
		forwarded(`${whole}INVITE sip:x@example.net SIP/2.0\r\n`).lines.body,
		"twelve bytes",
	);
	assert.equal(forwarded(whole.replace(/Content-Length.*\r\n/, "")).lines.body, "twelve bytes");
});

test("RFC 3261 §25.1 MSG-29: lines that end with LF alone have one outcome on both transports: nothing", () => {
	const bare = request("OPTIONS", BOB).replaceAll("\r\n", "\n");
	for (const transport of ["udp", "tcp"] as const) {
		const engine = new TortureEngine(transport).send(bare);
		assert.deepEqual([engine.far, engine.answers], [[], []]);
		assert.equal(engine.closed, transport === "tcp");
	}
});

test("RFC 3261 §8.2.6.2 MSG-30: an answer of ours has a tag in To, and the repeat of its request the same", () => {
	const engine = new TortureEngine("udp");
	const text = request("OPTIONS", "sip:nobody@example.com;x").replace(
		"Max-Forwards: 70",
		"Max-Forwards: 0",
	);
	engine.send(text).send(text);
	const [first, second] = engine.answers.map((answer) => answer.text);
	assert.match(first ?? "", /\r\nTo: <sip:bob@example.net>;tag=[0-9a-f]{8,}\r\n/);
	assert.equal(second, first);
});

test("RFC 3261 §8.2.6.1 MSG-31: our 100 echoes Timestamp", () => {
	const engine = new TortureEngine("udp").send(request("INVITE", BOB, { Timestamp: "5" }));
	engine.rig.wait(300);
	const [trying] = engine.answers as [Sent];
	assert.equal(trying.lines.status, 100);
	assert.match(trying.lines.values("timestamp")[0] ?? "", /^5\b/);
});

test("RFC 3261 §8.1.3.2 §16.7 MSG-33: a code that nobody knows passes as it is", () => {
	for (const status of ["499 Odd", "299 Fine", "699 Never"]) {
		const engine = new TortureEngine("udp").send(request("OPTIONS", BOB));
		const [far] = engine.far as [Sent];
		engine.reply(far, answerTo(far.lines, status));
		assert.equal(engine.answers[0]?.lines.startLine, `SIP/2.0 ${status}`);
	}
});

test("RFC 3261 §17 MSG-37: a malformed ACK and a malformed response are answered by silence", () => {
	const ack = request("ACK", BOB, { "Call-ID": undefined });
	const response = answerTo(forwarded(request("OPTIONS", BOB)).lines, "200 OK");
	for (const text of [ack, response.replace(/\r\nCSeq.*/, ""), response.replace("200", "99")]) {
		const engine = new TortureEngine("udp").send(text);
		assert.deepEqual([engine.far, engine.answers], [[], []]);
	}
});

test("RFC 3261 §7.3.1 MSG-42: what a proxy reads stands above what it does not", () => {
	const { lines } = forwarded(request("INVITE", BOB, { Route: "<sip:one.example.org;lr>" })).lines;
	const names = lines.map((line) => line.slice(0, line.indexOf(":")));
	assert.deepEqual(names.slice(0, 4), ["Via", "Via", "Record-Route", "Max-Forwards"]);
	const answer = answered(request("OPTIONS", BOB, { "Max-Forwards": "0" }));
	assert.match(answer.lines.lines[0] ?? "", /^Via:/);
});

test("RFC 3261 §16.6 step 2 §19.1.1 MSG-46 MSG-53: a Request-URI is never normalised, and unknown parameters stay", () => {
	for (const uri of ["sip:%75ser@EXAMPLE.net;foo;BAR=%41", "sip:user@example.net:05060;lr=on"])
		assert.equal(forwarded(request("OPTIONS", uri)).lines.uri, uri);
});

test("RFC 5954 §4.2 RFC 3261 §10.3 MSG-50 MSG-51: two spellings of an address are one binding; a name and its address are two", () => {
	const engine = new TortureEngine("udp");
	const bind = (contact: string, cseq: number): readonly string[] => {
		const lines = {
			To: "<sip:user@example.com>",
			Contact: `<${contact}>`,
			CSeq: `${cseq} REGISTER`,
		};
		const via = { Via: `SIP/2.0/UDP 192.0.2.99:5060;branch=z9hG4bK${cseq}` };
		engine.send(request("REGISTER", "sip:example.com", { ...via, ...lines }));
		return (
			engine.answers
				.at(-1)
				?.lines.values("contact")
				.map((one) => one.split(">")[0] ?? "") ?? []
		);
	};
	assert.equal(bind("sip:b@[2001:db8::0:1]", 1).length, 1);
	assert.deepEqual(bind("sip:b@[2001:0DB8:0::1]", 2), ["<sip:b@[2001:0DB8:0::1]"]);
	assert.equal(bind("sip:b@host.example.org", 3).length, 2);
	assert.equal(bind("sip:b@192.0.2.4", 4).length, 3);
});

test("RFC 3261 §16.6 step 2 §19.1.5 MSG-52: a target loses its method parameter and its headers, and no header is made of them", () => {
	const uri = "sip:bob@example.net;method=BYE;x=1?Route=%3Csip:evil.example.org%3E&Subject=a";
	const engine = new TortureEngine("udp", "udp", () => relay(uri)).send(request("OPTIONS", BOB));
	const [far] = engine.far as [Sent];
	assert.equal(far.lines.startLine, "OPTIONS sip:bob@example.net;x=1 SIP/2.0");
	assert.deepEqual([far.lines.values("route"), far.lines.values("subject")], [[], []]);
	assert.equal(engine.asked[0], "example.net");
});

test("RFC 3261 §19.1.1 MSG-59: a Route with lr=true is loose", () => {
	const far = forwarded(request("OPTIONS", BOB, { Route: "<sip:one.example.org;lr=true>" }));
	assert.equal(far.lines.uri, BOB);
});

test("RFC 3261 §18.1.1 §21.5.7 MSG-39: the largest request that we forward gets its response, with 80 Vias and 64 Record-Routes of others", () => {
	const lines = {
		Via: Array.from({ length: 80 }, (_, at) => `SIP/2.0/UDP h${at};branch=z9hG4bK${at}`),
		"Record-Route": Array.from({ length: 64 }, (_, at) => `<sip:r${at}.example.org;lr>`),
	};
	const engine = new TortureEngine("udp").send(request("INVITE", BOB, lines));
	const [far] = engine.far as [Sent];
	engine.reply(far, answerTo(far.lines, "200 OK", ["Contact: <sip:bob@203.0.113.9>"]));
	const back = engine.answers.at(-1);
	assert.equal(back?.lines.status, 200);
	assert.equal(back.lines.named("via").length, 80);
	assert.equal(back.lines.named("record-route").length, 65);
});

test("RFC 3261 §18.1.1 MSG-39: an INVITE of 60 kB in one datagram is forwarded", () => {
	const body = "x".repeat(59_000);
	assert.equal(forwarded(request("INVITE", BOB, {}, body)).lines.body.length, body.length);
});

test("RFC 3261 §21.5.7 MSG-39: 300 KiB over TCP get 513 and the end of the connection", () => {
	const engine = new TortureEngine("tcp").send(request("MESSAGE", BOB, {}, "x".repeat(307_200)));
	assert.deepEqual(
		engine.answers.map(({ lines }) => lines.status),
		[513],
	);
	assert.ok(engine.closed);
	assert.equal(engine.buffered, 0, "memory that is kept");
});
