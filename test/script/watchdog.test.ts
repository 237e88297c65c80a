import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import ivm from "isolated-vm";
import { Watchdog } from "../../core/script/watchdog.ts";
import { threadTime } from "../support/slowness.ts";
import { BODY_LINE, decision, failure, hook, type Loaded, load, request } from "./harness.ts";

const invite = (user: string) => request("INVITE", `sip:${user}@127.0.0.1`);

/** Goes wrong for the number 666 only. */
const wrong = (statement: string, top = "") =>
	hook(`if (request.uri.user === "666") {\n${statement} }\nreturn reply(404);`, top);

/** Until the watchdog is awake: many questions, and time for its thread to begin. */
async function busy(ask: Loaded["ask"]): Promise<void> {
	for (let round = 0; round < 50; round += 1) {
		for (let call = 0; call < 30; call += 1) decision(ask(invite("1")));
		await wait(5);
	}
}

/** So long that a busy machine does not stop this thread for it in the middle of a question. */
const LONG_MS = 500;

function guarded(timeout: number) {
	const isolate = new ivm.Isolate();
	return { isolate, watchdog: new Watchdog(isolate, timeout) };
}

/** Asks for a while: whether it has watched the last question. */
async function watches(watchdog: Watchdog, questions: number): Promise<boolean> {
	for (let round = 0; round < 100; round += 1) {
		let watched = false;
		for (let count = 0; count < questions; count += 1) watched = watchdog.begin() && watchdog.end();
		// At once: it may sleep after the next wait.
		if (watched) return true;
		await wait(10);
	}
	return false;
}

async function until(condition: () => boolean): Promise<void> {
	for (let look = 0; look < 400 && !condition(); look += 1) await wait(50);
	assert.ok(condition());
}

test("a watchdog wakes up when much is asked, and sleeps when little is", async (t) => {
	const { watchdog } = guarded(LONG_MS);
	t.after(() => watchdog.close());
	for (const _ of [1, 2]) {
		assert.equal(await watches(watchdog, 100), true);
		await until(() => !(watchdog.begin() && watchdog.end()));
		assert.equal(await watches(watchdog, 1), false);
	}
});

test("a watchdog ends the isolate whose question is not over in time, and no other", async (t) => {
	const [late, other] = [guarded(LONG_MS), guarded(LONG_MS)];
	t.after(() => [late, other].map(({ watchdog }) => watchdog.close()));
	assert.equal(await watches(other.watchdog, 100), true);
	assert.equal(await watches(late.watchdog, 100), true);
	const begun = performance.now();
	assert.equal(late.watchdog.begin(), true);
	await until(() => late.isolate.isDisposed);
	assert.ok(performance.now() - begun >= LONG_MS - 25);
	assert.equal(late.watchdog.end(), false);
	assert.equal(late.watchdog.begin(), false);
	assert.equal(other.isolate.isDisposed, false);
});

test("a watchdog that is closed watches no more, awake or asleep", async () => {
	for (const questions of [0, 100]) {
		const { isolate, watchdog } = guarded(LONG_MS);
		await watches(watchdog, questions);
		watchdog.close();
		watchdog.close();
		assert.equal(await watches(watchdog, 100), false);
		assert.equal(isolate.isDisposed, false);
		isolate.dispose();
	}
});

test("a watchdog of a very short time leaves it to timers, and one of a long time looks often", async (t) => {
	const [short, long] = [guarded(4), guarded(10_000)];
	t.after(() => [short, long].map(({ watchdog }) => watchdog.close()));
	assert.equal(await watches(short.watchdog, 100), false);
	assert.equal(await watches(long.watchdog, 100), true);
	await until(() => !(long.watchdog.begin() && long.watchdog.end()));
});

test("an endless loop under load is ended and reported with its line and its log, the first and the second time", async (t) => {
	const loops = [
		"while (true) {}",
		"for (;;) [1].sort(() => { for (;;); });",
		"/^(a+)+$/.test('a'.repeat(40) + '!');",
		"for (;;) new Array(32).fill(0);",
		"try { for (;;); } finally { for (;;); }",
		"new Proxy({}, { get() { for (;;); } }).x;",
	];
	for (const loop of loops) {
		const { ask, entry, log, generation } = await load(t, wrong(`log.warn("before");\n${loop}`));
		await busy(ask);
		for (const time of [1, 2]) {
			const begun = threadTime();
			const error = failure(ask(invite("666")));
			const took = threadTime() - begun;
			assert.deepEqual(
				[error.code, error.reason],
				["SCRIPT_TIMEOUT", "ran for more than 50 ms"],
				loop,
			);
			assert.deepEqual([error.place?.file, error.place?.line], [entry, BODY_LINE + 2], loop);
			assert.equal(log.entries.length, time, loop);
			// Against a loop that runs on; by the processor, and generously: who ends it waits for one, too.
			assert.ok(took < 5_000, `${loop}: ${took} ms`);
			assert.equal(decision(ask(invite("1"))).kind, "reply", loop);
			await busy(ask);
		}
		assert.equal(generation.counts.failed, 2, loop);
	}
});

test("microtasks without end are ended under load too", async (t) => {
	const { ask } = await load(t, wrong("(function spin() { Promise.resolve().then(spin); })();"));
	await busy(ask);
	assert.equal(failure(ask(invite("666"))).code, "SCRIPT_TIMEOUT");
	assert.equal(decision(ask(invite("1"))).kind, "reply");
});

test("a loop that does not come again when it is asked again is still a breach", async (t) => {
	// As if nobody else ran here: a script that was stopped, and hardly ran, is no breach.
	t.mock.method(process, "threadCpuUsage", (since?: NodeJS.CpuUsage) => ({
		user: performance.now() * 1_000 - (since?.user ?? 0),
		system: 0,
	}));
	// What the script keeps is lost with its isolate.
	const top = "let asked = 0;";
	const { ask, generation } = await load(
		t,
		wrong("if (asked > 9) for (;;);", `${top}`).replace(
			"onRequest(request, call) {",
			"onRequest(request, call) { asked += 1;",
		),
	);
	await busy(ask);
	const error = failure(ask(invite("666")));
	assert.deepEqual([error.code, error.reason], ["SCRIPT_TIMEOUT", "ran for more than 50 ms"]);
	assert.equal(error.place, undefined);
	assert.equal(generation.counts.failed, 1);
	assert.equal(decision(ask(invite("666"))).kind, "reply");
});

test("memory and what is thrown are told as ever under load", async (t) => {
	const hog = "const all = []; for (;;) all.push(new Array(1000).fill(request.callId));";
	const limits = { timeoutMs: 10_000, heapMb: 16 };
	const memory = await load(t, wrong(hog), { limits });
	await busy(memory.ask);
	assert.equal(failure(memory.ask(invite("666"))).code, "SCRIPT_MEMORY");
	const thrower = await load(t, wrong('throw new RangeError("no such floor");'));
	await busy(thrower.ask);
	const error = failure(thrower.ask(invite("666")));
	assert.deepEqual([error.code, error.reason], ["SCRIPT_THREW", "RangeError: no such floor"]);
});
