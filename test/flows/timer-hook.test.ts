/** `onTimer`: what a script does again and again, on the clock of the exchange. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { TimerWheel } from "../../core/base/timer-wheel.ts";
import { Asking } from "../../core/exchange/asking.ts";
import type { RouteGeneration } from "../../core/exchange/route-generation.ts";
import { ScriptTimers } from "../../core/exchange/script-timers.ts";
import { plainRoutes } from "../support/plain-routes.ts";
import { rigConfig } from "../support/rig-config.ts";
import { CALL_A, scriptedRig } from "../support/scripted-rig.ts";

const config = await rigConfig();

function timed(t: TestContext, body: string) {
	return scriptedRig(t, config, [
		"timers: { fast: { every: 1 }, slow: { every: 86400 } }",
		CALL_A,
		`async onTimer({ name }) { ${body} }`,
	]);
}

test("onTimer is asked every so many seconds, first when they have passed, about each timer by name", async (t) => {
	const rig = await timed(
		t,
		"if (name !== 'fast') throw new Error('too early'); await kv.get(name);",
	);
	const answerAll = () => {
		const made = rig.hostCalls.splice(0);
		for (const call of made) call.answer({ ok: true });
		return made.length;
	};
	rig.wait(990);
	assert.equal(answerAll(), 0);
	rig.wait(20);
	assert.equal(answerAll(), 1);
	rig.wait(1_000);
	assert.equal(answerAll(), 1);
	assert.equal(rig.exchange.counters.scriptErrors, 0);
});

test("a timer whose run still waits is not asked again; past its deadline it has failed, and the next turn is asked", async (t) => {
	const rig = await timed(t, "await kv.get(name);");
	rig.wait(5_500);
	assert.equal(rig.hostCalls.length, 1);
	assert.deepEqual([rig.exchange.waiting, rig.exchange.counters.scriptErrors], [1, 0]);
	rig.wait(1_000);
	assert.equal(rig.exchange.counters.scriptErrors, 1);
	rig.wait(1_000);
	assert.equal(rig.hostCalls.length, 2);
});

test("a timer that fails counts as a script error each time, and goes on", async (t) => {
	const rig = await timed(t, "throw new Error('no');");
	rig.wait(3_005);
	assert.equal(rig.exchange.counters.scriptErrors, 3);
	assert.equal(rig.exchange.waiting, 0);
});

test("only generations that serve have their timers: others stop, new ones begin, and who goes on serving keeps its turn", () => {
	const wheel = new TimerWheel(0);
	const asking = new Asking({ perform: () => undefined, abandon: () => undefined }, wheel);
	const timers = new ScriptTimers({ asking, wheel, failed: () => assert.fail("no failure") });
	const asked: string[] = [];
	const generation = (id: string): RouteGeneration => ({
		...plainRoutes((hook, _text, _context, more) => {
			asked.push(`${id} ${hook} ${more}`);
			return { kind: "pass", callee: undefined, edits: [] };
		}),
		timers: [{ name: "t", every: 2 }],
	});
	const [old, candidate] = [generation("old"), generation("candidate")];
	timers.serve([old], 0);
	timers.serve([old, candidate], 1_000);
	wheel.advance(2_000);
	assert.deepEqual(asked.splice(0), ['old onTimer "t"']);
	wheel.advance(3_000);
	assert.deepEqual(asked.splice(0), ['candidate onTimer "t"']);
	timers.serve([candidate], 3_500);
	wheel.advance(5_000);
	assert.deepEqual(asked.splice(0), ['candidate onTimer "t"']);
	timers.serve([], 5_000);
	assert.deepEqual([wheel.size, asked], [0, []]);
});
