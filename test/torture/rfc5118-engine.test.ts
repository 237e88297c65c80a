/** The messages of RFC 5118 against the whole core, in a datagram and on a stream; and what single messages are there to show. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sent } from "./engine.ts";
import { TortureEngine } from "./engine.ts";
import { tortured } from "./engine-checks.ts";
import { tortureMessages } from "./messages.ts";
import { answerTo, WireLines } from "./wire-lines.ts";

const ALL = new Map(tortureMessages(5118).map((message) => [message.tag, message]));

for (const message of ALL.values())
	for (const transport of ["udp", "tcp"] as const)
		test(`${message.name}, in the engine over ${transport.toUpperCase()}`, () => {
			tortured(message, transport);
		});

function text(tag: string): string {
	const found = ALL.get(tag);
	assert.ok(found);
	return found.text;
}

/** As the message is sent from an address of its own. */
function from(host: string, port: number, message: string): TortureEngine {
	const engine = new TortureEngine("udp");
	engine.receive(message, { ...engine.caller.flow, host, port });
	return engine;
}

test("RFC 5118 §4.1 MSG-V01: we register ipv6-good where it is ours, and answer port 5060 of its source", () => {
	const engine = from(
		"2001:db8::9:1",
		40_000,
		text("ipv6-good").replace("sip:[2001:db8::10]", "sip:example.com"),
	);
	const [{ lines, flow }] = engine.far as [Sent];
	assert.equal(lines.startLine, "SIP/2.0 200 OK");
	assert.deepEqual([flow.host, flow.port], ["2001:db8::9:1", 5060]);
	assert.match(lines.values("contact")[0] ?? "", /^"Caller" <sip:caller@\[2001:db8::1\]>;expires=/);
});

test("RFC 5118 §4.5 RFC 3261 §18.2.1 MSG-V05: our own received has no brackets", () => {
	for (const tag of ["via-received-param-with-delim", "via-received-param-no-delim"]) {
		const engine = from("2001:db8::bad", 40_000, text(tag));
		const [far] = engine.far as [Sent];
		assert.match(far.lines.values("via")[1] ?? "", /;received=2001:db8::bad$/);
		engine.reply(far, answerTo(far.lines, "200 OK"));
		const back = engine.far[1];
		assert.deepEqual([back?.flow.host, back?.flow.port], ["2001:db8::bad", 5060]);
	}
});

test("RFC 5118 §4.7 MSG-V07: the three Vias of mult-ip-in-header arrive in order, and the answer takes the first", () => {
	const engine = from("2001:db8::9:1", 6050, text("mult-ip-in-header"));
	const [far] = engine.far as [Sent];
	assert.deepEqual(
		far.lines.values("via").slice(1),
		new WireLines(text("mult-ip-in-header")).values("via"),
		"the source is what sent-by says: nothing to add",
	);
	engine.reply(far, answerTo(far.lines, "200 OK"));
	const back = engine.far[1];
	assert.deepEqual([back?.flow.host, back?.flow.port], ["2001:db8::9:1", 6050]);
});

test("RFC 5118 §4.9 MSG-V08: a mapped source address is compared with sent-by as the IPv4 address that it is", () => {
	const plain = text("ipv4-mapped-ipv6").replace("[::ffff:192.0.2.10]:19823", "192.0.2.10:19823");
	const [far] = from("::ffff:192.0.2.10", 19_823, plain).far as [Sent];
	assert.equal(far.lines.values("via")[1], "SIP/2.0/UDP 192.0.2.10:19823;branch=z9hG4bKbh19");
});

test("RFC 5118 §4.10 MSG-V09 MSG-46: three colons are sent where two would go, and leave as they came", () => {
	const [far] = new TortureEngine("udp").send(text("ipv6-bug-abnf-3-colons")).far as [Sent];
	assert.equal(far.flow.host, "2001:db8::c000:201");
	assert.equal(far.lines.uri, "sip:user@[2001:db8:::192.0.2.1]");
});

test("RFC 5954 §4.1 MSG-50: brackets around what is no address lead nowhere; no name server is asked", () => {
	for (const host of ["[:::1:::]", "[1::2::3]", "[2001:db8:::]", "[::::192.0.2.1]"]) {
		const engine = new TortureEngine("udp").send(
			text("ipv6-bug-abnf-3-colons").replace("[2001:db8:::192.0.2.1]", host),
		);
		assert.deepEqual([host, engine.far, engine.asked], [host, [], []]);
		assert.ok((engine.answers[0]?.lines.status ?? 0) >= 400);
	}
});
