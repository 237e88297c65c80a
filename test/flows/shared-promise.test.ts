/** Hooks that wait for one and the same promise: they all decide at once. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { load } from "../script/harness.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import { scriptedRig } from "../support/scripted-rig.ts";

/** One list for all requests, fetched when the first of them needs it. */
const SHARED = `import { defineRoutes, fetch, kv, reply } from "sipwright";
let list: Promise<number> | undefined;
export default defineRoutes({ async onRequest(request) {
	if (request.uri.user === "alone") for (let i = 0; i < 40; i += 1) await kv.get("a");
	list ??= fetch("https://api.example.com/list", { timeout: 60 }).then(({ text }) => Number(text));
	try { await list; } catch (error) { list = undefined; return reply(488, (error as { message: string }).message); }
	return reply((await list) + (await kv.increment("calls")) * 0);
} });`;
const config = await rigConfig(`${YAML}\nscript: { fetch: [https://api.example.com] }\n`);
const DEADLINE_MS = 5_000;

/** Thousands go on in one step, on a machine that is as slow as it is. */
const PATIENT = { source: SHARED, timeoutMs: 5_000 };

async function shared(t: TestContext, { source, timeoutMs } = PATIENT) {
	const { generation } = await load(t, source, { limits: { timeoutMs } });
	const rig = new ExchangeRig({ config, routes: generation });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const arrives = () =>
		rig.answerFetch({ ok: true, value: { status: 200, headers: [], text: "480" } });
	const nothingIsLeft = () => {
		rig.wait(64_000);
		const { size, retained, exchange, fetches } = rig;
		const left = [size, retained, exchange.waiting, generation.waiting, fetches.length];
		assert.deepEqual(left, [0, 0, 0, 0, 0]);
	};
	return { rig, ann, generation, arrives, nothingIsLeft };
}

test("any number of hooks may wait for one promise: each is decided, none within another", async (t) => {
	const calls = 4_000;
	const rig = await scriptedRig(t, await rigConfig(), [
		"async onRequest(request) { if (request.uri.user !== 'group') return reply(404); globalThis.list ??= kv.get('list'); await globalThis.list; return relay('sip:a@10.0.0.1'); }",
		"onBranch(request) { request.headers.set('X-Leg', '1'); }",
	]);
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const a = rig.phone("a", { host: "10.0.0.1" });
	for (let call = 0; call < calls; call += 1) ann.request("OPTIONS", "sip:group@example.com");
	assert.deepEqual([rig.exchange.waiting, rig.hostCalls.length], [calls, 1]);
	rig.hostCalls[0]?.answer({ ok: true, value: null });
	assert.equal(rig.exchange.waiting, 0);
	assert.equal(a.received.length, calls);
});

test("RFC 3261 §9.2: a promise that requests share comes for the others when the one that made it is cancelled", async (t) => {
	const { rig, ann, arrives, nothingIsLeft } = await shared(t);
	const first = ann.request("INVITE", "sip:1@example.com");
	rig.wait(300);
	ann.take(100);
	ann.cancel(first);
	ann.take(200, "CANCEL");
	ann.acknowledge(first, ann.take(487));
	ann.request("OPTIONS", "sip:2@example.com");
	assert.equal(rig.fetches.length, 1);
	arrives();
	ann.take(480, "OPTIONS");
	ann.request("OPTIONS", "sip:3@example.com");
	ann.take(480, "OPTIONS");
	assert.equal(rig.exchange.counters.scriptErrors, 0);
	nothingIsLeft();
});

test("a promise that requests share comes for the others when the one that made it has met its deadline", async (t) => {
	const { rig, ann, arrives, nothingIsLeft } = await shared(t);
	ann.request("OPTIONS", "sip:1@example.com");
	rig.wait(DEADLINE_MS - 1_000);
	ann.request("OPTIONS", "sip:2@example.com");
	rig.wait(1_000);
	ann.unread.splice(0);
	assert.equal(rig.exchange.counters.scriptErrors, 1);
	arrives();
	ann.take(480, "OPTIONS");
	nothingIsLeft();
});

test("a call that has no result by twice the deadline of its hook fails for everybody who waits for it, and is broken off", async (t) => {
	const { rig, ann, arrives, nothingIsLeft } = await shared(t);
	ann.request("OPTIONS", "sip:1@example.com");
	rig.wait(2 * DEADLINE_MS - 1_000);
	ann.unread.splice(0);
	ann.request("OPTIONS", "sip:2@example.com");
	rig.wait(999);
	assert.deepEqual([ann.unread, rig.fetches.length], [[], 1]);
	rig.wait(1);
	const { text } = ann.take(488, "OPTIONS");
	assert.match(text, /^SIP\/2.0 488 fetch: the hook that this counts for was over long ago\r\n/);
	assert.equal(rig.fetches.length, 0);
	ann.request("OPTIONS", "sip:3@example.com");
	arrives();
	ann.take(480, "OPTIONS");
	nothingIsLeft();
});

test("hooks that waited for the same promise may call the host as often as each may alone", async (t) => {
	const { rig, ann, arrives, nothingIsLeft } = await shared(t);
	const all = 3_000;
	for (let call = 0; call < all; call += 1) ann.request("OPTIONS", `sip:${call}@example.com`);
	arrives();
	assert.equal(ann.unread.filter(({ status }) => status === 480).length, all);
	ann.unread.splice(0);
	ann.request("OPTIONS", "sip:alone@example.com");
	ann.take(500, "OPTIONS");
	const [line] = rig.log.filter(({ level }) => level === "error");
	assert.match(line?.message ?? "", /called the host more than 32 times/);
	nothingIsLeft();
});

test("a hook that calls too often fails, and who waits for what it called is told why at once", async (t) => {
	const source = SHARED.replace(
		"let list",
		"const flood = () => Promise.all(Array.from({ length: 40 }, () => kv.get('k')));\nlet list",
	).replace(
		/fetch\(.*text\)\)/,
		'fetch("https://api.example.com/list").then(flood).then(() => 480)',
	);
	const { generation } = await load(t, source, { limits: { hostCalls: 4 } });
	const rig = new ExchangeRig({ config, routes: generation });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	ann.request("OPTIONS", "sip:1@example.com");
	ann.request("OPTIONS", "sip:2@example.com");
	rig.answerFetch({ ok: true, value: { status: 200, headers: [], text: "" } });
	ann.take(500, "OPTIONS");
	const { text } = ann.take(488, "OPTIONS");
	assert.match(
		text,
		/^SIP\/2.0 488 kv\.get: the hook that this counts for called the host more than 4 times\r/,
	);
	assert.deepEqual([generation.waiting, rig.exchange.waiting], [0, 0]);
});

test("of hooks that go on together the one that runs away fails, and the others are answered", async (t) => {
	for (const [first, second] of [
		["666", "2"],
		["1", "666"],
	]) {
		const { rig, ann, generation, arrives } = await shared(t, {
			source: SHARED.replace(
				"try {",
				"if (request.uri.user === '666') { await list; for (;;); }\n\ttry {",
			),
			timeoutMs: 50,
		});
		for (const user of [first, second, "3"]) ann.request("OPTIONS", `sip:${user}@example.com`);
		arrives();
		// Whoever had no answer of its own has asked for one.
		while (rig.fetches.length > 0) arrives();
		ann.take(500, "OPTIONS");
		assert.deepEqual(
			ann.unread.map(({ status }) => status),
			[480, 480],
		);
		assert.deepEqual([generation.waiting, rig.exchange.waiting], [0, 0]);
		assert.match(generation.record.lastError?.reason ?? "", /^ran for more than/);
	}
});
