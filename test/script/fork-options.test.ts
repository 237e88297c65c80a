import assert from "node:assert/strict";
import { test } from "node:test";
import { readDecision } from "../../core/script/read-answer.ts";
import { BODY_LINE, decision, failure, hook, load, scriptDevice } from "./harness.ts";

const DEVICES = [scriptDevice({ name: "5000" }), scriptDevice({ name: "5001" })];
const TARGETS = [
	{ kind: "device", name: "5000", number: undefined },
	{ kind: "device", name: "5001", number: undefined },
];

test("RFC 3261 §16.6 PX-23: a script says in which order its targets are called, for how long, and whether a 3xx is followed", async (t) => {
	const source = hook(`
		const both = [device("5000"), device("5001")];
		switch (request.uri.user) {
			case "5000": return fork(both);
			case "5001": return fork(both, { order: "serial", timeout: 20.5, recurse: true });
			case "5002": return fork(both, { order: "parallel", late: true });
			default: return relay(both[0], { timeout: 3600 });
		}`);
	const { ask } = await load(t, source, { devices: DEVICES });
	const asked = (user: string) => decision(ask(`INVITE sip:${user}${REST}`));
	const base = { kind: "relay", targets: TARGETS, callee: undefined, edits: [] };
	assert.deepEqual(asked("5000"), base);
	assert.deepEqual(asked("5001"), {
		...base,
		fork: { order: "serial", timeout: 20_500, recurse: true },
	});
	assert.deepEqual(asked("5002"), {
		...base,
		fork: { order: "parallel", timeout: undefined, recurse: false, late: true },
	});
	assert.deepEqual(asked("x"), {
		...base,
		targets: TARGETS.slice(0, 1),
		fork: { order: "q", timeout: 3_600_000, recurse: false },
	});
});

test("secure-signaling §2.2: trunks() are those that a number fits, the best first, each with its own number", async (t) => {
	const trunk = (name: string, prefix: string, priority: number, replacePrefix?: string) =>
		scriptDevice({ name, type: "Trunk", prefix, priority, replacePrefix });
	const devices = [
		...[trunk("late", "9", 7), trunk("soon", "9", 3, ""), trunk("long", "95", 9, "+")],
		...[trunk("other", "8", 0), scriptDevice({ name: "none", type: "Trunk" })],
	];
	const source = hook(`
		const ways = trunks(request.uri.user);
		return ways.length === 0 ? reply(404) : fork(ways, { order: "failover", timeout: 6 });`);
	const { ask } = await load(t, source, { devices });
	const asked = (user: string) => decision(ask(`INVITE sip:${user}${REST}`));
	assert.deepEqual(asked("951"), {
		kind: "relay",
		targets: [
			{ kind: "device", name: "long", number: "+1", turns: true },
			{ kind: "device", name: "soon", number: "51", turns: true },
			{ kind: "device", name: "late", number: undefined, turns: true },
		],
		fork: { order: "failover", timeout: 6_000, recurse: false },
		callee: undefined,
		edits: [],
	});
	assert.equal(asked("7").kind, "reply");
});

test("secure-signaling §2.2: trunks() gives as many as fork() takes, and nothing for no number", async (t) => {
	const devices = Array.from({ length: 20 }, (_, count) =>
		scriptDevice({ name: `t${count}`, type: "Trunk", prefix: "9" }),
	);
	const source = hook(`
		if (trunks(undefined).length > 0) return drop();
		const ways = trunks(request.uri.user);
		return ways.length === 0 ? reply(404) : fork(ways);`);
	const { ask } = await load(t, source, { devices });
	const answer = decision(ask(`INVITE sip:91${REST}`));
	assert.equal(answer.kind === "relay" && answer.targets.length, 16);
});

const WRONG: readonly (readonly [options: string, says: string])[] = [
	['{ order: "random" }', 'order is "q", "parallel", "serial" or "failover", not random'],
	["{ timeout: 0 }", "timeout is 1 to 3600 seconds, not 0"],
	["{ timeout: 3601 }", "timeout is 1 to 3600 seconds, not 3601"],
	['{ timeout: "20" }', "timeout is 1 to 3600 seconds, not 20"],
	["{ timeout: NaN }", "timeout is 1 to 3600 seconds, not NaN"],
	['{ recurse: "yes" }', "recurse is true or false, not yes"],
	["{ late: 1 }", "late is true or false, not 1"],
	["{ recursive: true }", "fork() has no option recursive; it has order, timeout, recurse, late"],
	['"serial"', 'fork() takes its options as an object, { order: "serial" }'],
	["null", 'fork() takes its options as an object, { order: "serial" }'],
];

test("architecture §4: an option of fork that is none is an error that says what to write", async (t) => {
	for (const [options, says] of WRONG) {
		const source = `if (request.uri.user !== "5000") return drop();
			return fork(["sip:a@b", "sip:c@d"], ${options});`;
		const { ask } = await load(t, hook(source));
		const { code, message } = failure(ask(`INVITE sip:5000${REST}`));
		assert.equal(code, "SCRIPT_THREW", options);
		assert.ok(message.includes(says), `${options}: ${message}`);
		assert.ok(message.includes(`default.ts:${BODY_LINE + 1}`), message);
	}
});

test("architecture §4: options that did not come from fork() are not taken from an isolate", () => {
	const relay = { kind: "relay", targets: [{ kind: "request-uri" }], edits: [] };
	const taken = { order: "q", timeout: 1_000, recurse: false };
	assert.deepEqual(readDecision({ ...relay, fork: taken }), {
		...relay,
		callee: undefined,
		fork: taken,
	});
	for (const fork of [
		{ ...taken, order: "any" },
		{ ...taken, timeout: 999 },
		{ ...taken, timeout: 1e9 },
		{ ...taken, timeout: 1000.5 },
		{ ...taken, recurse: 1 },
		{},
	])
		assert.equal(typeof readDecision({ ...relay, fork }), "string", JSON.stringify(fork));
});

const REST = [
	"@127.0.0.1 SIP/2.0",
	"Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKa1",
	"Max-Forwards: 70",
	"From: <sip:6000@127.0.0.1>;tag=a",
	"To: <sip:5000@127.0.0.1>",
	"Call-ID: call-1@127.0.0.1",
	"CSeq: 1 INVITE",
	"",
	"",
].join("\r\n");
