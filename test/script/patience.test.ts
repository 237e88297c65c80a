/** Scripts that run away over and over: what their hooks may take, and the isolate that is ready for the next one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { OVERRUN_LEAST_MS, OVERRUN_SHARE, OVERRUNS_FREE } from "../../core/script/limits.ts";
import { Patience } from "../../core/script/patience.ts";
import { threadTime } from "../support/slowness.ts";
import { failure, hook, load, request } from "./harness.ts";

const TIMEOUT = 50;

function patience() {
	let now = 0;
	const one = new Patience(TIMEOUT, () => now);
	const pass = (ms: number) => {
		now += ms;
	};
	return { one, pass };
}

test("the first hooks that are stopped cost the next ones nothing, those after them more and more, down to a least", () => {
	const { one } = patience();
	const allowed = Array.from({ length: 2 * OVERRUNS_FREE + 2 }, () => {
		const ms = one.within(TIMEOUT);
		one.overran(ms);
		return ms;
	});
	assert.deepEqual(allowed.slice(0, OVERRUNS_FREE + 1), [50, 50, 50]);
	assert.ok(allowed.every((ms, at) => at === 0 || ms <= (allowed[at - 1] ?? 0)));
	assert.equal(allowed.at(-1), OVERRUN_LEAST_MS);
});

test("with time hooks get back what they had", () => {
	const { one, pass } = patience();
	for (let count = 0; count < 10; count += 1) one.overran(TIMEOUT);
	assert.equal(one.within(TIMEOUT), OVERRUN_LEAST_MS);
	pass((OVERRUNS_FREE * TIMEOUT) / OVERRUN_SHARE);
	assert.equal(one.within(TIMEOUT), TIMEOUT);
	assert.equal(one.within(5), 5, "never more than was asked for");
});

test("a script that runs away without end holds the thread for its share of the time", () => {
	const { one, pass } = patience();
	let held = 0;
	for (let ms = 0; ms < 60_000; ms += 2 * TIMEOUT) {
		pass(2 * TIMEOUT);
		const allowed = one.within(TIMEOUT);
		one.overran(allowed);
		held += allowed;
	}
	const burst = 2 * OVERRUNS_FREE * TIMEOUT;
	assert.ok(held <= 60_000 * OVERRUN_SHARE + burst, `${held} ms`);
});

test("hooks that loop one after the other are stopped sooner, and say after how long", async (t) => {
	// By the processor: where the machine is busy elsewhere, time passes between two loops and makes them good.
	t.mock.method(performance, "now", threadTime);
	const { ask } = await load(t, hook("if (request.uri.user === 'loop') for (;;); return drop();"));
	const looping = request("INVITE", "sip:loop@127.0.0.1");
	const times = Array.from({ length: 8 }, () =>
		Number(/ran for more than (\d+) ms/.exec(failure(ask(looping)).message)?.[1]),
	);
	assert.equal(times[0], TIMEOUT);
	assert.ok((times.at(-1) ?? TIMEOUT) < TIMEOUT, times.join(" "));
	assert.deepEqual(ask(), { kind: "drop" });
});

test("after a limit another isolate is made ready off the main thread, and each has the script's own start", async (t) => {
	const source = hook(
		"if (request.uri.user === 'throw') { for (;;) kept.push(0); } return reply(480 + ++asked);",
		"let asked = 0; const kept = [];",
	);
	const { ask, generation } = await load(t, source, { limits: { timeoutMs: 20 } });
	const looping = request("INVITE", "sip:throw@127.0.0.1");
	for (let round = 0; round < 3; round += 1) {
		failure(ask(looping));
		await setTimeout(100);
		const answer = ask();
		assert.deepEqual(answer, { kind: "reply", status: 481, reason: undefined, edits: [] });
	}
	generation.retire();
});
