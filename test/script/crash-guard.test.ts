import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Bundle } from "../../core/script/compile.ts";
import { CrashGuard, type Loaded } from "../../core/script/crash-guard.ts";

const bundle = (hash: string): Bundle => ({ entry: "/a.ts", hash, code: "", map: "" });

/** Something that runs until it ends. */
class Running implements Loaded {
	ended = false;
	whenEnded: (() => void) | undefined;

	end(): void {
		this.ended = true;
		this.whenEnded?.();
	}
}

function guarded(t: TestContext, crashed: readonly string[] = []) {
	t.mock.timers.enable({ apis: ["setTimeout"] });
	const log: string[] = [];
	const guard = new CrashGuard(crashed, {
		tell: async ([newest, ...others], loading) =>
			void log.push([newest ?? "nobody", loading ? "loading" : "newest", ...others].join(" ")),
		crash: () => void log.push("crash"),
	});
	return { guard, log };
}

test("whoever looks on is told of a bundle before it is run, and then which was loaded last", async (t) => {
	const { guard, log } = guarded(t);
	const fails = () => Promise.reject(new Error("broken"));
	await assert.rejects(guard.watch(bundle("a"), fails), /broken/);
	const running = new Running();
	assert.equal(await guard.watch(bundle("b"), async () => running), running);
	await assert.rejects(guard.watch(bundle("c"), fails), /broken/);
	assert.deepEqual(log, [
		...["a loading", "nobody newest"],
		...["b loading", "b newest"],
		...["c loading b", "b newest"],
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
	const { promise, resolve } = Promise.withResolvers<Loaded>();
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
	resolve(new Running());
	await loading;
});

test("bundles that are loaded at once, routes and a shadow, are loaded in turn: whichever crashes the process is known", async (t) => {
	const { guard, log } = guarded(t);
	const first = Promise.withResolvers<Loaded>();
	const begun = Promise.withResolvers<void>();
	const routes = guard.watch(bundle("routes"), () => {
		begun.resolve();
		return first.promise;
	});
	const shadow = guard.watch(bundle("shadow"), async () => new Running());
	await begun.promise;
	assert.deepEqual(log, ["routes loading"]);
	first.reject(new Error("broken"));
	await assert.rejects(routes, /broken/);
	await shadow;
	assert.deepEqual(log, ["routes loading", "nobody newest", "shadow loading", "shadow newest"]);
});

test("what has ended is no suspect any more: a candidate that was dropped, scripts whose tests failed", async (t) => {
	const { guard, log } = guarded(t);
	await guard.watch(bundle("serving"), async () => new Running());
	const candidate = await guard.watch(bundle("candidate"), async () => new Running());
	candidate.end();
	assert.deepEqual(log.slice(-2), ["candidate newest serving", "serving newest"]);
});
