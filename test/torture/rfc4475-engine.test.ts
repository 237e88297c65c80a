/** The messages of RFC 4475 against the whole core, in a datagram and on a stream; and what single messages are there to show. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMessage } from "../../core/message/parse-message.ts";
import { type Sent, SOURCE, TortureEngine } from "./engine.ts";
import { tortured } from "./engine-checks.ts";
import { tortureMessages } from "./messages.ts";
import { answerTo, WireLines } from "./wire-lines.ts";

const ALL = new Map(tortureMessages(4475).map((message) => [message.tag, message]));

for (const message of ALL.values())
	for (const transport of ["udp", "tcp"] as const)
		test(`${message.name}, in the engine over ${transport.toUpperCase()}`, () => {
			tortured(message, transport);
		});

function message(tag: string) {
	const found = ALL.get(tag);
	assert.ok(found);
	return found;
}

function text(tag: string): string {
	return message(tag).text;
}

/** The message on a fresh core, over UDP; to somewhere else when the text is changed on the way. */
function sent(tag: string, change: (text: string) => string = (same) => same): TortureEngine {
	return new TortureEngine("udp").send(change(text(tag)));
}

/** To a domain that is not ours: a REGISTER is passed on like any other request. */
function elsewhere(register: string): string {
	return register.replace(" sip:example.com ", " sip:example.net ");
}

/** What a device is bound to, as a REGISTER without Contact is told. */
function fetched(engine: TortureEngine, user: string): readonly string[] {
	engine.answers.length = 0;
	const lines = [
		"REGISTER sip:example.com SIP/2.0",
		`Via: SIP/2.0/UDP ${SOURCE};branch=z9hG4bKfetch`,
		`From: <sip:${user}@example.com>;tag=fetch`,
		`To: <sip:${user}@example.com>`,
		"Call-ID: fetch",
		"CSeq: 1 REGISTER",
		"Content-Length: 0",
	];
	engine.send(`${lines.join("\r\n")}\r\n\r\n`);
	const [answer] = engine.answers as [Sent];
	assert.equal(answer.lines.status, 200);
	return answer.lines.values("contact").map((value) => value.replace(/;expires=\d+$/, ""));
}

test("RFC 4475 §3.1.1.1 RFC 3261 §17.2.3 MSG-T01: wsinv has no branch of today, and its repeat is still known as one", () => {
	const engine = sent("wsinv");
	engine.send(text("wsinv"));
	assert.equal(engine.far.length, 1);
	engine.send(text("wsinv").replace("cseq: 0009", "cseq: 0010"));
	assert.equal(engine.far.length, 2);
});

test("RFC 4475 §3.1.1.4 MSG-T04: escnull binds two contacts, to the whole AOR", () => {
	const { rig, answers } = sent("escnull");
	const contacts = answers[0]?.lines.values("contact").map((value) => value.split(">")[0]);
	assert.deepEqual(contacts, ["<sip:%00@host5.example.com", "<sip:%00%00@host5.example.com"]);
	assert.equal(rig.store.bindings("null-\0-null", rig.now).length, 2);
	assert.equal(rig.store.bindings("null-", rig.now).length, 0);
});

test("RFC 4475 §3.1.1.5 MSG-T05: esc02 is no REGISTER: nothing is bound by it", () => {
	const { rig } = sent("esc02", (one) =>
		one.replace("sip:registrar.example.com", "sip:example.com"),
	);
	assert.deepEqual([...rig.store.all(rig.now)], []);
});

test("RFC 4475 §3.1.1.7 MSG-T07: all 34 Vias of longreq arrive in order, below ours", () => {
	const [far] = sent("longreq").far as [Sent];
	const hosts = viaHosts(far.text);
	assert.equal(hosts.length, 35);
	assert.deepEqual(hosts.slice(1), viaHosts(text("longreq")));
});

function viaHosts(from: string): string[] {
	return new WireLines(from)
		.values("via")
		.flatMap((value) => value.split(","))
		.map((via) => /^SIP\s*\/\s*2.0\s*\/\s*\w+\s+([^\s;]+)/.exec(via.trim())?.[1] ?? "");
}

test("RFC 4475 §3.1.1.8 MSG-T08: behind dblreq there is no second message in a datagram, and a real one on a stream", () => {
	assert.deepEqual(sent("dblreq").far, []);
	const stream = new TortureEngine("tcp").send(text("dblreq"));
	const [invite] = stream.far as [Sent];
	assert.equal(stream.far.length, 1);
	assert.equal(invite.lines.startLine, "INVITE sip:joe@example.com SIP/2.0");
	assert.equal(invite.lines.body.length, 150);
});

test("RFC 4475 §3.1.1.9 MSG-T09: the user of semiuri is all of it, and nobody called user", () => {
	const read = parseMessage(text("semiuri"), "datagram");
	assert.ok(read.kind === "request");
	assert.equal(read.parsedUri.user, "user;par=u%40example.net");
	assert.deepEqual([read.parsedUri.host, read.parsedUri.params], ["example.com", []]);
});

test("RFC 4475 §3.1.1.11 RFC 3261 §16.6 step 6 MSG-T11: a strict router gets the target of mpart01 in the last Route", () => {
	const [far] = sent("mpart01").far as [Sent];
	assert.deepEqual(far.lines.values("route"), ["<sip:kumiko@example.org>"]);
	assert.equal(far.lines.body.length, 553);
});

/** An INVITE through the core; `of` makes the far side's message out of its Vias. */
function answeredWith(tag: string, of: (far: Sent, archived: WireLines) => string): TortureEngine {
	const engine = sent("sdp01");
	const [far] = engine.far as [Sent];
	return engine.reply(far, of(far, new WireLines(text(tag))));
}

/** The archived response, as if it answered that request. */
function rewritten(far: Sent, archived: WireLines): string {
	const { lines } = far;
	const own = ["via", "from", "to", "call-id", "cseq"];
	const head = own.flatMap((name) => lines.named(name));
	return [archived.startLine, ...head, ...archived.without(...own), "", archived.body].join("\r\n");
}

test("RFC 4475 §3.1.1.12 MSG-T12: inside a transaction the reason of unreason and its body pass octet for octet", () => {
	const [back] = answeredWith("unreason", rewritten).answers as [Sent];
	const archived = new WireLines(text("unreason"));
	assert.equal(back.lines.startLine, archived.startLine);
	assert.equal(back.lines.body, archived.body);
});

test("RFC 4475 §3.1.1.13 MSG-T13: inside a transaction the 100 of noreason ends the repeats and goes no further", () => {
	const engine = answeredWith("noreason", rewritten);
	engine.rig.wait(5_000);
	assert.equal(engine.far.length, 1, "repeated in spite of the 100");
	assert.deepEqual(
		engine.answers.map(({ lines }) => lines.startLine),
		["SIP/2.0 100 Trying"],
		"our own",
	);
});

test("RFC 4475 §3.1.2.5 §3.1.2.19 MSG-T18 MSG-T32: inside a transaction scalarlg and bigcode are nothing: the repeats go on", () => {
	for (const tag of ["scalarlg", "bigcode"]) {
		const engine = answeredWith(tag, (far, archived) => {
			const one = rewritten(far, archived);
			return tag === "bigcode" ? one : one.replace(/CSeq: \d+/, "CSeq: 9292394834772304023312");
		});
		engine.rig.wait(600);
		assert.equal(engine.far.length, 2);
		assert.deepEqual(
			engine.answers.filter(({ lines }) => lines.status !== 100),
			[],
		);
	}
});

test("RFC 4475 §3.1.2.13 MSG-T26: what regbadct says is bound to nobody; for another registrar it passes", () => {
	const { rig } = sent("regbadct");
	assert.deepEqual([...rig.store.all(rig.now)], []);
	const [far] = sent("regbadct", elsewhere).far as [Sent];
	assert.deepEqual(far.lines.named("contact"), new WireLines(text("regbadct")).named("contact"));
});

test("RFC 4475 §3.2.1 RFC 3261 §17.2.3 MSG-T33 MSG-38: two of the branch of badbranch are one by its From and Call-ID only", () => {
	const engine = sent("badbranch");
	engine.send(text("badbranch"));
	assert.equal(engine.far.length, 1, "a repeat");
	engine.send(text("badbranch").replace("tag=33242", "tag=other").replace("badbranch.", "other."));
	assert.equal(engine.far.length, 2, "another caller");
	for (const far of engine.far.toReversed()) engine.reply(far, answerTo(far.lines, "200 OK"));
	const callIds = engine.answers.map(({ lines }) => lines.values("call-id")[0]?.split(".")[0]);
	assert.deepEqual(callIds, ["other", "badbranch"]);
});

test("RFC 4475 §3.3.4 MSG-T37: unksm2 passes to another registrar as it came", () => {
	const [far] = sent("unksm2", elsewhere).far as [Sent];
	const received = new WireLines(text("unksm2"));
	for (const name of ["to", "from", "contact"])
		assert.deepEqual(far.lines.named(name), received.named(name));
});

test("RFC 4475 §3.3.5 MSG-T38: for our own REGISTER the Require tags are listed", () => {
	const { answers } = sent("cparam01", (one) =>
		one.replace("Max-F", "Require: nothingSupportsThis\r\nMax-F"),
	);
	assert.equal(answers[0]?.lines.status, 420);
	assert.deepEqual(answers[0]?.lines.values("unsupported"), ["nothingSupportsThis"]);
});

test("RFC 4475 §3.3.7 MSG-T40: regaut01 is challenged with Digest, or passes with its credentials untouched", () => {
	const [challenge] = sent("regaut01").answers as [Sent];
	assert.match(challenge.lines.values("www-authenticate")[0] ?? "", /^Digest .*nonce=/);
	const [far] = sent("regaut01", elsewhere).far as [Sent];
	assert.deepEqual(far.lines.named("authorization"), [
		"Authorization: NoOneKnowsThisScheme opaque-data=here",
	]);
});

test("RFC 4475 §3.3.10 RFC 3261 §18.2.2 MSG-T43: nothing is ever sent to the addresses of a Via", () => {
	const engine = answeredWith("bcast", rewritten);
	assert.equal(engine.answers.at(-1)?.lines.status, 200);
	const asked = sent("sdp01", (one) => one.replace("UDP 192.0.2.15;", "UDP 255.255.255.255;"));
	const [far] = asked.far as [Sent];
	asked.reply(far, answerTo(far.lines, "200 OK"));
	asked.reply(far, answerTo(far.lines, "200 OK").replace("200 OK", "200 Again"));
	assert.deepEqual(
		asked.answers.map(({ flow }) => flow.host),
		[SOURCE, SOURCE],
	);
	assert.equal(asked.far.length, 1);
});

test("RFC 4475 §3.3.12 MSG-T45 MSG-18: the parameter of cparam01 is the Contact's", () => {
	assert.deepEqual(fetched(sent("cparam01"), "watson"), [
		"<sip:+19725552222@gw1.example.net>;unknownparam",
	]);
});

test("RFC 4475 §3.3.13 MSG-T46: the parameter of cparam02 is the URI's", () => {
	assert.deepEqual(fetched(sent("cparam02"), "watson"), [
		"<sip:+19725552222@gw1.example.net;unknownparam>",
	]);
});

test("RFC 4475 §3.3.14 RFC 3261 §19.1.5 MSG-T47 MSG-52: the headers in regescrt are told to whoever asks and followed by nobody", () => {
	const engine = sent("regescrt");
	assert.deepEqual(fetched(engine, "user"), [
		"<sip:user@example.com?Route=%3Csip:sip.example.com%3E>",
	]);
	const caller = new TortureEngine("udp", "udp", () => ({
		kind: "relay",
		targets: [{ kind: "device", name: "user", number: undefined }],
		callee: undefined,
		edits: [],
	}));
	for (const row of engine.rig.store.all(engine.rig.now)) caller.rig.store.apply("user", [row], []);
	caller.send(text("sdp01"));
	const invite = caller.answers.find(({ lines }) => lines.method === "INVITE");
	assert.equal(invite?.lines.uri, "sip:user@example.com");
	assert.deepEqual(invite.lines.values("route"), []);
});

test("RFC 4475 §3.4.1 RFC 3261 §16.6 steps 3, 4 and 9 MSG-T49 MSG-25: inv2543 leaves on a stream with Max-Forwards and Content-Length, its strict Record-Route below ours", () => {
	const [far] = new TortureEngine("udp", "tcp").send(text("inv2543")).far as [Sent];
	assert.equal(far.flow.transport, "tcp");
	assert.deepEqual(far.lines.values("max-forwards"), ["70"]);
	assert.deepEqual(far.lines.values("content-length"), [String(far.lines.body.length)]);
	const [ours = "", theirs = ""] = far.lines.values("record-route").slice(-2);
	assert.match(ours, /;lr/);
	assert.equal(theirs, "<sip:UserB@example.com;maddr=ss1.example.com>");
});

test("RFC 4475 §3.4.1 RFC 3261 §17.2.3 MSG-T49: the CANCEL and the ACK of inv2543 are known without a branch", () => {
	const engine = sent("inv2543");
	const [invite] = engine.far as [Sent];
	engine.reply(invite, answerTo(invite.lines, "180 Ringing"));
	engine.send(ofInvite("CANCEL"));
	const cancel = engine.far.at(-1);
	assert.equal(cancel?.lines.method, "CANCEL");
	assert.equal(cancel.lines.named("via")[0], invite.lines.named("via")[0]);
	engine.reply(cancel, answerTo(cancel.lines, "200 OK"));
	engine.reply(invite, answerTo(invite.lines, "487 Request Terminated"));
	const final = engine.answers.at(-1);
	assert.equal(final?.lines.status, 487);

	const told = engine.answers.length;
	engine.send(ofInvite("ACK", final.lines.values("to")[0]));
	engine.rig.wait(40_000);
	assert.equal(engine.answers.length, told, "487 again, after its ACK");
	const methods = engine.far.map(({ lines }) => lines.method);
	assert.deepEqual(methods, ["INVITE", "CANCEL", "ACK"], "one ACK, ours for the 487");
});

/** Another request of the same RFC 2543 transaction. */
function ofInvite(method: string, to = "sip:+16505552222@ss1.example.net;user=phone"): string {
	const head = text("inv2543").split("\r\nContent-Type")[0] ?? "";
	return `${head
		.replace(/^INVITE/, method)
		.replace("56 INVITE", `56 ${method}`)
		.replace(/\r\nRecord-Route: .*/, "")
		.replace(/\r\nTo: .*/, `\r\nTo: ${to}`)}\r\n\r\n`;
}
