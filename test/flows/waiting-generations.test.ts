/** Hooks that wait while more generations come than may be alive: each ends on its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { TimerWheel } from "../../core/base/timer-wheel.ts";
import { Asking } from "../../core/exchange/asking.ts";
import { GENERATIONS_MAX } from "../../core/script/limits.ts";
import type { Outcome } from "../../core/script/waiting-hook.ts";
import { CanaryBed } from "../script/canary-bed.ts";
import { context, request } from "../script/harness.ts";

/** Its answers count how many its isolate has given, from the version on. */
const script = (version: number) => `import { defineRoutes, kv, reply } from 'sipwright';
	let answers = ${version};
	export default defineRoutes({ async onRequest(request) {
		await kv.get('a');
		answers += 1;
		return reply(answers);
	} });`;

test("architecture §5: hooks wait on through more reloads than generations may be alive: the oldest opens its isolate again once for all of them", async (t) => {
	const bed = await CanaryBed.start(t);
	const wheel = new TimerWheel(0);
	const answers: (() => void)[] = [];
	const perform = (_call: unknown, now: number, late: (result: { ok: true }, at: number) => void) =>
		void answers.push(() => late({ ok: true }, now));
	const asking = new Asking({ perform, abandon: () => undefined }, wheel);
	const outcomes: (number | undefined)[] = [];
	const decided = (outcome: Outcome) =>
		void outcomes.push("status" in outcome ? outcome.status : undefined);
	const text = request("INVITE", "sip:5000@127.0.0.1");
	const ask = () => {
		const { generation } = bed.scripts;
		const question = { generation, hook: "onRequest", text, context: context() } as const;
		assert.equal(asking.ask(question, decided, 0), undefined);
	};
	for (let version = 0; version <= GENERATIONS_MAX; version += 1) {
		bed.folder.write("routes/default.ts", script(300 + 10 * version));
		assert.equal((await bed.scripts.reload()).ok, true);
		const times = version === 0 ? 3 : 1;
		for (let time = 0; time < times; time += 1) ask();
	}
	const { generations } = bed.scripts;
	assert.deepEqual([generations.ended, generations.list.length], [1, GENERATIONS_MAX]);
	assert.match(bed.said("routes.ended"), /generation 2 gives up its isolate before 3 of its/);
	for (const answer of answers.splice(0)) answer();
	const others = Array.from({ length: GENERATIONS_MAX }, (_, n) => 311 + 10 * n);
	assert.deepEqual(outcomes, [301, 302, 303, ...others]);
	assert.deepEqual([asking.waiting, generations.list.length], [0, 1]);
});
