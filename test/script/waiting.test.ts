/** Hooks that wait for what they call, and what becomes of them when somebody else ruins their isolate. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Decision } from "../../core/proxy/decision.ts";
import type { Generation } from "../../core/script/generation.ts";
import type { HostCall, HostResult } from "../../core/script/host-call.ts";
import { HOST_RESULT_LENGTH_MAX, HOST_RESULTS_KEPT_MAX } from "../../core/script/limits.ts";
import { ScriptError } from "../../core/script/script-error.ts";
import { type Outcome, WaitingHook } from "../../core/script/waiting-hook.ts";
import { BODY_LINE, context, failure, type LoadGiven, load, request } from "./harness.ts";

const value = (given: unknown): HostResult => ({ ok: true, value: given });

/** A script whose `onRequest` may wait. */
function waiting(body: string, top = ""): string {
	return [
		"import { defineRoutes, kv, log, relay, reply } from 'sipwright';",
		"",
		top,
		"export default defineRoutes({ async onRequest(request, call) {",
		body,
		"} });",
	].join("\n");
}

const invite = (user: string) => request("INVITE", `sip:${user}@127.0.0.1`);

async function open(t: TestContext, source: string, given: LoadGiven = {}) {
	const { generation, log, entry } = await load(t, source, given);
	const ask = (user: string) => generation.ask("onRequest", invite(user), context());
	return { generation, log, entry, ask };
}

function waits(outcome: Outcome | WaitingHook): WaitingHook {
	if (outcome instanceof WaitingHook) return outcome;
	throw new TypeError(`it does not wait: ${JSON.stringify(outcome)}`);
}

/** The next call of the host, which has to be this one. */
function called(generation: Generation, kind: string, args: unknown): HostCall {
	const call = generation.nextCall();
	assert.ok(call, `nobody called ${kind}`);
	assert.deepEqual([call.kind, JSON.parse(call.args)], [kind, args]);
	return call;
}

function decided(generation: Generation): { hook: WaitingHook; outcome: Decision | ScriptError } {
	const hook = generation.nextDecided();
	assert.ok(hook?.outcome, "nobody has decided");
	if (!(hook.outcome instanceof ScriptError) && hook.outcome.kind === "pass")
		throw new TypeError("no decision");
	return { hook, outcome: hook.outcome };
}

const COUNTS = "const n = await kv.get(request.uri.user); return reply(n === 1 ? 486 : 404);";

test("architecture §4: a hook that awaits a host call goes on when its result is there", async (t) => {
	const { generation, ask } = await open(t, waiting(COUNTS));
	const [first, second] = [waits(ask("1")), waits(ask("2"))];
	assert.deepEqual([generation.waiting, generation.busy], [2, true]);
	const [one, two] = [called(generation, "kv.get", ["1"]), called(generation, "kv.get", ["2"])];
	assert.equal(generation.nextDecided(), undefined);
	generation.answer(two, value(1));
	const { hook, outcome } = decided(generation);
	assert.equal(hook, second);
	assert.deepEqual(
		[outcome, generation.waiting],
		[{ kind: "reply", status: 486, edits: [], reason: undefined }, 1],
	);
	generation.answer(one, value(0));
	assert.equal(decided(generation).hook, first);
	assert.deepEqual([generation.waiting, generation.busy], [0, false]);
});

test("a hook that waits for nothing but promises of its own has decided when it is asked", async (t) => {
	const { ask } = await open(t, waiting("await null; await null; return reply(410);"));
	assert.deepEqual(ask("1"), { kind: "reply", status: 410, edits: [], reason: undefined });
});

test("what a host call fails with is an error that the script can catch, with its code", async (t) => {
	const body =
		"try { await kv.get('a'); } catch (error) { return reply(error.code === 'HOST_REFUSED' ? 503 : 500, error.message); }";
	const { generation, ask } = await open(t, waiting(body));
	waits(ask("1"));
	const call = called(generation, "kv.get", ["a"]);
	generation.answer(call, { ok: false, code: "HOST_REFUSED", message: "no room" });
	const { outcome } = decided(generation);
	assert.deepEqual(outcome, { kind: "reply", status: 503, reason: "no room", edits: [] });
});

test("an error behind an await is told with its place", async (t) => {
	const { generation, ask, entry } = await open(
		t,
		waiting("await kv.get('a');\nthrow new RangeError('no such floor');"),
	);
	waits(ask("1"));
	generation.answer(called(generation, "kv.get", ["a"]), value(null));
	const { outcome } = decided(generation);
	const { code, place } = failure(outcome);
	assert.deepEqual([code, place?.file, place?.line], ["SCRIPT_THREW", entry, BODY_LINE + 1]);
	assert.equal(generation.counts.failed, 1);
});

test("a result that comes twice, or for a hook that was abandoned, changes nothing", async (t) => {
	const { generation, ask } = await open(t, waiting(COUNTS));
	waits(ask("1"));
	const call = called(generation, "kv.get", ["1"]);
	generation.answer(call, value(1));
	assert.ok(generation.nextDecided());
	generation.answer(call, value(0));
	assert.deepEqual([generation.nextDecided(), generation.busy], [undefined, false]);

	const late = waits(ask("2"));
	const other = called(generation, "kv.get", ["2"]);
	assert.equal(generation.abandon(late, "too late")?.code, "SCRIPT_DEADLINE");
	generation.answer(other, value(1));
	assert.deepEqual([generation.nextDecided(), generation.waiting], [undefined, 0]);
});

test("calls beyond the limit of a hook end it, and it alone", async (t) => {
	const body =
		"if (request.uri.user === '666') for (let i = 0; i < 10000; i += 1) kv.get('k' + i); await kv.get('a'); return reply(404);";
	const { generation, ask } = await open(t, waiting(body), { limits: { hostCalls: 5 } });
	const good = waits(ask("1"));
	const call = called(generation, "kv.get", ["a"]);
	assert.equal(failure(ask("666") as ScriptError).code, "SCRIPT_LIMIT");
	generation.answer(call, value(1));
	assert.equal(decided(generation).hook, good);
	assert.deepEqual([generation.nextCall(), generation.busy], [undefined, false]);
});

test("a hook that ruins its isolate costs those that wait there nothing, and nothing is called twice", async (t) => {
	const body = [
		"if (request.uri.user === '666') for (;;);",
		"const a = await kv.increment('a');",
		"const b = await kv.increment('b');",
		"return reply(400 + a * 10 + b);",
	].join("\n");
	const { generation, ask } = await open(t, waiting(body));
	const [first, second] = [waits(ask("1")), waits(ask("2"))];
	const one = called(generation, "kv.increment", ["a", 1, null]);
	generation.answer(one, value(1));
	const two = called(generation, "kv.increment", ["a", 1, null]);
	assert.equal(two.hook, second);
	const third = called(generation, "kv.increment", ["b", 1, null]);
	assert.equal(third.hook, first);
	assert.equal(failure(ask("666") as ScriptError).code, "SCRIPT_TIMEOUT");
	assert.equal(generation.waiting, 2);
	generation.answer(third, value(7));
	const { hook, outcome } = decided(generation);
	assert.deepEqual(
		[hook, outcome],
		[first, { kind: "reply", status: 417, reason: undefined, edits: [] }],
	);
	generation.answer(two, value(2));
	assert.equal(generation.nextDecided(), undefined);
	const last = called(generation, "kv.increment", ["b", 1, null]);
	generation.answer(last, value(8));
	assert.deepEqual(decided(generation).outcome, {
		kind: "reply",
		status: 428,
		reason: undefined,
		edits: [],
	});
	assert.deepEqual([generation.waiting, generation.busy], [0, false]);
});

test("processor time counts over all the steps of a hook", async (t) => {
	const body =
		"for (let i = 0; i < 8; i += 1) { await kv.get('a'); const end = Date.now() + 20; while (Date.now() < end); } return reply(404);";
	const { generation, ask } = await open(t, waiting(body), { limits: { timeoutMs: 50 } });
	waits(ask("1"));
	let steps = 0;
	for (let call = generation.nextCall(); call !== undefined; call = generation.nextCall()) {
		generation.answer(call, value(1));
		steps += 1;
	}
	assert.ok(steps <= 4, `${steps} steps`);
	assert.equal(failure(decided(generation).outcome).code, "SCRIPT_TIMEOUT");
});

test("what waiting hooks have got is bounded for all of them, and room again once they have decided", async (t) => {
	const body = [
		"try { await kv.get('a'); } catch (error) { return reply(503, error.code); }",
		"await kv.get('b'); return reply(404);",
	].join("\n");
	// A collection of what is large may fall into any hook, on a machine that is as slow as it is.
	const { generation, ask } = await open(t, waiting(body), { limits: { timeoutMs: 5_000 } });
	const large = value("x".repeat(HOST_RESULT_LENGTH_MAX - 100));
	const most = Math.floor(HOST_RESULTS_KEPT_MAX / JSON.stringify(large).length);
	const calls: HostCall[] = [];
	for (let hooks = 0; hooks < most; hooks += 1) {
		waits(ask(String(hooks)));
		generation.answer(called(generation, "kv.get", ["a"]), large);
		calls.push(called(generation, "kv.get", ["b"]));
	}
	waits(ask("more"));
	generation.answer(called(generation, "kv.get", ["a"]), large);
	const refused = { kind: "reply", status: 503, reason: "HOST_LIMIT", edits: [] };
	assert.deepEqual(decided(generation).outcome, refused);
	const [first] = calls;
	assert.ok(first);
	generation.answer(first, value(null));
	assert.equal(decided(generation).hook, first.hook);
	waits(ask("again"));
	generation.answer(called(generation, "kv.get", ["a"]), large);
	called(generation, "kv.get", ["b"]);
});
