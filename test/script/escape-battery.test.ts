/**
 * Attempts to get out of the sandbox, by the ways that have led out of others. Each is an expression
 * that would be `true` if it had got hold of Node, of the host or of isolated-vm. None may be.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ScriptError } from "../../core/script/script-error.ts";
import { decision, hook, load, request } from "./harness.ts";

const NAMES = ["request", "call", "device", "log", "relay", "reply"].join();

/** `node(value)`: whether a global object of Node's, or an object that it made, was reached. */
const SCRIPT = hook(
	`
	let outcome: unknown;
	try { outcome = Function("node", "${NAMES}", "return (" + request.body + ")")(node, ${NAMES}); }
	catch (error) { outcome = error instanceof SyntaxError ? "no JavaScript: " + error : "threw"; }
	if (typeof outcome === "object" && outcome !== null) outcome = String(node(outcome));
	return reply(200, String(outcome).slice(0, 100));`,
	`const node = (value: unknown): boolean => {
		if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
		const made = (value as { constructor?: unknown }).constructor;
		if (typeof made !== "function") return false;
		const code = "return typeof process === 'object' || typeof require === 'function'";
		const foreign = (made as { constructor: (code: string) => () => boolean }).constructor(code)();
		return foreign || /^(Reference|ExternalCopy|Isolate|Context|Callback|Module)$/.test(made.name);
	};`,
);

const CODE = "'return typeof process === \\'object\\' || typeof require === \\'function\\''";

const ATTEMPTS: readonly (readonly [how: string, expressions: readonly string[]])[] = [
	[
		"prototypes and constructors",
		[
			...["request", "request.headers", "request.uri", "request.from", "request.source", "call"],
			...[
				"call.callee",
				"call.caller",
				"device",
				"log",
				"log.info",
				"relay",
				"reply(404)",
				"console",
			],
		].flatMap((value) => [
			`${value}.constructor.constructor(${CODE})()`,
			`node(Object.getPrototypeOf(Object.getPrototypeOf(${value}) ?? {}) ?? {})`,
		]),
	],
	[
		"other constructors of functions",
		[
			`(async () => {}).constructor(${CODE})() === true`,
			`(function* () {}).constructor(${CODE})().next().value`,
			`(async function* () {}).constructor(${CODE})() === true`,
			`Reflect.construct(Function, [${CODE}])()`,
			`Reflect.apply(Function, globalThis, [${CODE}])()`,
			`(0, eval)('typeof process === "object"')`,
			`new (class extends Function {})(${CODE})()`,
			`Function.bind(null, ${CODE})()()`,
			`Function.prototype.constructor.call({}, ${CODE})()`,
			"typeof globalThis.constructor.constructor('return this')().process === 'object'",
		],
	],
	[
		"errors and their stacks",
		[
			"(() => { try { relay(1) } catch (error) { return node(error) } })()",
			"(() => { try { reply(1) } catch (error) { return node(error.constructor) } })()",
			"(() => { try { request.headers.set('Via', 'x') } catch (error) { return node(error) } })()",
			"(() => { const deep = () => deep(); try { deep() } catch (error) { return node(error) } })()",
			"(() => { try { null.x } catch (error) { return node(error) } })()",
			"(() => { try { new Array(-1) } catch (error) { return node(error) } })()",
			`(() => { Error.prepareStackTrace = (_, sites) => sites; const sites = new Error().stack;
				delete Error.prepareStackTrace;
				return Array.isArray(sites) && sites.some((site) => node(site.getThis?.()) || node(site.getFunction?.())) })()`,
			`(() => { const holder = {}; Error.captureStackTrace(holder); return /node:|node_modules|core\\/script/.test(holder.stack) })()`,
			"/node:|\\/core\\//.test(new Error().stack)",
			"(() => { try { decodeURIComponent('%') } catch (error) { return node(error) } })()",
		],
	],
	[
		"references to the host",
		[
			"Reflect.ownKeys(globalThis).some((key) => node(globalThis[key]))",
			"Reflect.ownKeys(globalThis).some((key) => typeof globalThis[key]?.applySync === 'function')",
			"Reflect.ownKeys(globalThis).some((key) => typeof globalThis[key]?.derefInto === 'function')",
			"typeof SIPWRIGHT_RUNTIME !== 'undefined'",
			"typeof $0 !== 'undefined' || typeof _ivm !== 'undefined' || typeof ivm !== 'undefined'",
			"(function () { return node(arguments.callee.caller) })()",
			"(function f() { return node(f.caller) || node(f.arguments) })()",
			"(function () { return this !== globalThis && node(this) })()",
			"Object.getOwnPropertySymbols(globalThis).some((key) => node(globalThis[key]))",
			"node(Symbol.for('nodejs.util.inspect.custom'))",
		],
	],
	[
		"modules",
		[
			"typeof require === 'function'",
			"typeof module === 'object'",
			"typeof importScripts === 'function'",
			"typeof Deno === 'object' || typeof Bun === 'object'",
			"(() => { try { return typeof Function('return import.meta')() } catch { return false } })()",
		],
	],
	[
		"memory",
		[
			"typeof SharedArrayBuffer === 'function'",
			"typeof WebAssembly === 'object'",
			"typeof Atomics === 'object'",
			"new Uint8Array(4096).some((octet) => octet !== 0)",
			"new Uint8Array(new ArrayBuffer(8, { maxByteLength: 65536 }).transfer(4096)).some(Boolean)",
			`(() => { const buffer = new ArrayBuffer(8, { maxByteLength: 64 }); const view = new DataView(buffer);
				buffer.resize(0); try { view.getUint8(0); return true } catch { return false } })()`,
			`(() => { const array = [1.1]; array.length = 2 ** 32 - 1; return array[2 ** 31] !== undefined })()`,
			"(() => { try { new DataView(new ArrayBuffer(1)).getFloat64(2 ** 53) ; return true } catch { return false } })()",
			"typeof gc === 'function'",
		],
	],
];

/** How many there are: the promise of docs/architecture/isolates.md. */
const COUNT = ATTEMPTS.reduce((sum, [, expressions]) => sum + expressions.length, 0);

async function battery(t: TestContext): Promise<(expression: string) => string> {
	const { ask } = await load(t, SCRIPT, { limits: { timeoutMs: 1_000 } });
	return (body) => {
		const answer = ask(request("MESSAGE", "sip:5000@127.0.0.1", { body }));
		if (answer instanceof ScriptError) return `ended: ${answer.code}`;
		const made = decision(answer);
		return made.kind === "reply" ? (made.reason ?? "") : made.kind;
	};
}

for (const [how, expressions] of ATTEMPTS)
	test(`sandbox: ${expressions.length} attempts by ${how} lead nowhere`, async (t) => {
		const give = await battery(t);
		for (const expression of expressions) {
			const outcome = give(expression);
			assert.match(outcome, /^(false|undefined|threw|ended: SCRIPT_\w+)$/, expression);
		}
	});

test("sandbox: the battery has at least 40 attempts, and knows an escape when it sees one", async (t) => {
	assert.ok(COUNT >= 40, String(COUNT));
	const give = await battery(t);
	assert.equal(give("true"), "true");
	assert.equal(
		give("node({ constructor: { name: 'Reference', constructor: () => () => false } })"),
		"false",
	);
	const impostor = `(() => { function Reference() {} return node(new Reference()) })()`;
	assert.equal(give(impostor), "true");
	assert.match(give("no JavaScript at all"), /^no JavaScript/);
});

/** Scripts that attack the host through what they answer. */
const ANSWERS: Readonly<Record<string, string>> = {
	"a header with a line break": "request.headers.set('X-A', 'a\\r\\nVia: x'); return relay();",
	"a header of the engine": "request.headers.set(('vi' + 'a') as never, 'x'); return relay();",
	"a reason with a line break": "return reply(200, 'OK\\r\\nVia: x');",
	"an object that is no decision": "return { kind: 'relay', targets: [] } as never;",
	"a proxy around a decision": "return new Proxy(relay(), {}) as never;",
	"a decision from a prototype": "return Object.create(relay()) as never;",
	"a promise of nothing": "return Promise.resolve(undefined) as never;",
	"a promise of an object of one's own": "return Promise.resolve({ kind: 'drop' }) as never;",
	"a thenable that throws": "return { then() { throw new Error('no'); } } as never;",
	"a thenable of a thenable":
		"return { then: (take: (value: unknown) => void) => take({ then: (again: (value: unknown) => void) => again(1) }) } as never;",
	"a thrown proxy": "throw new Proxy({}, { get() { throw 1; } });",
	"a thrown value that cannot be text": "throw { toString() { throw 1; } };",
	"a thrown huge text": "throw new Error('x'.repeat(1e7));",
	"a target with a line break": "return relay('sip:a@h\\r\\nVia: x');",
	"a target of another scheme": "return relay('file:///etc/passwd');",
};

for (const [what, body] of Object.entries(ANSWERS))
	test(`sandbox: ${what} is refused, and the next request is served`, async (t) => {
		const attack = `if (request.method === "MESSAGE") { ${body} } return reply(486);`;
		const { ask } = await load(t, hook(attack), { limits: { timeoutMs: 1_000 } });
		const outcome = ask(request("MESSAGE", "sip:5000@127.0.0.1"));
		assert.ok(outcome instanceof ScriptError, JSON.stringify(outcome));
		assert.ok(outcome.message.length < 20_000);
		const next = decision(ask());
		assert.equal(next.kind === "reply" && next.status, 486);
	});

test("sandbox: built-ins that a script has patched do not help it past the checks of the host", async (t) => {
	const patched = `
		if (request.method !== "MESSAGE") return reply(486);
		Set.prototype.has = () => false; Array.prototype.includes = () => false;
		RegExp.prototype.test = () => false; RegExp.prototype.exec = () => null;
		String.prototype.includes = () => false; Array.prototype.some = () => false;
		request.headers.set(("vi" + "a") as never, "SIP/2.0/UDP evil.example.com");
		request.headers.set("X-A", "a\\r\\nVia: x");
		return relay();`;
	const { ask } = await load(t, hook(patched), { limits: { timeoutMs: 1_000 } });
	const outcome = ask(request("MESSAGE", "sip:5000@127.0.0.1"));
	assert.ok(outcome instanceof ScriptError);
	assert.match(outcome.message, /via belongs to the engine.*CR, LF and NUL are not allowed/);
	assert.equal([1].includes(1), true, "those of the host are its own");
});

test("sandbox: prototypes that a script pollutes are those of its isolate", async (t) => {
	const pollute = `
		(Object.prototype as Record<string, unknown>).polluted = "yes";
		(Array.prototype as unknown as Record<string, unknown>).polluted = "yes";
		JSON.stringify = () => '{"decision":{"kind":"relay","targets":[{"kind":"uri","uri":"sip:evil@h"}],"edits":[]}}';
		JSON.parse = () => ({ polluted: "yes" });
		return reply(486);`;
	const { ask } = await load(t, hook(pollute));
	const answer = decision(ask());
	assert.equal(answer.kind === "reply" && answer.status, 486);
	assert.equal(({} as { polluted?: unknown }).polluted, undefined);
	assert.equal(([] as { polluted?: unknown }).polluted, undefined);
});
