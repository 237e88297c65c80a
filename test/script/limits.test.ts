import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { BODY_LINE, decision, failure, hook, type Loaded, load, request } from "./harness.ts";

const invite = (user: string) => request("INVITE", `sip:${user}@127.0.0.1`);

/** Goes wrong for the number 666 only. */
const wrong = (statement: string, top = "") =>
	hook(`if (request.uri.user === "666") {\n${statement} }\nreturn reply(404);`, top);

test("an endless loop costs its own request at most: the next one is served", async (t) => {
	const loops = [
		"while (true) {}",
		"for (;;) [1].sort(() => { for (;;); });",
		"/^(a+)+$/.test('a'.repeat(40) + '!');",
		"(function spin() { Promise.resolve().then(spin); })();",
		"for (;;) new Array(32).fill(0);",
		"return new Proxy({}, { has() { for (;;); }, get() { for (;;); } });",
	];
	for (const loop of loops) {
		const { ask, generation, entry } = await load(t, wrong(loop));
		const error = failure(ask(invite("666")));
		assert.equal(error.code, "SCRIPT_TIMEOUT", loop);
		assert.match(error.reason, /ran for more than 50 ms/);
		assert.equal(decision(ask(invite("1"))).kind, "reply", loop);
		assert.deepEqual([generation.counts.asked, generation.counts.failed], [2, 1]);
		assert.equal(error.script, entry);
	}
});

test("a loop is reported with file and line of the script, and what was logged before it is not lost", async (t) => {
	const { ask, entry, log } = await load(t, wrong('log.warn("before");\nwhile (true) {}'));
	const error = failure(ask(invite("666")));
	assert.deepEqual([error.place?.file, error.place?.line], [entry, BODY_LINE + 2]);
	assert.match(error.message, new RegExp(`default\\.ts:${BODY_LINE + 2}:\\d+: ran for more than`));
	assert.deepEqual(
		log.entries.map(({ level, message }) => [level, message]),
		[["warn", "before"]],
	);
});

test("memory taken within one hook ends the isolate, not the process", async (t) => {
	const hog = "const all = []; for (;;) all.push(new Array(1000).fill(request.callId));";
	const { ask } = await load(t, wrong(hog), { limits: { timeoutMs: 10_000, heapMb: 16 } });
	const error = failure(ask(invite("666")));
	assert.equal(error.code, "SCRIPT_MEMORY");
	assert.match(error.reason, /kept more than 16 MB/);
	assert.equal(decision(ask(invite("1"))).kind, "reply");
});

test("memory taken by what V8 would not look at is ended, too, in a hook and at the top", async (t) => {
	const hog = "const rows = []; for (;;) rows.push(new Array(1000).fill(7));";
	const limits = { timeoutMs: 10_000, heapMb: 16 };
	const { ask } = await load(t, wrong(hog), { limits });
	assert.equal(failure(ask(invite("666"))).code, "SCRIPT_MEMORY");
	const top = `${hog.replace("1000", "200_000")}\nexport default rows;`;
	await assert.rejects(load(t, top, { limits: { ...limits, startMs: 60_000 } }), {
		code: "LOAD_START",
		message: /the top level kept more than 16 MB/,
	});
});

test("a leak from call to call ends the isolate before a growing table can end the process", async (t) => {
	const leaks = [
		"for (let i = 0; i < 2000; i += 1) seen.set(request.callId + seen.size, { i });",
		"for (let i = 0; i < 2000; i += 1) kept['k' + (count += 1)] = 'v' + count;",
		"seen.set(seen.size, new Uint8Array(100_000));",
	];
	for (const leak of leaks) {
		const top = "const seen = new Map(); const kept: Record<string, string> = {}; let count = 0;";
		const { ask } = await load(t, wrong(leak, top), { limits: { heapMb: 16, timeoutMs: 1_000 } });
		const outcomes = [];
		for (let call = 0; call < 3_000 && outcomes.at(-1) !== "SCRIPT_MEMORY"; call += 1) {
			const outcome = ask(invite("666"));
			outcomes.push("code" in outcome ? outcome.code : outcome.kind);
		}
		assert.equal(outcomes.at(-1), "SCRIPT_MEMORY", leak);
		assert.deepEqual([...new Set(outcomes)], ["reply", "SCRIPT_MEMORY"], leak);
		assert.equal(decision(ask(invite("1"))).kind, "reply", leak);
	}
});

test("garbage is not held against a script: only what it keeps counts", async (t) => {
	const { ask, generation } = await load(t, wrong("new Array(100_000).fill(request.callId);"), {
		limits: { heapMb: 16, timeoutMs: 1_000 },
	});
	for (let call = 0; call < 400; call += 1) decision(ask(invite("666")));
	assert.equal(generation.counts.failed, 0);
});

test("what a script throws is reported with its file and line, whatever it is", async (t) => {
	const cases: [string, RegExp][] = [
		['throw new RangeError("no such floor");', /RangeError: no such floor/],
		["undefined.x;", /TypeError: Cannot read properties of undefined/],
		["(function again() { return again() + 1; })();", /Maximum call stack size exceeded/],
	];
	for (const [statement, expected] of cases) {
		const { ask, entry } = await load(t, wrong(`// @ts-nocheck\n${statement}`));
		const error = failure(ask(invite("666")));
		assert.equal(error.code, "SCRIPT_THREW");
		assert.match(error.reason, expected);
		assert.deepEqual([error.place?.file, error.place?.line], [entry, BODY_LINE + 2], statement);
	}
	const odd = [
		'throw "text";',
		"throw null;",
		"throw { toString() { throw 1; } };",
		"throw Symbol();",
	];
	for (const statement of odd) {
		const { ask } = await load(t, wrong(statement));
		const error = failure(ask(invite("666")));
		assert.equal(error.code, "SCRIPT_THREW");
		assert.match(error.reason, /^threw /);
	}
});

test("log lines of a script reach our log with file and line, bounded in number and length", async (t) => {
	const { ask, log, entry } = await load(
		t,
		wrong(`log.info("trunk full", { trunk: "fly" });
			console.log("seen", request.uri.user, [1]);
			for (let i = 0; i < 100; i += 1) log.debug("x".repeat(5_000));`),
	);
	ask(invite("666"));
	const [first, second, third] = log.entries;
	assert.deepEqual(first, {
		level: "info",
		message: "trunk full",
		fields: {
			event: "script.log",
			generation: 1,
			script: `${entry}:${BODY_LINE + 1}:5`,
			data: '{"trunk":"fly"}',
		},
	});
	assert.deepEqual([second?.level, second?.message], ["info", "seen 666 [1]"]);
	assert.equal(third?.message.length, 1_001);
	assert.equal(log.entries.length, 21);
	assert.match(log.entries.at(-1)?.message ?? "", /more than 20 lines in one hook/);
});

test("a script that patches the globals of its isolate harms only its own answers", async (t) => {
	const patches = [
		"Object.prototype.toJSON = () => null;",
		"Object.prototype.toJSON = () => undefined;",
		"Object.prototype.toJSON = () => 'x'.repeat(1e6);",
		"Array.prototype.map = () => { throw 1; };",
		"Error.prepareStackTrace = () => ({}); throw new Error('x');",
		"Object.prototype.decision = { kind: 'relay' }; Object.prototype.log = { lines: 1 };",
		"JSON.stringify = JSON.parse = () => 7 as never;",
		"Object.prototype.toJSON = () => { throw null; };",
		"Object.prototype.toJSON = () => { throw undefined; };",
		"Object.prototype.toJSON = () => { throw { then: 1 }; };",
		"String.prototype.slice = () => { throw null; }; throw new Error('x');",
		"throw null;",
		"Object.defineProperty(Object.prototype, 'failure', { get() { throw null; } });",
		"globalThis.ArrayBuffer = function () { for (;;); }; ArrayBuffer.prototype.transfer = null;",
		"globalThis.String = () => { throw null; }; throw 1;",
	];
	for (const patch of patches) {
		const { ask } = await load(t, wrong(`// @ts-nocheck\n${patch}`));
		const outcome = ask(invite("666"));
		assert.ok("code" in outcome || outcome.kind === "reply", patch);
		const next = ask(invite("1"));
		assert.ok("code" in next || next.kind === "reply", patch);
	}
});

test("a top level that throws null when its isolate is opened again costs that request only", async (t) => {
	// Longer than a load takes, however slow the machine, and shorter than the loop.
	const within = async (ms: number): Promise<Loaded> => {
		const top = `if (Date.now() > ${Date.now() + ms}) throw null;`;
		const limits = { timeoutMs: ms + 100 };
		return load(t, wrong("for (;;);", top), { limits }).catch(() => within(2 * ms));
	};
	const { ask } = await within(500);
	// On a machine that is short of processors it is asked twice, and the second time throws already.
	assert.match(failure(ask(invite("666"))).code, /SCRIPT_TIMEOUT|SCRIPT_THREW/);
	const error = failure(ask(invite("1")));
	assert.deepEqual([error.code, error.reason], ["SCRIPT_THREW", "threw null"]);
});

test("a log that cannot be written costs the request a ScriptError, and not the process", async (t) => {
	const { ask, log, generation } = await load(t, wrong('log.info("a");'));
	Object.assign(log, {
		info: () => {
			throw new TypeError("disk full");
		},
	});
	assert.match(failure(ask(invite("666"))).reason, /cannot be read: disk full/);
	assert.deepEqual([generation.counts.asked, generation.counts.failed], [1, 1]);
});

/** Stops this very process for a while as soon as it does something else than wait. */
async function stopSoon(milliseconds: number): Promise<ChildProcess> {
	const steps = `echo; sleep 0.05; kill -STOP ${process.pid}; sleep ${milliseconds / 1_000}`;
	const child = spawn("sh", ["-c", `${steps}; kill -CONT ${process.pid}`]);
	await once(child.stdout, "data");
	return child;
}

test("a machine that stops the script, and not the script itself, costs another try and no error", async (t) => {
	const { ask, generation } = await load(
		t,
		wrong('if (Date.now() < Number(request.headers.get("X-Busy-Until"))) for (;;);'),
		{ limits: { timeoutMs: 1_500 } },
	);
	const busy = (ms: number) =>
		request("INVITE", "sip:666@127.0.0.1", { headers: [`X-Busy-Until: ${Date.now() + ms}`] });
	const child = await stopSoon(1_800);
	assert.equal(decision(ask(busy(900))).kind, "reply");
	await once(child, "close");
	assert.equal(failure(ask(busy(60_000))).code, "SCRIPT_TIMEOUT");
	assert.deepEqual([generation.counts.asked, generation.counts.failed], [2, 1]);
});
