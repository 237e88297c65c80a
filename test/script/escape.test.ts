/** What a script can reach: its own isolate, and nothing of Node or of the host (isolated-vm). */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { decision, hook, load, request } from "./harness.ts";

const NAMES = ["request", "call", "device", "log", "relay", "reply"].join();
const SCRIPT = hook(`
	if (request.method !== "MESSAGE") return drop();
	let found: unknown;
	try { found = Function("${NAMES}", "'use strict'; return " + request.body)(${NAMES}); }
	catch (error) { found = error; }
	return reply(200, String(found).split("\\n")[0]);`);

/** What JavaScript expressions give inside, as text. */
async function inside(t: TestContext): Promise<(expression: string) => string> {
	const { ask } = await load(t, SCRIPT);
	return (body) => {
		const answer = decision(ask(request("MESSAGE", "sip:5000@127.0.0.1", { body })));
		return answer.kind === "reply" ? (answer.reason ?? "") : answer.kind;
	};
}

test("no global of Node, and none that escapes the heap limit, is there", async (t) => {
	const give = await inside(t);
	const names = [
		...["process", "require", "module", "Buffer", "global", "setTimeout", "setInterval", "fetch"],
		...["performance", "queueMicrotask", "structuredClone", "WebAssembly", "SharedArrayBuffer"],
		...["Atomics", "SIPWRIGHT_RUNTIME", "gc", "ivm"],
	];
	const expression = `${JSON.stringify(names)}.filter((name) => name in globalThis).join()`;
	assert.equal(give(expression), "");
});

test("no constructor leads out: every Function is the isolate's own", async (t) => {
	const give = await inside(t);
	const objects = [
		...["request", "request.headers", "request.headers.get", "request.uri", "request.source"],
		...["call", "call.callee", "device", "log", "log.info", "relay", "console.log", "reply(404)"],
		...["globalThis", "(() => {})", "(async () => {})", "new Error()", "arguments"],
	];
	for (const object of objects) {
		const reached = `((${object})).constructor.constructor("return typeof process + typeof require")()`;
		assert.equal(give(reached), "undefinedundefined", object);
		const same = `((${object})).constructor.constructor === Function`;
		assert.equal(give(same), "true", object);
	}
});

test("no object of isolated-vm is reachable from the globals or from what a hook is given", async (t) => {
	const give = await inside(t);
	const walk = `(() => {
		const seen = new Set([Reflect]);
		const found = [];
		const look = (value, path, depth) => {
			if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
			if (seen.has(value) || depth > 6) return;
			seen.add(value);
			const name = value.constructor?.name ?? "";
			if (/^(Reference|ExternalCopy|Isolate|Context|Callback|NativeModule)$/.test(name)) found.push(path);
			for (const key of Reflect.ownKeys(value)) {
				try { look(value[key], path + "." + String(key), depth + 1); } catch {}
			}
			look(Reflect.getPrototypeOf(value), path + ".__proto__", depth + 1);
		};
		look(globalThis, "globalThis", 0);
		look({ request, call, device, relay, reply, log }, "hook", 0);
		return found.join() + (seen.size > 100 ? "" : "too little was seen");
	})()`;
	assert.equal(give(walk), "");
});

test("the stack does not lead to the functions that called the hook", async (t) => {
	const give = await inside(t);
	assert.match(give("arguments.callee.caller"), /^TypeError/);
	assert.equal(give("Function('return arguments.callee.caller')()"), "null");
	assert.match(give("(ask).caller"), /^ReferenceError/);
});

test("what a hook is given cannot be changed under the engine's feet", async (t) => {
	const give = await inside(t);
	for (const change of [
		"(call.caller).scheme = 'sips'",
		"(request.source).trusted = true",
		"(request).method = 'BYE'",
		"(log).info = 1",
	]) {
		const outcome = give(`(() => { ${change}; return "changed"; })()`);
		assert.match(outcome, /^TypeError/, change);
	}
});
