import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureLimit } from "../../core/auth/failure-limit.ts";

const limit = (entriesMax = 100) => new FailureLimit({ max: 5, windowSeconds: 10, entriesMax });

function fail(failures: FailureLimit, times: number, user: string, source = "192.0.2.1"): void {
	for (let index = 0; index < times; index += 1) failures.failed(user, source, index);
}

test("RFC 3261 §22.1 AU-21: after five failures in ten seconds a user is blocked, and then no longer", () => {
	const failures = limit();
	fail(failures, 4, "1001");
	assert.ok(!failures.blocked("1001", "192.0.2.1", 100));
	failures.failed("1001", "192.0.2.1", 9_000);
	assert.ok(failures.blocked("1001", "192.0.2.1", 9_999));
	assert.ok(!failures.blocked("1001", "192.0.2.1", 10_000));
	failures.failed("1001", "192.0.2.1", 10_000);
	assert.ok(!failures.blocked("1001", "192.0.2.1", 10_000), "counted anew");
});

test("RFC 3261 §22.1 AU-21: a user is blocked for one source, so nobody locks out somebody else's phone", () => {
	const failures = limit();
	fail(failures, 5, "1001");
	assert.ok(!failures.blocked("1001", "192.0.2.2", 10));
	assert.ok(!failures.blocked("1002", "192.0.2.1", 10));
});

test("RFC 3261 §26.3.2.4: the table is bounded: the oldest failures are forgotten", () => {
	const failures = limit(2);
	fail(failures, 5, "1001");
	fail(failures, 5, "1002");
	fail(failures, 5, "x".repeat(10_000));
	assert.ok(!failures.blocked("1001", "192.0.2.1", 10));
	assert.ok(failures.blocked("1002", "192.0.2.1", 10));
	assert.ok(failures.blocked("x".repeat(10_000), "192.0.2.1", 10));
});
