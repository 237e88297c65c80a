/** What hooks may call, with what, and what they are told when they may not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostResult } from "../../../core/script/host-call.ts";
import type { HttpRequest } from "../../../core/script/host-calls/http.ts";
import { KeyValueStore } from "../../../core/script/host-calls/key-value-store.ts";
import { Performing } from "../../../core/script/host-calls/performing.ts";
import { DNS_QUESTIONS_MAX } from "../../../core/script/limits.ts";
import { WaitingHook } from "../../../core/script/waiting-hook.ts";

function open(fetchOrigins: readonly string[] = ["https://api.example.com"]) {
	const requests: { request: HttpRequest; answer: (result: HostResult) => void }[] = [];
	const questions: string[] = [];
	let brokenOff = 0;
	const performing = new Performing({
		kv: new KeyValueStore({ entries: 10, characters: 10_000 }),
		settings: () => ({ fetchOrigins, fetchTimeoutMs: 2_000 }),
		outside: {
			askDns: (question, answer) => {
				questions.push(`${question.type} ${question.name}`);
				answer(question.name === "broken" ? "failed" : [{ address: "192.0.2.1" }], 0);
			},
			lookup: (aor) =>
				aor === "5000" ? { device: "5000", inService: true, bindings: [] } : undefined,
			fetch: (request, answer) => {
				requests.push({ request, answer: (result) => answer(result, 0) });
				return () => {
					brokenOff += 1;
				};
			},
		},
	});
	const hook = new WaitingHook("onRequest", ["", ""], 1);
	const answers: HostResult[] = [];
	const call = (kind: string, args: unknown, now = 0, by = hook) =>
		performing.perform({ hook: by, index: 0, kind, args: JSON.stringify(args) }, now, (result) =>
			answers.push(result),
		);
	return { call, questions, requests, answers, performing, hook, brokenOff: () => brokenOff };
}

function refusal(result: HostResult | undefined): string {
	assert.ok(result?.ok === false, "it was not refused");
	return `${result.code} ${result.message}`;
}

test("host calls: kv with and without an expiry, in seconds of the clock that it is given", () => {
	const { call } = open();
	const value = (kind: string, args: unknown, now: number) => {
		const result = call(kind, args, now);
		assert.ok(result?.ok, JSON.stringify(result));
		return result.value;
	};
	assert.equal(value("kv.set", ["a", "x", null], 0), undefined);
	assert.equal(value("kv.set", ["b", true, 1.5], 0), undefined);
	assert.deepEqual([value("kv.get", ["a"], 1e9), value("kv.get", ["b"], 1_499)], ["x", true]);
	assert.equal(value("kv.get", ["b"], 1_500), undefined);
	assert.deepEqual(
		[value("kv.increment", ["n", 1, null], 0), value("kv.increment", ["n", 2, 1], 5_000)],
		[1, 3],
	);
	assert.deepEqual([value("kv.delete", ["n"], 0), value("kv.delete", ["n"], 0)], [true, false]);
});

test("host calls: whatever has not its shape is refused before anything is done", () => {
	const { call, requests } = open();
	const wrong: readonly [string, unknown][] = [
		["kv.get", []],
		["kv.get", [""]],
		["kv.get", ["x".repeat(257)]],
		["kv.get", [{ toString: 1 }]],
		["kv.set", ["a", { b: 1 }, null]],
		["kv.set", ["a", "x".repeat(8_193), null]],
		["kv.set", ["a", 1, -1]],
		["kv.set", ["a", 1, "60"]],
		["kv.increment", ["a", null, null]],
		["fetch", ["https://api.example.com", { method: "CONNECT" }]],
		["fetch", ["https://api.example.com", { redirect: "follow" }]],
		["fetch", ["https://api.example.com", { timeout: 0 }]],
		["fetch", ["https://api.example.com", { timeout: 61 }]],
		["fetch", ["https://api.example.com", { headers: { Host: "other" } }]],
		["fetch", ["https://api.example.com", { headers: { "transfer-encoding": "chunked" } }]],
		["fetch", ["https://api.example.com", { headers: { "a b": "c" } }]],
		["fetch", ["https://api.example.com", { headers: { a: "b\r\nc: d" } }]],
		["fetch", ["https://api.example.com", { headers: { a: "x".repeat(5_000) } }]],
		["fetch", ["https://api.example.com", { body: "x" }]],
		["fetch", ["https://user:secret@api.example.com", {}]],
		["fetch", ["nowhere", {}]],
		["dns", ["TXT", "example.com"]],
		["dns", ["A", "a b"]],
		["dns", ["A", "x".repeat(256)]],
		["lookup", [""]],
	];
	for (const [kind, args] of wrong)
		assert.match(
			refusal(call(kind, args)),
			/^HOST_ARGUMENT (kv\.\w+|fetch|dns|lookup): /,
			JSON.stringify(args),
		);
	assert.equal(refusal(call("fs.read", ["/etc/passwd"])), "HOST_UNKNOWN there is no fs.read");
	assert.equal(refusal(call("__proto__", [])), "HOST_UNKNOWN there is no __proto__");
	assert.match(refusal(call("toString", [])), /^HOST_UNKNOWN/);
	assert.deepEqual(requests, []);
});

test("fetch: a server that is not listed is refused, with the line to write", () => {
	const { call } = open(["https://api.example.com"]);
	assert.equal(
		refusal(call("fetch", ["https://other.example.com:8443/a?b", {}])),
		'HOST_ORIGIN fetch: https://other.example.com:8443 is not for scripts: write script: { fetch: ["https://api.example.com", "https://other.example.com:8443"] } in the configuration',
	);
	for (const url of [
		"http://api.example.com/",
		"https://api.example.com:444/",
		"https://api.example.com.evil.example/",
		"https://evil.example/?https://api.example.com",
		"file:///etc/passwd",
		"data:text/plain,x",
	])
		assert.match(refusal(call("fetch", [url, {}])), /^HOST_ORIGIN/, url);
});

test("fetch: the request goes out as it was asked for, and its answer comes later", () => {
	const { call, requests, answers } = open();
	const given = { method: "POST", headers: { "X-Key": "1" }, body: "{}", timeout: 0.25 };
	assert.equal(call("fetch", ["https://API.example.com:443/a b#c", given]), undefined);
	assert.equal(call("fetch", ["https://api.example.com", {}]), undefined);
	assert.deepEqual(
		requests.map(({ request }) => request),
		[
			{ ...given, timeout: undefined, url: "https://api.example.com/a%20b", timeoutMs: 250 },
			{
				method: "GET",
				headers: {},
				body: undefined,
				url: "https://api.example.com/",
				timeoutMs: 2_000,
			},
		].map(({ method, headers, body, url, timeoutMs }) => ({
			url,
			method,
			headers,
			body,
			timeoutMs,
		})),
	);
	requests[0]?.answer({ ok: true, value: { status: 200 } });
	requests[1]?.answer({ ok: false, code: "HOST_TIMEOUT", message: "no answer within 2000 ms" });
	assert.deepEqual(answers, [
		{ ok: true, value: { status: 200 } },
		{ ok: false, code: "HOST_TIMEOUT", message: "fetch: no answer within 2000 ms" },
	]);
});

test("fetch: what is under way for a hook that is abandoned is broken off, and nothing else", () => {
	const { call, requests, performing, hook, brokenOff } = open();
	const other = new WaitingHook("onRequest", ["", ""], 2);
	for (const by of [hook, hook, hook, other]) call("fetch", ["https://api.example.com", {}], 0, by);
	requests[0]?.answer({ ok: true });
	performing.abandon(hook);
	assert.equal(brokenOff(), 2);
	performing.abandon(hook);
	assert.equal(brokenOff(), 2);
});

test("dns: an answer is nobody's once the hook that asked is abandoned; and so many questions at a time", () => {
	const waiting: (() => void)[] = [];
	const performing = new Performing({
		kv: new KeyValueStore({ entries: 10, characters: 10_000 }),
		settings: () => ({ fetchOrigins: [], fetchTimeoutMs: 2_000 }),
		outside: {
			askDns: (_question, answer) => void waiting.push(() => answer([], 0)),
			lookup: () => undefined,
			fetch: () => assert.fail("nothing is fetched"),
		},
	});
	const answers: HostResult[] = [];
	const ask = (hook: WaitingHook) => {
		const call = { hook, index: 0, kind: "dns", args: '["A","example.com"]' };
		return performing.perform(call, 0, (result) => answers.push(result));
	};
	const [one, other] = [1, 2].map((ticket) => new WaitingHook("onRequest", ["", ""], ticket));
	assert.ok(one && other);
	ask(one);
	ask(other);
	performing.abandon(one);
	for (const answer of waiting.splice(0)) answer();
	assert.deepEqual(answers, [{ ok: true, value: [] }]);
	for (let question = 0; question < DNS_QUESTIONS_MAX; question += 1)
		assert.equal(ask(one), undefined);
	performing.abandon(one);
	assert.equal(
		refusal(ask(other)),
		`HOST_LIMIT dns: ${DNS_QUESTIONS_MAX} questions are under way already`,
	);
	waiting.shift()?.();
	assert.equal(ask(other), undefined);
});

test("dns: a question and its records; no answer is an error; lookup: what is known of a device", () => {
	const { call, questions, answers } = open();
	call("dns", ["AAAA", "example.com."]);
	call("dns", ["SRV", "broken"]);
	assert.deepEqual(questions, ["AAAA example.com", "SRV broken"]);
	assert.deepEqual(answers, [
		{ ok: true, value: [{ address: "192.0.2.1" }] },
		{ ok: false, code: "HOST_DNS", message: "dns: the name servers did not answer for SRV broken" },
	]);
	assert.deepEqual(call("lookup", ["5000"]), {
		ok: true,
		value: { device: "5000", inService: true, bindings: [] },
	});
	assert.deepEqual(call("lookup", ["4711"]), { ok: true, value: undefined });
});
