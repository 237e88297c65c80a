/** Other scripts that are asked about live requests without effect. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { askWhole } from "../../core/replay/ask-whole.ts";
import type { HostCalls } from "../../core/script/host-call.ts";
import {
	DEFAULT_LIMITS,
	SHADOW_DIFFERENCES_SHOWN,
	SHADOW_QUEUE_MAX,
} from "../../core/script/limits.ts";
import { Shadow } from "../../core/script/shadow.ts";
import { WaitingHook } from "../../core/script/waiting-hook.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { TestClock } from "./canary-bed.ts";
import { context, hook, load, recordingLog, request, scriptDevice } from "./harness.ts";

const KV = "import { kv } from 'sipwright';";

type Given = { readonly share?: number; readonly serving?: string };

async function start(t: TestContext, other: string, { share = 100, serving }: Given = {}) {
	const folder = tempFolder();
	t.after(() => folder.remove());
	folder.write("next/default.ts", other);
	const log = recordingLog();
	const clock = new TestClock();
	const shadow = new Shadow(log, clock);
	t.after(() => shadow.close());
	const settings = { routes: join(folder.path, "next"), share };
	const options = {
		devices: [],
		limits: DEFAULT_LIMITS,
		state: join(folder.path, "state"),
		pollMs: Infinity,
	};
	await shadow.configure(settings, options);
	const { generation } = await load(t, serving ?? hook("return reply(404);"));
	generation.observer = shadow.observer;
	const ask = (called = "5000", callId = "call-1@127.0.0.1") =>
		generation.ask(
			"onRequest",
			request("INVITE", `sip:${called}@127.0.0.1`).replace("call-1@127.0.0.1", callId),
			context({ device: "6000" }),
		);
	const again = (devices = options.devices) => shadow.configure(settings, { ...options, devices });
	return { shadow, log, clock, generation, ask, folder, again };
}

const counts = ({ status }: Shadow) => [
	status?.same,
	status?.different,
	status?.failed,
	status?.overflowed,
];

function save(folder: TempFolder, script: string): void {
	folder.write("next/default.ts", script);
}

test("issue 5 §7: a shadow counts what it would decide alike and differently, and shows the last differences", async (t) => {
	const other = hook("return request.uri.user === '5000' ? reply(404) : relay(request.uri.text);");
	const { shadow, log, clock, ask } = await start(t, other);
	ask();
	ask("9");
	ask("10", "call-2@127.0.0.1");
	await shadow.idle();
	assert.deepEqual(counts(shadow), [1, 2, 0, 0]);
	const [last, first] = shadow.status?.differences ?? [];
	assert.deepEqual(last, {
		at: clock.now(),
		method: "INVITE",
		uri: "sip:10@127.0.0.1",
		callId: "call-2@127.0.0.1",
		device: "6000",
		now: "reply 404",
		shadow: "relay sip:10@127.0.0.1",
	});
	assert.equal(first?.uri, "sip:9@127.0.0.1");
	const told = log.entries.filter(({ level }) => level === "warn");
	assert.equal(told.length, 1, "the first of its kind");
	assert.match(
		told[0]?.message ?? "",
		/^INVITE sip:9@127\.0\.0\.1: reply 404, and the shadow: relay sip:9@/,
	);
});

test("issue 5 §7: a shadow is asked about its share of the requests", async (t) => {
	const { shadow, ask } = await start(t, hook("return reply(404);"), { share: 30 });
	for (let call = 0; call < 100; call += 1) ask();
	await shadow.idle();
	assert.deepEqual(counts(shadow), [30, 0, 0, 0]);
});

test("issue 5 §7: what a shadow has no room for is left out and counted; what it shows is bounded", async (t) => {
	const { shadow, ask, log } = await start(t, hook("return reply(410);"));
	for (let call = 0; call < SHADOW_QUEUE_MAX + 50; call += 1) ask();
	assert.ok((shadow.status?.queued ?? 0) <= SHADOW_QUEUE_MAX);
	await shadow.idle();
	const [same, different = 0, failed, overflowed = 0] = counts(shadow);
	assert.deepEqual([same, failed, different + overflowed], [0, 0, SHADOW_QUEUE_MAX + 50]);
	assert.ok(overflowed >= 49, `${overflowed}`);
	assert.equal(shadow.status?.differences.length, SHADOW_DIFFERENCES_SHOWN);
	assert.equal(log.entries.filter(({ level }) => level === "warn").length, 1);
});

test("issue 5 §7: a shadow that throws, loops or answers nothing fails by itself: the request has its decision", async (t) => {
	const other = hook(
		"if (request.uri.user === '1') throw new Error('no trunk'); if (request.uri.user === '2') for (;;); return undefined as never;".replace(
			"return undefined as never;",
			"return request.uri.user === '3' ? (undefined as never) : reply(404);",
		),
	);
	const { shadow, ask } = await start(t, other);
	for (const called of ["1", "2", "3", "4"])
		assert.equal((ask(called) as { status?: number }).status, 404);
	await shadow.idle();
	assert.deepEqual(counts(shadow), [1, 3, 3, 0]);
	const said = shadow.status?.differences.map((one) => one.shadow) ?? [];
	assert.match(said[2] ?? "", /^failed, SCRIPT_THREW: .*default\.ts:5:\d+: Error: no trunk$/);
	assert.match(said[1] ?? "", /^failed, SCRIPT_TIMEOUT: /);
	assert.match(said[0] ?? "", /^failed, SCRIPT_DECISION: /);
});

test("issue 5 §7: host calls of a shadow are answered by what the serving scripts got, or refused; nothing is done", async (t) => {
	const asks = (then: string) =>
		hook(`const plan = await kv.get('plan'); ${then}`, KV).replace(
			"onRequest(request, call)",
			"async onRequest(request, call)",
		);
	const serving = asks("return reply(plan === 'night' ? 480 : 404);");
	const other = asks(
		"try { await kv.set('plan', 'day'); } catch (error) { return reply(488, error.code); } return reply(plan === 'night' ? 480 : 404);",
	);
	const performed: string[] = [];
	const calls: HostCalls = {
		perform({ kind }) {
			performed.push(kind);
			return { ok: true, value: "night" };
		},
		abandon() {},
	};
	const question = { text: request("INVITE", "sip:5000@127.0.0.1"), context: context() };
	const same = await start(t, serving, { serving });
	askWhole(same.generation, question, calls, 0);
	same.clock.move(1_000);
	await same.shadow.idle();
	assert.deepEqual(counts(same.shadow), [1, 0, 0, 0]);

	const different = await start(t, other, { serving });
	askWhole(different.generation, question, calls, 0);
	different.clock.move(1_000);
	await different.shadow.idle();
	assert.equal(different.shadow.status?.differences[0]?.shadow, "reply 488 HOST_REFUSED");
	assert.deepEqual(performed, ["kv.get", "kv.get"], "those of the serving scripts, once each");
});

test("issue 5 §7: a promise that the other scripts keep comes for every request that waits for it", async (t) => {
	const script = `import { defineRoutes, kv, reply } from "sipwright";
		let plan: Promise<unknown> | undefined;
		export default defineRoutes({ async onRequest() {
			plan ??= kv.get("plan");
			return reply((await plan) === "night" ? 480 : 404);
		} });`;
	const calls: HostCalls = { perform: () => ({ ok: true, value: "night" }), abandon() {} };
	const question = { text: request("INVITE", "sip:5000@127.0.0.1"), context: context() };
	const { generation, shadow, clock } = await start(t, script, { serving: script });
	for (let time = 0; time < 3; time += 1) {
		askWhole(generation, question, calls, 0);
		clock.move(1_000);
		await shadow.idle();
	}
	assert.deepEqual(counts(shadow), [3, 0, 0, 0]);
});

test("issue 5 §7: a request whose decision is waited for is compared once it is there, and one that is given up is not", async (t) => {
	const serving = hook("return kv.get('plan').then(() => reply(404));", KV);
	const { shadow, ask, clock, generation } = await start(t, hook("return reply(410);"), {
		serving,
	});
	const [first, second] = [ask(), ask()];
	assert.ok(first instanceof WaitingHook && second instanceof WaitingHook);
	await shadow.idle();
	clock.move(1_000);
	await shadow.idle();
	assert.deepEqual(counts(shadow), [0, 0, 0, 0]);
	for (let call = generation.nextCall(); call !== undefined; call = generation.nextCall())
		if (call.hook === first) generation.answer(call, { ok: true, value: "x" });
	generation.abandon(second);
	clock.move(1_000);
	await shadow.idle();
	assert.deepEqual(counts(shadow), [0, 1, 0, 0]);
});

test("a shadow that cannot be loaded is told, asked nothing, and asked again once it is mended; other scripts or devices begin anew", async (t) => {
	const { shadow, ask, folder, again, log } = await start(t, hook("return reply(;"));
	assert.match(shadow.status?.error ?? "", /^bundle: .*default\.ts:5:\d+/);
	assert.ok(log.entries.some(({ fields }) => JSON.stringify(fields).includes("shadow.refused")));
	ask();
	await shadow.idle();
	assert.deepEqual(counts(shadow), [0, 0, 0, 0]);
	save(folder, hook("return reply(device('1') ? 404 : 410);"));
	await again();
	assert.equal(shadow.status?.error, undefined);
	ask();
	await shadow.idle();
	assert.deepEqual(counts(shadow), [0, 1, 0, 0]);
	await again();
	assert.deepEqual(counts(shadow), [0, 1, 0, 0], "the same goes on");
	await again([scriptDevice({ name: "1" })] as never);
	ask();
	await shadow.idle();
	assert.deepEqual(counts(shadow), [1, 0, 0, 0]);
});

test("without a shadow nothing watches, and one that ends shows nothing any more", async (t) => {
	const { shadow, again } = await start(t, hook("return reply(404);"));
	assert.notEqual(shadow.observer, undefined);
	await again();
	await shadow.configure(undefined, {
		devices: [],
		limits: DEFAULT_LIMITS,
		state: "",
		pollMs: Infinity,
	});
	assert.deepEqual([shadow.observer, shadow.status], [undefined, undefined]);
});
