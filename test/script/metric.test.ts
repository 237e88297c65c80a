/** `metric`: what scripts count travels with their answers, once for each hook, and never from what has no effect. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { HostCall } from "../../core/script/host-call.ts";
import { DEFAULT_LIMITS, METRICS_MAX, METRICS_PER_HOOK_MAX } from "../../core/script/limits.ts";
import { ScriptMetrics } from "../../core/script/script-metrics.ts";
import { Shadow } from "../../core/script/shadow.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { context, failure, type LoadGiven, load, recordingLog, request } from "./harness.ts";

const invite = (user: string) => request("INVITE", `sip:${user}@127.0.0.1`);

/** A script of these hooks; `probe` is the user of the requests that it is tried with. */
function script(hooks: string, top = ""): string {
	return `import { defineRoutes, kv, metric, relay, reply } from "sipwright";\n${top}\nexport default defineRoutes({ ${hooks} });`;
}

async function open(t: TestContext, source: string, given: LoadGiven = {}) {
	const metrics = new ScriptMetrics();
	const { generation } = await load(t, source, { ...given, metrics });
	const ask = (user = "1") => generation.ask("onRequest", invite(user), context());
	const totals = () => Object.fromEntries(metrics.list.map(({ name, value }) => [name, value]));
	return { generation, metrics, ask, totals };
}

const COUNTS = `metric.count("calls"); metric.count("digits", Number(request.uri.user) || 0);
	metric.set("last", Number(request.uri.user) || 0); return reply(404);`;

test("counts add up over hooks, values are what they were set to last; probes count nothing", async (t) => {
	const { ask, totals, metrics } = await open(t, script(`onRequest(request) { ${COUNTS} }`));
	assert.deepEqual(totals(), {});
	for (const user of ["1", "5", "3", "3"]) ask(user);
	assert.deepEqual(totals(), { calls: 4, digits: 12, last: 3 });
	assert.deepEqual(
		metrics.list.map(({ kind }) => kind),
		["count", "count", "value"],
	);
});

test("a hook that throws, and one that decides nothing itself, count as well", async (t) => {
	const source = script(`
		onRequest(request) { metric.count("asked"); if (request.uri.user === "9") throw new Error("no"); return reply(404); },
		onBranch() { metric.count("branches"); },`);
	const { ask, generation, totals } = await open(t, source);
	failure(ask("9") as ReturnType<typeof failure>);
	const told = { device: undefined, uri: "sip:1@127.0.0.1", scheme: "sip", attempt: 1, edits: [] };
	generation.ask("onBranch", invite("1"), context(), JSON.stringify(told));
	assert.deepEqual(totals(), { asked: 1, branches: 1 });
});

const WAITS = `async onRequest(request) {
	metric.count("before");
	if (request.uri.user === "666") for (;;);
	await kv.get(request.uri.user);
	metric.count("after");
	return reply(404);
}`;

test("a hook that waits counts once it has decided, and once only when it was asked again", async (t) => {
	const { generation, ask, totals } = await open(t, script(WAITS));
	ask("1");
	ask("2");
	const calls = [generation.nextCall(), generation.nextCall()] as HostCall[];
	assert.deepEqual(totals(), {});
	// Who runs away ruins the isolate of the two: they are asked again.
	failure(ask("666") as ReturnType<typeof failure>);
	for (const call of calls) generation.answer(call, { ok: true });
	while (generation.nextDecided() !== undefined);
	assert.deepEqual(totals(), { before: 2, after: 2 });
});

test("what a hook counts while it ends what it did not await is counted, too", async (t) => {
	const source = script(`async onRequest() {
		void kv.get("slow").then(() => metric.count("late"));
		await kv.get("fast"); metric.count("decided"); return reply(404); }`);
	const { generation, ask, totals } = await open(t, source);
	ask();
	const [slow, fast] = [generation.nextCall(), generation.nextCall()];
	assert.ok(slow && fast);
	generation.answer(fast, { ok: true });
	assert.ok(generation.nextDecided());
	assert.deepEqual(totals(), { decided: 1 });
	generation.answer(slow, { ok: true });
	assert.deepEqual(totals(), { decided: 1, late: 1 });
});

test("names and numbers that are none are refused where they stand; the top level counts nothing", async (t) => {
	const wrong: [string, RegExp][] = [
		['metric.count("5xx")', /metric\.count: a name has up to 100 letters, digits, _ and :/],
		['metric.count("")', /a name has/],
		['metric.count("a b")', /a name has/],
		[`metric.set("${"x".repeat(101)}", 1)`, /a name has/],
		['metric.count("a", -1)', /RangeError: metric\.count\("a", -1\): what is counted only grows/],
		['metric.count("a", NaN)', /metric\.count\("a"\): write a number/],
		['metric.set("a", "5" as never)', /metric\.set\("a"\): write a number/],
		['metric.set("a", Infinity)', /write a number/],
	];
	for (const [call, expected] of wrong) {
		const body = `onRequest(request) { if (request.uri.user === "1") ${call}; return reply(404); }`;
		const { ask, totals } = await open(t, script(body));
		assert.match(failure(ask() as ReturnType<typeof failure>).reason, expected, call);
		assert.deepEqual(totals(), {});
	}
	await assert.rejects(load(t, script("onRequest: () => reply(404)", 'metric.count("a");')), {
		code: "LOAD_START",
		message: /metric\.count is not for the top level, which runs more than once/,
	});
});

test("names are bounded for a hook and for all, a name stays of its kind, and what is left out is counted", async (t) => {
	const body = `onRequest(request) {
		const from = Number(request.uri.user);
		for (let n = 0; n < 40; n += 1) metric.count("m" + (from + n));
		return reply(404); }`;
	const { ask, metrics } = await open(t, script(body));
	ask("0");
	assert.deepEqual([metrics.list.length, metrics.leftOut], [METRICS_PER_HOOK_MAX, 8]);
	for (let from = 100; from < 10_000; from += 100) ask(String(from));
	assert.equal(metrics.list.length, METRICS_MAX);
	const left = metrics.leftOut;
	metrics.take({ entries: [{ name: "m0", value: 5 }], dropped: 0 });
	metrics.take({ entries: [{ name: "m0", by: Number.MAX_VALUE }], dropped: 0 });
	metrics.take({ entries: [{ name: "m0", by: Number.MAX_VALUE }], dropped: 0 });
	assert.equal(metrics.leftOut, left + 2);
});

test("sandbox: metrics that are forged inside are left out", () => {
	const metrics = new ScriptMetrics();
	const forged = [
		...[null, 5, "x", [], { entries: 5, dropped: 0 }, { entries: [{}], dropped: 0 }],
		{ entries: [{ name: "a b", by: 1 }], dropped: 0 },
		{ entries: [{ name: "a", by: -1 }], dropped: 0 },
		{ entries: [{ name: "a", by: null }], dropped: 0 },
		{ entries: [], dropped: -1 },
		{ entries: Array.from({ length: 1_000 }, (_, at) => ({ name: `a${at}`, by: 1 })), dropped: 0 },
	];
	for (const one of forged) metrics.take(one);
	assert.deepEqual([metrics.list, metrics.leftOut], [[], forged.length]);
});

test("a shadow counts nothing; onStart counts once, however often its isolate is replaced", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	folder.write(
		"next/default.ts",
		script('onRequest() { metric.count("shadow"); return reply(404); }'),
	);
	const shadow = new Shadow(recordingLog());
	t.after(() => shadow.close());
	await shadow.configure(
		{ routes: join(folder.path, "next"), share: 100 },
		{ devices: [], limits: DEFAULT_LIMITS, state: join(folder.path, "state"), pollMs: Infinity },
	);
	const source = script(
		'onStart() { metric.count("starts"); }, onRequest(request) { if (request.uri.user === "666") for (;;); return reply(404); }',
	);
	const clock = { now: () => 0, after: () => () => undefined };
	const starting = { calls: { perform: () => undefined, abandon: () => undefined }, clock };
	const { ask, generation, totals } = await open(t, source, { starting });
	generation.observer = shadow.observer;
	ask();
	await shadow.idle();
	assert.equal(shadow.status?.same, 1);
	for (let times = 0; times < 3; times += 1) failure(ask("666") as ReturnType<typeof failure>);
	ask();
	assert.deepEqual(totals(), { starts: 1 });
});
