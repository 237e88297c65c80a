/** Scripts that wait in hostile ways: each request gets its decision all the same, and nothing stays behind. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Generation } from "../../core/script/generation.ts";
import type { HostResult } from "../../core/script/host-call.ts";
import { LoadError } from "../../core/script/load-error.ts";
import { ScriptError } from "../../core/script/script-error.ts";
import { type Outcome, WaitingHook } from "../../core/script/waiting-hook.ts";
import { context, type LoadGiven, load, request } from "./harness.ts";

const SPOIL = "throw new Error('spoilt')";

/** What a script does to the built-ins, before or while it serves. */
const PATCHES: readonly string[] = [
	`Promise.prototype.then = () => { ${SPOIL} }`,
	"Promise.prototype.then = function () { return this }",
	`Promise.resolve = () => { ${SPOIL} }`,
	`Object.defineProperty(Promise, Symbol.species, { get() { ${SPOIL} } })`,
	`Array.prototype.push = () => { ${SPOIL} }`,
	"Array.prototype.push = () => 0",
	"Map.prototype.get = Map.prototype.set = () => undefined",
	`Object.defineProperty(Map.prototype, 'size', { get() { ${SPOIL} } })`,
	`JSON.stringify = JSON.parse = () => { ${SPOIL} }`,
	"JSON.stringify = () => 'null'",
	`Reflect.apply = () => { ${SPOIL} }`,
	"Object.assign(globalThis, { Promise: null, Map: null, JSON: null, Reflect: null })",
];

/** Calls the host twice; `body` comes before that. */
function script(body: string, top = ""): string {
	return [
		"import { defineRoutes, kv, relay, reply } from 'sipwright';",
		top,
		"export default defineRoutes({ async onRequest(request, call) {",
		"const user = request.uri.user;",
		body,
		"const first = await kv.get(user); const second = await kv.get(user + first);",
		"return reply(400 + Number(second));",
		"} });",
	].join("\n");
}

async function open(t: TestContext, source: string, given: LoadGiven = {}) {
	const { generation, log } = await load(t, source, given);
	const ask = (user: string) =>
		generation.ask("onRequest", request("INVITE", `sip:${user}@127.0.0.1`), context());
	return { generation, log, ask };
}

/** Answers every call with what `value` makes of its key, until nobody wants anything. */
function serve(
	generation: Generation,
	value: (key: string) => unknown = (key) => key.length,
): void {
	for (let call = generation.nextCall(); call !== undefined; call = generation.nextCall()) {
		const result: HostResult = { ok: true, value: value(String(JSON.parse(call.args)[0])) };
		generation.answer(call, result);
	}
}

/** The status that it was answered with, or the code of what went wrong. */
function end(outcome: Outcome | WaitingHook | undefined): number | string | undefined {
	if (outcome instanceof WaitingHook) return end(outcome.outcome);
	if (outcome instanceof ScriptError) return `${outcome.code}: ${outcome.reason}`;
	return outcome?.kind === "reply" ? outcome.status : outcome?.kind;
}

test("a hook that waits is answered whatever the script did to the built-ins", async (t) => {
	for (const patch of PATCHES)
		await t.test(patch, async (t) => {
			const { generation, ask } = await open(
				t,
				script("if (user === 'bad') spoil();", `function spoil() { ${patch}; }`),
			);
			const [before, bad, after] = [ask("a"), ask("bad"), ask("ab")];
			serve(generation);
			const again = ask("abc");
			serve(generation);
			assert.deepEqual([before, bad, after, again].map(end), [402, 404, 403, 404]);
			assert.equal(generation.waiting, 0);
		});
});

test("a built-in that the answer itself is made with costs the request that needs it, which waits for nothing", async (t) => {
	const patch = `Array.prototype.map = Map.prototype.get = Map.prototype.set = () => { ${SPOIL} }`;
	const { generation, ask } = await open(
		t,
		script("if (user === 'bad') spoil();", `function spoil() { ${patch}; }`),
	);
	const hooks = ["a", "bad", "ab"].map(ask);
	serve(generation);
	assert.deepEqual(hooks.map(end), Array(3).fill("SCRIPT_THREW: Error: spoilt"));
	assert.equal(generation.waiting, 0);
});

test("thenables are awaited, and one that throws or never ends costs its own request alone", async (t) => {
	const body = [
		"if (user === 'then') return { then(done) { kv.get('t').then((n) => done(reply(480 + n))); } };",
		"if (user === 'twice') return { then(done, fail) { done(reply(410)); done(reply(411)); fail(1); } };",
		"if (user === 'throws') return { get then() { throw new Error('no'); } };",
		"if (user === 'never') return { then() {} };",
		"if (user === 'species') { const p = kv.get('s'); Object.defineProperty(p, 'constructor', { get() { throw new Error('no'); } }); return p; }",
	].join("\n");
	const source = script(body)
		.replace("async onRequest", "onRequest")
		.replace(/const first.*\n.*/, "return reply(404);");
	const { generation, ask } = await open(t, source);
	const hooks = ["then", "twice", "throws", "species", "never"].map(ask);
	serve(generation);
	assert.deepEqual(hooks.map(end), [
		481,
		410,
		"SCRIPT_THREW: Error: no",
		"SCRIPT_THREW: Error: no",
		undefined,
	]);
	assert.equal(generation.waiting, 1);
	generation.abandon(hooks[4] as WaitingHook);
	assert.equal(generation.waiting, 0);
});

test("a host call at the top level of a script refuses the load, and says why", async (t) => {
	for (const top of ["kv.get('a');", "const all = Promise.all([kv.get('a')]);"])
		await assert.rejects(open(t, script("", top)), (error) => {
			assert.ok(error instanceof LoadError);
			assert.match(error.message, /kv\.get waits, and the top level of a script cannot/);
			return true;
		});
});

test("results of 256 KB reach the hook, and larger ones are an error it can catch", async (t) => {
	const body =
		"try { const text = await kv.get(user) as string; return reply(text.length > 262_000 ? 481 : 482); } catch (error) { return reply((error as { code: string }).code === 'HOST_LIMIT' ? 413 : 500); }";
	const { generation, ask } = await open(t, script(body));
	const [large, tooLarge] = [ask("a"), ask("b")];
	serve(generation, (key) => "x".repeat(key === "a" ? 262_100 : 262_144));
	assert.deepEqual([large, tooLarge].map(end), [481, 413]);
});

test("calls that nobody awaits go on after the decision, one after the other", async (t) => {
	const source = script(
		"kv.get('1').then(() => kv.get('2')).then(() => kv.get('3')).then(() => { throw new Error('nobody hears it'); }); return reply(486);",
	);
	for (const kind of ["async onRequest", "onRequest"]) {
		const { generation, ask } = await open(
			t,
			kind === "onRequest"
				? source.replace(/async (onRequest)/, "$1").replace(/const first.*\n.*/, "")
				: source,
		);
		const keys: string[] = [];
		assert.equal(end(ask("a")), 486);
		serve(generation, (key) => void keys.push(key));
		assert.deepEqual([keys, generation.waiting], [["1", "2", "3"], 0]);
		assert.equal(end(ask("b")), 486);
	}
});

test("a call that is made when the hook has answered at once is refused, and hurts nobody", async (t) => {
	const source = `import { defineRoutes, kv, reply } from 'sipwright';
		let code = 0;
		export default defineRoutes({ onRequest() {
			Promise.resolve().then(() => kv.get('a')).catch((error) => { code += error.code === 'HOST_UNABLE' ? 1 : 50; });
			return reply(480 + code);
		} });`;
	const { generation, ask } = await open(t, source);
	const [first, second, third] = [ask("a"), ask("b"), ask("c")].map((one) => Number(end(one)));
	// The probes of the load were the first.
	assert.ok(first !== undefined && first > 480 && first < 490, String(first));
	assert.deepEqual([second, third], [first + 1, first + 2]);
	assert.deepEqual([generation.busy, generation.waiting], [false, 0]);
});

test("a rejection that nobody handles costs the request that made it, and no other", async (t) => {
	const body =
		"if (user === 'bad') Promise.reject(new Error('unheard')); if (user === 'late') kv.get('x').then(() => { throw new Error('late'); });";
	const { generation, ask } = await open(t, script(body));
	const hooks = ["a", "bad", "late", "ab"].map(ask);
	serve(generation);
	assert.deepEqual(hooks.map(end), [402, "SCRIPT_THREW: unheard", "SCRIPT_THREW: late", 403]);
	assert.equal(generation.waiting, 0);
});

test("two requests that share a promise get their decisions, each its own", async (t) => {
	const { generation, ask } = await open(
		t,
		script("shared ??= kv.get('s'); await shared;", "let shared: Promise<unknown> | undefined;"),
	);
	const hooks = [ask("a"), ask("ab"), ask("abc")];
	serve(generation);
	assert.deepEqual(hooks.map(end), [402, 403, 404]);
	assert.equal(generation.waiting, 0);
});

test("hooks that are abandoned leave nothing in the isolate", async (t) => {
	const keep =
		"const large = 'x'.repeat(50).split('').map(() => new Array(200).fill(user)); await kv.get(user); large.length;";
	const { generation, ask } = await open(t, script(keep), { limits: { heapMb: 16 } });
	// 80 KB each: 1,000 are far more than the heap holds.
	for (let i = 0; i < 1_000; i += 1) {
		const hook = ask(`a${i}`);
		assert.ok(hook instanceof WaitingHook, String(end(hook)));
		const first = generation.nextCall();
		assert.ok(first);
		generation.abandon(hook);
		if (i % 2 === 0) generation.answer(first, { ok: true, value: 1 });
		generation.endCalls(hook);
		serve(generation);
	}
	assert.deepEqual([generation.waiting, generation.counts.failed], [0, 0]);
	const last = ask("a");
	serve(generation);
	assert.equal(end(last), 402);
});
