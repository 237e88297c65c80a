import assert from "node:assert/strict";
import { test } from "node:test";
import { BODY_LINE, decision, failure, hook, load, request, scriptDevice } from "./harness.ts";

const DEVICES = [
	scriptDevice({ name: "5000" }),
	scriptDevice({ name: "5001", secure: true }),
	scriptDevice({ name: "9911", type: "ACD Position" }),
	scriptDevice({ name: "fly", type: "Trunk", prefix: "9", secure: true }),
	scriptDevice({ name: "near", type: "Trunk", prefix: "955", replacePrefix: "", priority: 2 }),
	scriptDevice({ name: "nearer", type: "Trunk", prefix: "955", replacePrefix: "+1", priority: 1 }),
];
const REGISTRAR = hook(`
	if (request.method !== "REGISTER") return drop();
	for (const contact of request.contacts) stripTransport(contact);
	return save();`);
const invite = (user: string) => request("INVITE", `sip:${user}@127.0.0.1`);

test("architecture §4: the script of the page makes one decision for each kind of request", async (t) => {
	const source = hook(`
		if (request.method === "REGISTER") {
			for (const contact of request.contacts) stripTransport(contact);
			return save();
		}
		const callee = device(request.uri.user);
		if (!callee) return reply(404);
		if (callee.secure) forceSips(call.callee);
		return relay(callee);`);
	const { ask } = await load(t, source, { devices: DEVICES });
	assert.deepEqual(ask(invite("5000")), {
		kind: "relay",
		targets: [{ kind: "device", name: "5000", number: undefined }],
		callee: undefined,
		edits: [],
	});
	assert.deepEqual(ask(invite("5001")), {
		kind: "relay",
		targets: [{ kind: "device", name: "5001", number: undefined }],
		callee: "sips",
		edits: [],
	});
	assert.deepEqual(ask(invite("7000")), {
		kind: "reply",
		status: 404,
		reason: undefined,
		edits: [],
	});
	assert.deepEqual(ask(request("REGISTER", "sip:127.0.0.1", { to: "<sip:5000@127.0.0.1>" })), {
		kind: "save",
		contacts: undefined,
	});
});

test("secure-signaling G17: REGISTER is saved without the transport of a sips Contact, the others as sent", async (t) => {
	const { ask } = await load(t, REGISTRAR);
	const contacts = [
		'Contact: "A, B" <sips:7789@172.21.83.24:5061;transport=TCP;line=x7>;expires=600;q=0.5',
		"m: <sip:7789@172.21.83.24:5061;transport=tls>, <sips:a@b.invalid;transport=ws>",
	];
	assert.deepEqual(ask(request("REGISTER", "sip:127.0.0.1", { headers: contacts })), {
		kind: "save",
		contacts: [
			'"A, B" <sips:7789@172.21.83.24:5061;line=x7>;expires=600;q=0.5',
			"<sip:7789@172.21.83.24:5061;transport=tls>",
			"<sips:a@b.invalid;transport=ws>",
		],
	});
	const star = request("REGISTER", "sip:127.0.0.1", { headers: ["Contact: *", "Expires: 0"] });
	assert.deepEqual(ask(star), { kind: "save", contacts: undefined });
});

test("secure-signaling §3.2: what the peer got wrong is answered with its status, not counted as the script's failure", async (t) => {
	const { ask, generation } = await load(t, REGISTRAR);
	const overUdp = ["Contact: <sips:a@b;transport=udp>"];
	const bad = ["Contact: <sip:a@b"];
	for (const headers of [overUdp, bad]) {
		const outcome = decision(ask(request("REGISTER", "sip:127.0.0.1", { headers })));
		assert.deepEqual([outcome.kind, outcome.kind === "reply" && outcome.status], ["reply", 400]);
	}
	assert.deepEqual([generation.counts.asked, generation.counts.failed], [2, 0]);
});

test("secure-signaling §2.2: a number finds its device by exact name, else the trunk by longest prefix, then smallest priority", async (t) => {
	const source = hook("const to = device(request.uri.user); return to ? relay(to) : reply(404);");
	const { ask } = await load(t, source, { devices: DEVICES });
	const target = (user: string) => {
		const outcome = decision(ask(invite(user)));
		return outcome.kind === "relay" ? outcome.targets[0] : outcome.kind;
	};
	assert.deepEqual(target("9911"), { kind: "device", name: "9911", number: undefined });
	assert.deepEqual(target("9112"), { kind: "device", name: "fly", number: undefined });
	assert.deepEqual(target("9551234"), { kind: "device", name: "nearer", number: "+11234" });
	assert.deepEqual(target("955%231"), { kind: "device", name: "nearer", number: "+1%231" });
	assert.equal(target("8"), "reply");
});

test("relay, fork, reply, redirect, challenge and drop cross as they were written", async (t) => {
	const source = hook(`
		switch (request.uri.user) {
			case "uri": return relay("sip:a@192.0.2.1;transport=tcp");
			case "there": return relay();
			case "fork": return fork([device("5000"), "sips:b@192.0.2.2"]);
			case "busy": return reply(486, "Zoë", { "Retry-After": "30" });
			case "moved": return redirect(["sip:c@d", "sips:e@f"], 301);
			case "who": return challenge();
			default: return drop();
		}`);
	const { ask } = await load(t, source, { devices: DEVICES });
	const relayed = (targets: object[]) => ({ kind: "relay", targets, callee: undefined, edits: [] });
	assert.deepEqual(
		ask(invite("uri")),
		relayed([{ kind: "uri", uri: "sip:a@192.0.2.1;transport=tcp" }]),
	);
	assert.deepEqual(ask(invite("there")), relayed([{ kind: "request-uri" }]));
	assert.deepEqual(
		ask(invite("fork")),
		relayed([
			{ kind: "device", name: "5000", number: undefined },
			{ kind: "uri", uri: "sips:b@192.0.2.2" },
		]),
	);
	assert.deepEqual(ask(invite("busy")), {
		kind: "reply",
		status: 486,
		reason: "Zo\u00c3\u00ab",
		edits: [{ op: "add", name: "Retry-After", value: "30" }],
	});
	assert.deepEqual(ask(invite("moved")), {
		kind: "redirect",
		status: 301,
		contacts: ["sip:c@d", "sips:e@f"],
	});
	assert.deepEqual(ask(invite("who")), { kind: "challenge" });
	assert.deepEqual(ask(invite("gone")), { kind: "drop" });
});

test("RFC 3261 §7.3.1 MSG-10: headers are read and edited by any spelling of their name; the edits cross in order", async (t) => {
	const source = hook(`
		const { headers } = request;
		if (headers.get("session-expires") !== "90" || headers.get("X") !== "90") return reply(500);
		headers.set("Session-Expires", "1800");
		headers.add("X-Tenant", "bl\u00e5");
		headers.add("x-tenant", "two");
		headers.remove("Subject");
		if (headers.all("x-tenant").join() !== "bl\u00e5,two") return reply(501);
		if (headers.get("x") !== "1800" || headers.get("s") !== undefined) return reply(502);
		forceSip(call.callee);
		return relay();`);
	const { ask } = await load(t, source);
	const text = request("INVITE", "sip:5000@127.0.0.1", { headers: ["x: 90", "s: hello"] });
	assert.deepEqual(ask(text), {
		kind: "relay",
		targets: [{ kind: "request-uri" }],
		callee: "sip",
		edits: [
			{ op: "set", name: "Session-Expires", value: "1800" },
			{ op: "add", name: "X-Tenant", value: "bl\u00c3\u00a5" },
			{ op: "add", name: "x-tenant", value: "two" },
			{ op: "remove", name: "Subject", value: "" },
		],
	});
});

test("RFC 3261 §20.10 RFC 8217 §3 MSG-19: a bare URI that a script sets goes into <> where its parameters would be the header's", async (t) => {
	const source = hook(`
		const { headers } = request;
		headers.set("Refer-To", "sip:a@b;x=1");
		headers.set("b", "sip:a@b?X=1");
		headers.set("Reply-To", "sip:a,b@c");
		headers.add("P-Asserted-Identity", "tel:+1;ext=2");
		headers.add("P-Asserted-Identity", "sip:a@b;x,sip:c@d");
		headers.set("X-Link", "sip:a@b;x=1");
		if (headers.get("refer-to") !== "<sip:a@b;x=1>") return reply(501);
		if (headers.get("X-Relay")) return relay();
		return reply(300, "Elsewhere", { "Refer-To": '"A" <sip:a@b>;x=1', "Referred-By": "sip:a@b" });`);
	const { ask } = await load(t, source);
	const relayed = ask(request("REFER", "sip:5000@127.0.0.1", { headers: ["X-Relay: y"] }));
	assert.ok("edits" in relayed);
	assert.deepEqual(
		relayed.edits.map(({ value }) => value),
		[
			"<sip:a@b;x=1>",
			"<sip:a@b?X=1>",
			"<sip:a,b@c>",
			"<tel:+1;ext=2>",
			"sip:a@b;x,sip:c@d",
			"sip:a@b;x=1",
		],
	);
	const answered = ask(request("REFER", "sip:5000@127.0.0.1"));
	assert.ok("edits" in answered);
	assert.deepEqual(
		answered.edits.map(({ value }) => value),
		['"A" <sip:a@b>;x=1', "sip:a@b"],
	);
});

test("RFC 3261 §25 MSG-41 PX-121: a script cannot smuggle a line, nor edit what is the engine's", async (t) => {
	const cases: [string, RegExp][] = [
		['request.headers.set("X", "a\\r\\nVia: b")', /CR, LF and NUL are not allowed/],
		['request.headers.add("X Y", "a")', /is not a header name/],
		['request.headers.set("Via", "a")', /Via belongs to the engine/],
		['request.headers.remove("v")', /v belongs to the engine/],
		['request.headers.set("CSeq", "1 BYE")', /CSeq belongs to the engine/],
		['return reply(404, "a\\nb")', /CR, LF and NUL are not allowed/],
		['return reply(200, "OK", { "Content-Length": "5" })', /Content-Length belongs/],
		['return relay("sip:a@b\\r\\nX: y")', /CR, LF and NUL are not allowed/],
	];
	for (const [statement, expected] of cases) {
		const { ask } = await load(
			t,
			hook(`if (request.uri.user === "5000") ${statement};\nreturn drop();`),
		);
		const error = failure(ask());
		assert.equal(error.code, "SCRIPT_THREW", statement);
		assert.match(error.reason, expected);
		assert.equal(error.place?.line, BODY_LINE, statement);
	}
});

test("a call that is not allowed fails at its own line and says what to write instead", async (t) => {
	const cases: [string, RegExp][] = [
		["relay(device('none'))", /there is no such device; answer reply\(404\)/],
		["relay({ name: '5000' })", /relay\(\) takes a device or a SIP URI/],
		["relay('tel:+1555')", /neither a sip nor a sips URI/],
		["relay('nowhere')", /"nowhere" is not a SIP URI/],
		["fork([])", /at least one target/],
		["fork(Array(17).fill('sip:a@b'))", /at most 16 targets, not 17/],
		["reply(180)", /status from 200 to 699, not 180/],
		["redirect('sip:a@b', 404)", /status from 300 to 399, not 404/],
		["forceSips(call.caller)", /takes call.callee/],
		["stripTransport({ text: '<sips:a@b>' })", /one of request.contacts/],
	];
	for (const [expression, expected] of cases) {
		const { ask } = await load(
			t,
			hook(`if (request.uri.user !== "5000") return drop();\nreturn ${expression};`),
		);
		const error = failure(ask());
		assert.equal(error.code, "SCRIPT_THREW", expression);
		assert.match(error.reason, expected);
		assert.equal(error.place?.line, BODY_LINE + 1, expression);
	}
});

test("an answer that is no decision is refused: nothing, an object of one's own, a Promise, save() for an INVITE", async (t) => {
	const cases: [string, RegExp][] = [
		["", /onRequest returned nothing; return relay/],
		["return { kind: 'drop' };", /returned a value of type object/],
		["return Promise.resolve(1);", /onRequest returned a value of type number/],
		["return save();", /save\(\) answers a REGISTER, not INVITE/],
	];
	for (const [statement, expected] of cases) {
		const { ask, entry } = await load(
			t,
			hook(`if (request.uri.user !== "5000") return drop();\n${statement}`),
		);
		const error = failure(ask());
		assert.equal(error.code, "SCRIPT_DECISION", statement);
		assert.match(error.reason, expected);
		assert.equal(error.script, entry);
	}
});
