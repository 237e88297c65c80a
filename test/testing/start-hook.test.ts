/** `onStart` of scripts under test: asked before phones register, with the fakes of the test, at its time. */
import assert from "node:assert/strict";
import { test as plainTest } from "node:test";
import { configured, equal, match } from "../../core/testing/kit.ts";
import type { TestBed } from "../../core/testing/sipwright-test.d.ts";
import { TestSetting } from "../../core/testing/test-setting.ts";

const CONFIGURATION = {
	listen: ["udp:0.0.0.0:5060"],
	domains: ["example.com"],
	trusted: ["10.1.0.0/24"],
	devices: {
		"1001": { type: "Extension", contact: "*" },
		"1002": { type: "Extension", contact: "*" },
	},
	routes: "./routes/starting.ts",
	script: { fetch: ["https://api.example.com"] },
};
const test = configured(CONFIGURATION);
const START = Date.parse("2026-03-02T09:00:00Z");

type Before = (bed: Pick<TestBed, "fetch" | "dns" | "kv">) => void;

/** The list comes after so many seconds. */
const prepared =
	(after = 0, status = 200): Before =>
	({ fetch, dns, kv }) => {
		fetch("https://api.example.com/blocked", { status, body: "1002", after });
		dns("A", "gateway.example.net", ["192.0.2.77"]);
		kv.set("note", "noted");
	};

test("what is said before is there for onStart, and what it prepared for the other hooks", {
	before: prepared(),
	start: "2026-03-02T09:00:00Z",
}, ({ phone, log, decisions, fetched, kv, metrics }) => {
	// The phones have registered, which leaves no trace.
	equal(metrics, { list_length: 4 });
	equal(
		decisions.map(({ hook, text }) => [hook, text]),
		[["onStart", "pass"]],
	);
	equal(log[0]?.message, "1 2026-03-02T09:00:00.000Z noted");
	equal([fetched.length, kv.get("blocked")], [1, "1002"]);
	phone("1002").invite("5000").expect(603);
	phone("1001").invite("5000");
	equal(metrics, { list_length: 4, asked: 2 });
	match(decisions.at(-1)?.text ?? "", /^relay sip:5000@192\.0\.2\.77/);
});

test("onStart takes the time that it waits", { before: prepared(1.5) }, (bed) => {
	equal(bed.now.toISOString(), "2026-01-01T00:00:01.500Z");
	match(bed.ladder(), /fetch GET https:\/\/api\.example\.com\/blocked: 200/);
	match(bed.ladder(), /onStart: pass/);
});

plainTest("a test whose onStart fails says why, where, and what to write", async () => {
	const setting = new TestSetting(import.meta.filename, CONFIGURATION);
	const cases: [Before | undefined, RegExp][] = [
		[
			prepared(0, 503),
			/^onStart fails, .*\n.*starting\.ts:12:\d+: Error: no list: 503 \(SCRIPT_THREW\)/,
		],
		[
			undefined,
			/starting\.ts:9:\d+: HostError: .* says nothing of .*\n.*\{ before: \(\{ fetch \}\)/,
		],
		[
			({ dns, ...bed }) => {
				prepared()({ dns, ...bed });
				dns("A", "gateway.example.net", "failed");
			},
			/dns: the name servers did not answer/,
		],
	];
	for (const [before, expected] of cases)
		await assert.rejects(setting.open(START, before), { name: "TestingError", message: expected });
});
