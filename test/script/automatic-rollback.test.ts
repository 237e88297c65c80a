/** A generation that keeps failing is rolled back by itself, once, and loudly. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import { WaitingHook } from "../../core/script/waiting-hook.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { CanaryBed, canary, save } from "./canary-bed.ts";
import { context, request } from "./harness.ts";

const RULES = { failed: 10, asked: 20, seconds: 600 };
/** Fails on numbers that begin with 9. */
const FRAGILE =
	"if (request.uri.user?.startsWith('9')) throw new Error('no trunk'); return reply(410);";

test("architecture §4: a generation that has taken over and keeps failing is rolled back to the last good one, and says why with file and line", async (t) => {
	const bed = await CanaryBed.start(t, { rollback: RULES });
	await bed.save(FRAGILE);
	assert.deepEqual(bed.asks(30), { 410: 30 });
	bed.asks(3, { called: "9" });
	await bed.settled();
	assert.equal(bed.scripts.status.generation, 2, "3 of 33 may fail");
	bed.ask({ called: "9" });
	await bed.settled();
	assert.deepEqual([bed.scripts.status.generation, bed.ask({ called: "9" })], [3, 404]);
	const { rolledBack, rollbacks, origin } = bed.scripts.status;
	assert.deepEqual([rolledBack?.generation, rollbacks, origin], [2, 1, "rolled-back"]);
	assert.match(
		rolledBack?.because ?? "",
		/^4 of 34 requests failed, the last one at .*default\.ts:5:\d+: .*no trunk$/,
	);
	assert.match(
		bed.said("routes.failing"),
		/^error: routes of generation 2 are rolled back: 4 of 34/,
	);
});

test("architecture §5: what was rolled back by itself is not taken up again until the files change, not even by a rollback or a restart", async (t) => {
	const bed = await CanaryBed.start(t, { rollback: RULES });
	await bed.save(FRAGILE);
	bed.asks(20, { called: "9" });
	await bed.settled();
	const same = await bed.scripts.reload();
	assert.deepEqual([same.ok, same.changed, bed.ask()], [true, false, 404]);
	assert.match(
		same.warnings?.[0]?.message ?? "",
		/rolled back \(20 of 20 requests failed, .*serves until they change$/,
	);
	const back = await bed.scripts.rollback();
	assert.equal(back.ok, false);
	assert.match(
		back.reason ?? "",
		/rolled back by themselves \(20 of 20 .*they serve again once they are changed/,
	);
	const second = await CanaryBed.start(t, { rollback: RULES }, bed.folder);
	assert.equal(second.ask(), 404);
	assert.equal((await second.scripts.rollback()).ok, false);
	await second.save(FRAGILE.replace("410", "411"));
	assert.deepEqual([second.ask(), second.scripts.status.rolledBack], [411, undefined]);
});

test("architecture §5: a candidate that keeps failing is dropped at once, and what serves goes on", async (t) => {
	const bed = await CanaryBed.start(t, { rollback: RULES, canary: canary({ devices: ["1001"] }) });
	await bed.save(FRAGILE);
	assert.deepEqual(
		bed.asks(25, { called: "9", device: "1001" }),
		{ 0: 20, 404: 5 },
		"from the 21st on it is asked nothing",
	);
	await bed.settled();
	assert.deepEqual([bed.scripts.status.generation, bed.scripts.status.canary], [1, undefined]);
	assert.deepEqual(
		[bed.scripts.status.rolledBack?.generation, bed.scripts.status.rollbacks],
		[2, 1],
	);
	assert.match(bed.said("routes.failing"), /20 of 20 requests failed, the last one at .*no trunk/);
	const same = await bed.scripts.reload();
	assert.deepEqual([same.changed, bed.ask({ device: "1001" })], [false, 404]);
});

test("architecture §5: a candidate whose requests end with 5xx more often than those of the generation beside it is dropped", async (t) => {
	const given = { rollback: RULES, canary: canary({ devices: ["1001"] }) };
	const bed = await CanaryBed.start(t, given);
	await bed.save("return reply(503);");
	bed.asks(19);
	bed.asks(19, { device: "1001" });
	await bed.settled();
	assert.equal(bed.scripts.status.canary?.serverErrors, 19, "too few to say");
	bed.asks(5);
	bed.asks(2, { device: "1001" });
	await bed.settled();
	assert.equal(bed.scripts.status.canary, undefined);
	assert.match(
		bed.scripts.status.rolledBack?.because ?? "",
		/^20 of 20 requests ended with a 5xx, and 0 of 24 of the generation beside it$/,
	);
});

test("architecture §5: 5xx that the generation beside it has as well are nothing against a candidate", async (t) => {
	const bed = await CanaryBed.start(t, { rollback: RULES });
	await bed.save("return reply(503);");
	bed.asks(100);
	await bed.settled();
	assert.equal(bed.scripts.status.generation, 2, "by itself a generation is not judged by them");
	await bed.scripts.reload(undefined, { canary: canary({ devices: ["1001"] }) });
	await bed.save("return reply(504);");
	bed.asks(50);
	bed.asks(50, { device: "1001" });
	await bed.settled();
	assert.equal(bed.scripts.status.canary?.serverErrors, 50);
});

test("architecture §5: failures after the probation, and on scripts that have served before, roll nothing back", async (t) => {
	const bed = await CanaryBed.start(t, { rollback: RULES });
	await bed.save(FRAGILE);
	bed.clock.move(600_000);
	bed.asks(50, { called: "9" });
	await bed.settled();
	assert.equal(bed.scripts.status.generation, 2);
	const second = await CanaryBed.start(t, { rollback: RULES }, bed.folder);
	second.asks(50, { called: "9" });
	await second.settled();
	assert.deepEqual([second.scripts.status.generation, second.scripts.status.rollbacks], [1, 0]);
});

test("architecture §5: with nothing to go back to, a generation that fails stays, which is said once", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	save(folder, FRAGILE);
	const fragile = await CanaryBed.start(t, { rollback: RULES }, folder);
	fragile.asks(40, { called: "9" });
	await fragile.settled();
	assert.deepEqual([fragile.scripts.status.generation, fragile.ask()], [1, 410]);
	assert.equal(fragile.said("routes.failing").split("\n").length, 1);
	assert.match(
		fragile.said("routes.failing"),
		/^error: routes of generation 1 go on serving, since rollback: .*none served before these: 20 of 20/,
	);
});

test("architecture §5: what a rollback brought back is not rolled back in turn", async (t) => {
	const bed = await CanaryBed.start(t, { rollback: RULES });
	await bed.save(FRAGILE);
	bed.clock.move(600_000);
	await bed.save(FRAGILE.replace("410", "486"));
	assert.equal(bed.ask(), 486);
	bed.asks(20, { called: "9" });
	await bed.settled();
	assert.deepEqual([bed.scripts.status.generation, bed.ask()], [4, 410]);
	bed.asks(20, { called: "9" });
	await bed.settled();
	assert.deepEqual([bed.scripts.status.generation, bed.scripts.status.rollbacks], [4, 1]);
	assert.match(
		bed.said("routes.failing"),
		/generation 4 go on serving, since rollback: .*it is itself what a rollback brought back/,
	);
});

test("architecture §5: the last good scripts are those that did not fail, even when other failing ones came in between", async (t) => {
	const bed = await CanaryBed.start(t, { rollback: RULES });
	await bed.save(FRAGILE);
	bed.ask({ called: "9" });
	await bed.save(FRAGILE.replace("410", "411"));
	assert.equal(bed.ask(), 411);
	bed.asks(20, { called: "9" });
	await bed.settled();
	assert.equal(bed.ask(), 404);
});

test("a reload with other devices neither ends a probation nor begins another", async (t) => {
	const bed = await CanaryBed.start(t, { rollback: RULES });
	await bed.save(FRAGILE);
	bed.clock.move(500_000);
	await bed.scripts.reload(undefined, { limits: { ...DEFAULT_LIMITS, timeoutMs: 40 } });
	assert.equal(bed.scripts.status.generation, 3);
	bed.clock.move(100_000);
	bed.asks(30, { called: "9" });
	await bed.settled();
	assert.equal(bed.scripts.status.generation, 3);
});

test("without rules nothing is rolled back", async (t) => {
	const bed = await CanaryBed.start(t);
	await bed.save(FRAGILE);
	bed.asks(500, { called: "9" });
	await bed.settled();
	assert.deepEqual([bed.scripts.status.generation, bed.scripts.status.rollbacks], [2, 0]);
});

test("architecture §4: requests are counted, not the hooks that hear of one: a request that never got to them failed all the same", async (t) => {
	const bed = await CanaryBed.start(t, { rollback: RULES });
	bed.folder.write(
		"routes/default.ts",
		[
			"import { defineRoutes, reply } from 'sipwright';",
			`export default defineRoutes({ onRequest(request) { ${FRAGILE} }, onResponse() {} });`,
		].join("\n"),
	);
	await bed.scripts.reload();
	const { generation } = bed.scripts;
	const ringing = "SIP/2.0 180 Ringing\r\n\r\n";
	const leg = JSON.stringify({ device: undefined, uri: "sip:a@b", scheme: "sip", attempt: 1 });
	for (let call = 0; call < 70; call += 1) {
		bed.ask();
		for (let times = 0; times < 6; times += 1)
			generation.ask("onResponse", ringing, context(), leg);
	}
	assert.deepEqual([generation.counts.asked, generation.counts.failed], [70, 0]);
	bed.asks(30, { called: "9" });
	await bed.settled();
	assert.match(bed.scripts.status.rolledBack?.because ?? "", /^8 of 78 requests failed/);
});

test("architecture §5: an HTTP host that dies rolls back no scripts that have taken over, and neither does a timer; what never settles does", async (t) => {
	const bed = await CanaryBed.start(t, { rollback: RULES });
	bed.folder.write(
		"routes/default.ts",
		`import { defineRoutes, kv, reply } from 'sipwright';
		export default defineRoutes({
			async onRequest(request) {
				if (request.uri.user === "never") await new Promise(() => {});
				await kv.get("host");
				return reply(410);
			},
			timers: { clean: { every: 60 } },
			onTimer() { throw new Error("no"); },
		});`,
	);
	await bed.scripts.reload();
	const { generation } = bed.scripts;
	const ask = (user: string) => {
		const hook = generation.ask("onRequest", request("INVITE", `sip:${user}@127.0.0.1`), context());
		assert.ok(hook instanceof WaitingHook);
		return hook;
	};
	for (const code of ["HOST_TIMEOUT", "HOST_FAILED", "HOST_DNS"])
		for (let times = 0; times < 20; times += 1) {
			ask("5000");
			const call = generation.nextCall();
			assert.ok(call);
			generation.answer(call, { ok: false, code, message: "nobody is there" });
			assert.match(String(generation.nextDecided()?.outcome), /HostError: nobody is there/);
		}
	for (let times = 0; times < 20; times += 1) {
		const hook = ask("5000");
		generation.abandon(hook, "too late");
		generation.endCalls(hook);
		generation.nextCall();
		generation.ask("onTimer", "", context(), JSON.stringify("clean"));
	}
	const { asked, failed, outside } = generation.counts;
	assert.deepEqual([asked, failed, outside, generation.waiting], [80, 80, 80, 0]);
	await bed.settled();
	assert.equal(bed.scripts.status.generation, 2);
	for (let times = 0; times < 20; times += 1) generation.abandon(ask("never"), "too late");
	await bed.settled();
	assert.match(
		bed.scripts.status.rolledBack?.because ?? "",
		/^9 of 89 requests failed, .*too late/,
	);
});
