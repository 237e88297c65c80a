import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Bundle } from "../../core/script/compile.ts";
import { CrashGuard } from "../../core/script/crash-guard.ts";

const bundle = (hash: string): Bundle => ({ entry: "/a.ts", hash, code: "", map: "" });

function guarded(t: TestContext, crashed: readonly string[] = []) {
	t.mock.timers.enable({ apis: ["setTimeout"] });
	const log: string[] = [];
	const guard = new CrashGuard(crashed, {
		tell: async (hash, loading) => void log.push(`${hash} ${loading ? "loading" : "newest"}`),
		crash: () => void log.push("crash"),
	});
	return { guard, log };
}

test("whoever looks on is told of a bundle before it is run, and then which was loaded last", async (t) => {
	const { guard, log } = guarded(t);
	const fails = () => Promise.reject(new Error("broken"));
	await assert.rejects(guard.watch(bundle("a"), fails), /broken/);
	assert.equal(await guard.watch(bundle("b"), async () => log.push("runs")), 4);
	await assert.rejects(guard.watch(bundle("c"), fails), /broken/);
	assert.deepEqual(log, [
		...["a loading", "null newest"],
		...["b loading", "runs", "b newest"],
		...["c loading", "b newest"],
	]);
	t.mock.timers.tick(100_000);
	assert.ok(!log.includes("crash"));
});

test("a bundle that the process crashed on is refused, and not run", async (t) => {
	const { guard, log } = guarded(t, ["a"]);
	const refused = guard.watch(bundle("a"), () => assert.fail());
	await assert.rejects(refused, {
		code: "LOAD_CRASHED",
		step: "start",
		message: /\/a\.ts: the process/,
	});
	assert.deepEqual(log, []);
});

test("a load that hangs for a minute in what nobody can stop ends the process", async (t) => {
	const { guard, log } = guarded(t);
	const { promise, resolve } = Promise.withResolvers<void>();
	const begun = Promise.withResolvers<void>();
	const loading = guard.watch(bundle("a"), () => {
		begun.resolve();
		return promise;
	});
	await begun.promise;
	t.mock.timers.tick(59_999);
	assert.deepEqual(log, ["a loading"]);
	t.mock.timers.tick(1);
	assert.deepEqual(log, ["a loading", "crash"]);
	resolve();
	await loading;
});
