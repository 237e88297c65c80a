import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed();

function strangers(rig: ExchangeRig) {
	return {
		eve: rig.phone("eve", { host: "198.51.100.7" }),
		victim: rig.phone("victim", { host: "203.0.113.9" }),
		bob: rig.phone("5000", { host: "172.21.83.60" }),
		ann: rig.phone("6000", { host: "172.21.83.70" }),
	};
}

/** Nothing went to anybody but back to Eve, and what she got. */
function answers(
	rig: ExchangeRig,
	eve: { readonly received: readonly { status?: number | undefined }[] },
) {
	for (const phone of rig.phones)
		if (phone.name !== "eve") assert.deepEqual(phone.received, [], phone.name);
	assert.deepEqual(rig.nowhere, []);
	assert.equal(rig.questions.length, 0);
	return eve.received.map(({ status }) => status);
}

test("RFC 3261 §16.3 PX-16: a stranger's request for a foreign Request-URI is refused, whatever the method", () => {
	const rig = bed.rig();
	const { eve } = strangers(rig);
	const methods = ["INVITE", "MESSAGE", "OPTIONS", "SUBSCRIBE", "REGISTER", "BYE", "FOO"];
	for (const method of methods) eve.request(method, "sip:victim@203.0.113.9");
	assert.deepEqual(
		answers(rig, eve),
		methods.map((method) => (method === "REGISTER" ? 401 : 407)),
	);
});

test("RFC 3261 §16.4 PX-16: a preloaded Route to somewhere else does not make it go there", () => {
	const rig = bed.rig();
	const { eve } = strangers(rig);
	const there = "Route: <sip:203.0.113.9;lr>";
	const uri = "sip:5000@172.21.83.50";
	eve.request("INVITE", uri, { headers: [there] });
	eve.request("INVITE", uri, { headers: ["Route: <sip:172.21.83.50;lr>", there] });
	eve.request("INVITE", uri, { headers: ["Route: <sip:172.21.83.50;lr>, <sip:203.0.113.9>"] });
	eve.request("OPTIONS", "sip:172.21.83.50", { headers: [there] });
	assert.deepEqual(answers(rig, eve), [407, 407, 407, 407]);
});

test("RFC 5626 §5.3.1 PX-15 PX-35: a forged cookie gets 403, in Route and in the Request-URI", () => {
	const rig = bed.rig();
	const { eve } = strangers(rig);
	const forged = "sip:172.21.83.50:5060;lr;x5=EzwBAX04AAGsFVNGE8QAAawVUzwTxHkO87IHrm2myhY;ftag=eve";
	eve.request("INVITE", "sip:victim@203.0.113.9", { headers: [`Route: <${forged}>`] });
	eve.request("BYE", "sip:victim@203.0.113.9", { headers: [`Route: <${forged}>`] });
	eve.request("INVITE", forged, { headers: ["Route: <sip:victim@203.0.113.9>"] });
	eve.request("ACK", "sip:victim@203.0.113.9", { headers: [`Route: <${forged}>`] });
	assert.deepEqual(answers(rig, eve), [403, 403, 403]);
});

test("RFC 3261 §16.11 PX-16: a stranger's ACK goes nowhere", () => {
	const rig = bed.rig();
	const { eve } = strangers(rig);
	eve.request("ACK", "sip:victim@203.0.113.9");
	eve.request("ACK", "sip:5000@172.21.83.50");
	eve.request("ACK", "sip:5000@172.21.83.50", { headers: ["Route: <sip:203.0.113.9;lr>"] });
	assert.deepEqual(answers(rig, eve), []);
	assert.equal(rig.size, 0);
	assert.equal(rig.log.filter(({ message }) => message === "ack.dropped").length, 3);
});

test("RFC 5626 §12 PX-112: a cookie overheard from another call is worth nothing in one of her own", () => {
	const rig = bed.rig();
	const { eve, ann, bob } = strangers(rig);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const [entry = ""] = bob.take("INVITE").recordRoutes;
	for (const phone of [ann, bob]) phone.received.length = 0;
	eve.request("INVITE", "sip:victim@203.0.113.9", { headers: [`Route: ${entry}`] });
	eve.request("MESSAGE", "sip:5000@172.21.83.60", { headers: [`Route: ${entry}`] });
	assert.deepEqual(answers(rig, eve), [403, 403]);
});

test("RFC 3261 §16.3 PX-16: a stranger may not call our devices either, but may ask what we are", () => {
	const rig = bed.rig();
	const { eve } = strangers(rig);
	for (const number of ["5000", "7789", "8123", "media", "nobody"])
		eve.request("INVITE", `sip:${number}@172.21.83.50`);
	eve.request("OPTIONS", "sip:172.21.83.50");
	assert.deepEqual(answers(rig, eve), [407, 407, 407, 407, 407, 200]);
});

test("architecture §6 PX-16: a trusted source is relayed to wherever it wants", () => {
	const rig = bed.rig();
	const { ann, victim, eve } = strangers(rig);
	ann.request("INVITE", "sip:victim@203.0.113.9");
	assert.equal(victim.take("INVITE").uri, "sip:victim@203.0.113.9");
	ann.request("INVITE", "sip:x@example.org", { headers: ["Route: <sip:203.0.113.9;lr>"] });
	assert.equal(victim.take("INVITE").uri, "sip:x@example.org");
	ann.request("ACK", "sip:x@example.org", { headers: ["Route: <sip:203.0.113.9;lr>"] });
	assert.equal(victim.take("ACK").uri, "sip:x@example.org");
	ann.request("ACK", "tel:+1-201-555-0123", { headers: ["Route: <sip:203.0.113.9;lr>"] });
	assert.deepEqual(victim.unread, [], "to nowhere");
	assert.deepEqual(eve.received, []);
});

test("RFC 3261 §18.2.2 TR-60: a stranger cannot point our responses at a third address", () => {
	const rig = bed.rig();
	const { eve, ann, victim } = strangers(rig);
	eve.request("INVITE", "sip:nobody@172.21.83.50", { via: ";maddr=203.0.113.9" });
	rig.wait(40_000);
	const sent = answers(rig, eve);
	assert.ok(sent.length > 0 && sent.every((status) => status === 407), String(sent));
	ann.request("OPTIONS", "sip:172.21.83.50", { via: ";maddr=203.0.113.9" });
	assert.equal(victim.take(200).cseqMethod, "OPTIONS", "whom the configuration trusts may");
});

test("RFC 4475 §3.3.10 TR-16: nothing is sent to a group, to everybody or to nobody, whoever asks for it and where", () => {
	const rig = bed.rig();
	const { ann } = strangers(rig);
	for (const host of ["255.255.255.255", "0.0.0.0", "224.2.0.1", "[ff02::1]", "[::]"]) {
		ann.request("OPTIONS", `sip:x@${host}`);
		ann.request("OPTIONS", `sip:x@example.org;maddr=${host}`);
		ann.request("OPTIONS", "sip:x@example.org", { headers: [`Route: <sip:${host};lr>`] });
	}
	assert.deepEqual(rig.nowhere, []);
	assert.equal(ann.received.length, 15);
	assert.ok(
		ann.received.every(({ status = 0 }) => status >= 400),
		rig.transcript.join("\n"),
	);
	ann.request("OPTIONS", "sip:x@example.org");
	rig.answerDns([], "NAPTR example.org").answerDns([], "SRV _sip._udp.example.org");
	rig.answerDns([{ type: "A", address: "224.2.0.1" }]);
	assert.deepEqual(rig.nowhere, [], "nor if a name server says so");
});

test("RFC 4475 §3.3.10 TR-16 TR-59: bcast: a response whose next Via is everybody's address goes nowhere", () => {
	const rig = bed.rig();
	const { eve } = strangers(rig);
	eve.send(readFileSync(new URL("../torture/rfc4475/bcast.dat", import.meta.url), "latin1"));
	assert.deepEqual(answers(rig, eve), []);
	assert.equal(rig.exchange.proxy.transactions.counters.unmatchedResponses, 1);
});

test("RFC 6026 §7.3 TR-59: a stray response is dropped by its Via: it is not parsed, and nothing is sent", () => {
	const rig = bed.rig();
	const { eve, bob, ann } = strangers(rig);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const invite = bob.take("INVITE");
	for (const phone of rig.phones) phone.received.length = 0;
	const ok = (branch: string) =>
		`SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 172.21.83.50:5060;branch=${branch}\r\nFrom: nonsense\r\n\r\n`;
	for (let stray = 0; stray < 10; stray += 1) eve.send(ok(`z9hG4bKstray${stray}`));
	assert.deepEqual(answers(rig, eve), []);
	assert.equal(rig.exchange.proxy.transactions.counters.unmatchedResponses, 10);
	assert.equal(rig.exchange.counters.malformed, 0);
	eve.send(ok(/branch=([^;]+)/.exec(invite.vias[0] ?? "")?.[1] ?? ""));
	assert.equal(rig.exchange.counters.malformed, 1, "one that has a transaction is parsed");
	assert.deepEqual(answers(rig, eve), []);
});

test("TR-60: all that somebody unverified gets for one datagram is not three times as long, however long he is silent", () => {
	for (const [status, text] of SHORTEST) {
		const rig = bed.rig();
		const { eve } = strangers(rig);
		eve.send(text);
		rig.wait(300_000);
		assert.equal(eve.received[0]?.status, status);
		const octets = eve.received.reduce((sum, reply) => sum + reply.text.length, 0);
		assert.ok(octets <= 3 * text.length, `${status}: ${octets} for ${text.length}`);
	}
});

/** The fewest octets that each kind of reply can be had for. */
const SHORTEST: readonly (readonly [number, string])[] = [
	[401, shortest("REGISTER", "sip:172.21.83.50", "sip:7790@172.21.83.50", "m:<sip:h>\r\n")],
	[407, shortest("INVITE", "sip:5000@172.21.83.50", "sip:7790@172.21.83.50", "m:<sip:h>\r\n")],
	[407, shortest("INVITE", "sip:5000@172.21.83.50", "sip:a@b", "m:<sip:h>\r\n")],
	[200, shortest("OPTIONS", "sip:172.21.83.50", "sip:a@b")],
	[420, shortest("OPTIONS", "sip:172.21.83.50", "sip:a@b", "Proxy-Require:x\r\n")],
	[416, shortest("OPTIONS", "x:y", "sip:a@b")],
	[483, shortest("OPTIONS", "sip:a@b", "sip:a@b", "Max-Forwards:0\r\n")],
	[400, "X y SIP/2.0\r\nv:SIP/2.0/UDP h\r\n\r\n"],
];

function shortest(method: string, uri: string, user: string, more = ""): string {
	return `${method} ${uri} SIP/2.0\r\nv:SIP/2.0/UDP h;branch=z9hG4bK1\r\nf:<${user}>;tag=1\r\nt:<${user}>\r\ni:1\r\nCSeq:1 ${method}\r\n${more}\r\n`;
}

test("RFC 3261 §18.2.2 TR-14: a response goes to where the request came from, not to a victim that its Via names", () => {
	const rig = bed.rig();
	const { eve } = strangers(rig);
	const text = eve.write("INVITE", "sip:nobody@172.21.83.50");
	const vias = [
		"SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bK1;rport",
		"SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bK2",
		"SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK3;received=203.0.113.9;rport=5060",
	];
	for (const via of vias) eve.send(text.replace(/^Via: .*$/m, `Via: ${via}`));
	assert.deepEqual(answers(rig, eve), [407, 407, 407]);
});
