/** `onStart`: asked once before scripts serve, with what it may wait for; and what it prepared outlives its isolate. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Starting } from "../../core/script/beginning.ts";
import type { HostCall, HostResult } from "../../core/script/host-call.ts";
import { LoadError } from "../../core/script/load-error.ts";
import { WaitingHook } from "../../core/script/waiting-hook.ts";
import { TestClock } from "./canary-bed.ts";
import { decision, failure, type LoadGiven, load, request } from "./harness.ts";

/** A script with a body of `onStart` and one of `onRequest`. */
function script(
	start: string,
	body = "return reply(prepared);",
	top = "let prepared = 0;",
): string {
	return [
		"import { defineRoutes, fetch, kv, log, lookup, relay, reply } from 'sipwright';",
		top,
		"export default defineRoutes({ async onStart(start) {",
		start,
		`}, ${body.includes("await") ? "async " : ""}onRequest(request, call) {`,
		body,
		"} });",
	].join("\n");
}

/** Answers each call with what `perform` says, or later where that is nothing. */
function starting(perform: (call: HostCall) => unknown = () => undefined) {
	const clock = new TestClock();
	const made: string[] = [];
	const later: ((value: unknown) => void)[] = [];
	const abandoned: WaitingHook[] = [];
	let called = (): void => undefined;
	const given: Starting = {
		calls: {
			perform(call, _now, answer) {
				made.push(`${call.kind} ${call.args}`);
				const value = perform(call);
				if (value !== undefined) return { ok: true, value };
				later.push((value) => answer({ ok: true, value }, clock.now()));
				called();
				return undefined;
			},
			abandon: (hook) => void abandoned.push(hook),
		},
		clock,
	};
	/** A call is under way. */
	const waits = () =>
		new Promise<void>((resolve) => {
			called = resolve;
		});
	return { starting: given, clock, made, later, abandoned, waits };
}

async function refused(t: TestContext, source: string, given: LoadGiven): Promise<LoadError> {
	try {
		await load(t, source, given);
	} catch (error) {
		if (error instanceof LoadError) return error;
		throw error;
	}
	throw new TypeError("the script was loaded");
}

const status = (outcome: ReturnType<typeof decision>) =>
	outcome.kind === "reply" ? outcome.status : outcome.kind;

const RUNAWAY = "if (request.uri.user === '666') for (;;); ";
const runaway = request("INVITE", "sip:666@127.0.0.1");

test("architecture §5: onStart is asked once and heard out before the scripts serve; hooks find what it prepared", async (t) => {
	const { starting: given, made } = starting(() => 486);
	const { ask, log } = await load(
		t,
		script("prepared = await kv.get('status'); log.info('generation ' + start.generation);"),
		{ starting: given },
	);
	assert.deepEqual(made, ['kv.get ["status"]']);
	assert.deepEqual(
		log.entries.map(({ message }) => message),
		["generation 1"],
	);
	assert.deepEqual([status(decision(ask())), status(decision(ask()))], [486, 486]);
	assert.equal(made.length, 1);
});

test("a load waits for what onStart calls; what it does not await is broken off when it has ended, and told so", async (t) => {
	const { starting: given, later, abandoned, waits } = starting();
	const waiting = waits();
	const loading = load(
		t,
		script(
			"slow = kv.get('slow').catch((error) => error.code); prepared = await kv.get('a');",
			`${RUNAWAY}return reply(prepared, await slow);`,
			"let prepared = 0; let slow;",
		),
		{ starting: given },
	);
	let loaded = false;
	void loading.then(() => {
		loaded = true;
	});
	await waiting;
	await new Promise((resolve) => setImmediate(resolve));
	assert.deepEqual([loaded, later.length, abandoned.length], [false, 2, 0]);
	later[1]?.(404);
	const { ask, generation } = await loading;
	assert.deepEqual([abandoned.length, generation.waiting, generation.busy], [1, 0, false]);
	later[0]?.(500);
	assert.equal(generation.busy, false);
	const reply = { kind: "reply", status: 404, edits: [] };
	assert.deepEqual(ask(), { ...reply, reason: "HOST_DEADLINE" });
	assert.equal(failure(ask(runaway)).code, "SCRIPT_TIMEOUT");
	assert.deepEqual(ask(), { ...reply, reason: "HOST_REFUSED" });
});

test("what onStart throws, and a deadline that passes, refuses the load with file and line", async (t) => {
	const sources: [string, RegExp, number][] = [
		["throw new TypeError('no list');", /^on-start: .*default\.ts:4:\d+: TypeError: no list$/, 4],
		["\nawait kv.get('a'); throw new Error('later');", /Error: later$/, 5],
		["await null;\nawait Promise.reject(new Error('no'));", /Error: no$/, 5],
		["\nwhile (true) {}", /ran for more than 50 ms$/, 5],
		["const all = []; for (;;) all.push(new Array(1000).fill(start));", /kept more than 16 MB$/, 0],
		[
			"for (let n = 0; n < 10_000; n += 1) await kv.get('a');",
			/called the host more than 32 times/,
			0,
		],
		["await kv.set('a', 'x'.repeat(20_000));", /16384/, 4],
		["(function again() { return again() + 1; })();", /Maximum call stack size exceeded/, 4],
	];
	for (const [source, expected, line] of sources) {
		const limits = /Array/.test(source) ? { heapMb: 16, timeoutMs: 10_000 } : {};
		const given = { starting: starting(() => 1).starting, limits };
		const error = await refused(t, script(source), given);
		assert.deepEqual([error.code, error.step], ["LOAD_ON_START", "on-start"], source);
		assert.match(error.message, expected, source);
		assert.equal(error.problems[0]?.line, line, source);
	}
	const { starting: given, clock, waits, abandoned } = starting();
	const waiting = waits();
	const loading = refused(t, script("await kv.get('never');"), { starting: given });
	await waiting;
	clock.move(5_000);
	const { code, message } = await loading;
	assert.equal(code, "LOAD_ON_START");
	assert.match(message, /default\.ts: onStart waited for more than 5000 ms$/);
	assert.equal(abandoned.length > 0, true);
});

test("a host call that fails is an error that onStart can catch", async (t) => {
	const { starting: given } = starting();
	const failing: Starting = {
		...given,
		calls: {
			perform: (): HostResult => ({ ok: false, code: "HOST_ORIGIN", message: "not listed" }),
			abandon: () => undefined,
		},
	};
	const caught = "prepared = await fetch('https://a.example').catch(() => 0) || 480;";
	const { ask } = await load(t, script(caught), { starting: failing });
	assert.equal(status(decision(ask())), 480);
	const error = await refused(t, script("await fetch('https://a.example');"), {
		starting: failing,
	});
	assert.match(error.message, /not listed/);
});

test("without anything to call onStart is not asked, and requests that need it are not tried", async (t) => {
	const source = script(
		"log.error('asked');",
		"if (prepared === 0) throw new Error('not ready'); return reply(404);",
	);
	const { log, ask } = await load(t, source);
	assert.deepEqual(log.entries, []);
	assert.match(failure(ask()).reason, /not ready/);
	const error = await refused(t, source, { starting: starting().starting });
	assert.deepEqual([error.code, error.step], ["LOAD_PROBE", "probe"]);
});

test("an isolate that takes the place of another is asked onStart again, and nothing is done or logged twice", async (t) => {
	const { starting: given, made } = starting(({ kind }) => (kind === "kv.get" ? 486 : 1));
	const { ask, log } = await load(
		t,
		script(
			"await kv.increment('starts'); prepared = await kv.get('status'); log.info('ready');",
			`${RUNAWAY}return reply(prepared);`,
		),
		{ starting: given },
	);
	for (let times = 0; times < 3; times += 1) {
		assert.equal(failure(ask(runaway)).code, "SCRIPT_TIMEOUT");
		assert.equal(status(decision(ask())), 486);
		// The spare that is opened off the main thread has been asked, too.
		await new Promise((resolve) => setImmediate(resolve));
	}
	assert.deepEqual(made, ['kv.increment ["starts",1,null]', 'kv.get ["status"]']);
	assert.deepEqual(
		log.entries.map(({ message }) => message),
		["ready"],
	);
});

test("likewise where onStart waits for nothing, and where its probe has called the host", async (t) => {
	const { starting: given } = starting(() => 1);
	const { ask } = await load(t, script("prepared = 410;", `${RUNAWAY}return reply(prepared);`), {
		starting: given,
	});
	assert.equal(failure(ask(runaway)).code, "SCRIPT_TIMEOUT");
	assert.equal(status(decision(ask())), 410);
	const body = "await kv.get(request.uri.user); return reply(prepared);";
	const { generation } = await load(
		t,
		script("prepared = 400 + await kv.get('a'); log.info('ready');", body),
		{ starting: given },
	);
	const asked = generation.ask("onRequest", request("INVITE", "sip:1@127.0.0.1"), {
		source: {
			address: "",
			port: 0,
			transport: "udp",
			trusted: true,
			device: undefined,
			authenticated: false,
		},
		callerScheme: "sip",
		ours: true,
	});
	assert.ok(asked instanceof WaitingHook);
	const call = generation.nextCall();
	assert.ok(call);
	generation.answer(call, { ok: true });
	const { outcome } = generation.nextDecided() ?? {};
	assert.equal(outcome && "status" in outcome && outcome.status, 401);
});

test("a call that onStart makes otherwise the second time gets the result of its place", async (t) => {
	const { starting: given, made } = starting(() => 503);
	const source = script(
		"await kv.set('at ' + Math.random(), 1); prepared = await kv.get('at ' + Math.random());",
		`${RUNAWAY}return reply(prepared);`,
	);
	const { ask } = await load(t, source, { starting: given });
	assert.equal(failure(ask(runaway)).code, "SCRIPT_TIMEOUT");
	assert.deepEqual([status(decision(ask())), made.length], [503, 2]);
});

test("scripts whose onStart fails the second time do not serve: their requests fail, with the reason", async (t) => {
	const { starting: given } = starting(() => 404);
	const source = script(
		// By chance it calls something else sooner or later.
		"for (let n = 0; n < 30; n += 1) prepared = await (Math.random() < 0.5 ? kv.get('a') : kv.increment('a'));",
		`${RUNAWAY}return reply(prepared);`,
	);
	const { ask } = await load(t, source, { starting: given });
	assert.equal(failure(ask(runaway)).code, "SCRIPT_TIMEOUT");
	const { code, reason } = failure(ask());
	assert.equal(code, "SCRIPT_THREW");
	assert.match(reason, /onStart: HostError: kv\.\w+: onStart did not call it/);
});
