import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureLimit, type Limited } from "../../core/auth/failure-limit.ts";
import { LIMITS } from "./phone.ts";

const HERE = "192.0.2.1";
const limit = (changes = {}) => new FailureLimit({ ...LIMITS, ...changes });
const stranger = () => false;

function fail(failures: FailureLimit, times: number, user: string, source = HERE): void {
	for (let index = 0; index < times; index += 1) failures.failed({ user, source }, index);
}

const blocked = (
	failures: FailureLimit,
	user: string,
	source = HERE,
	now = 100,
	known = stranger,
) => failures.blocked({ user, source }, known, now);

test("RFC 3261 §22.1 AU-21: after five failures in ten seconds a user is blocked, and then no longer", () => {
	const failures = limit();
	fail(failures, 4, "1001");
	assert.ok(!blocked(failures, "1001"));
	failures.failed({ user: "1001", source: HERE }, 9_000);
	assert.ok(blocked(failures, "1001", HERE, 9_999));
	assert.ok(!blocked(failures, "1001", HERE, 10_000));
	failures.failed({ user: "1001", source: HERE }, 10_000);
	assert.ok(!blocked(failures, "1001", HERE, 10_000), "counted anew");
});

test("RFC 3261 §22.1 AU-21: a user is blocked for one source, so nobody locks out somebody else's phone", () => {
	const failures = limit();
	fail(failures, 5, "1001");
	assert.ok(!blocked(failures, "1001", "192.0.2.2"));
	assert.ok(!blocked(failures, "1002"));
});

test("RFC 3261 §22.1 AU-21: a source that tries many users is blocked for all of them, but for who is there already", () => {
	const failures = limit();
	for (let user = 1001; user <= 1020; user += 1) fail(failures, 1, String(user));
	assert.ok(blocked(failures, "1030"));
	assert.ok(!blocked(failures, "1030", HERE, 100, () => true));
	assert.ok(!blocked(failures, "1030", "192.0.2.2"));
	assert.ok(!blocked(failures, "1030", HERE, 10_000));
});

test("RFC 3261 §22.1 AU-21: a user whom many sources try is let in from none of them, but from where he is already", () => {
	const failures = limit();
	for (let host = 1; host <= 10; host += 1) fail(failures, 1, "1001", `198.51.100.${host}`);
	assert.ok(blocked(failures, "1001", "203.0.113.1"));
	assert.ok(!blocked(failures, "1001", "203.0.113.1", 100, () => true));
	assert.ok(!blocked(failures, "1002", "203.0.113.1"));
});

test("RFC 3261 §22.1 AU-21: who is there already gets no more tries than anybody else with a wrong password", () => {
	const failures = limit();
	fail(failures, 5, "1001");
	assert.ok(blocked(failures, "1001", HERE, 100, () => true));
});

test("RFC 6177 §2: the addresses of one IPv6 subscriber are one source", () => {
	const failures = limit();
	for (let host = 1; host <= 5; host += 1) fail(failures, 1, "1001", `2001:db8:1:2::${host}`);
	assert.ok(blocked(failures, "1001", "2001:db8:1:2:ffff::1"));
	assert.ok(!blocked(failures, "1001", "2001:db8:1:3::1"));
});

test("RFC 3261 §26.3.2.4: the tables are bounded: the oldest failures are forgotten", () => {
	const failures = limit({ entriesMax: 2 });
	fail(failures, 5, "1001");
	fail(failures, 5, "1002");
	fail(failures, 5, "x".repeat(10_000));
	assert.ok(!blocked(failures, "1001"));
	assert.ok(blocked(failures, "1002"));
	assert.ok(blocked(failures, "x".repeat(10_000)));
});

test("RFC 3261 §22.1 AU-21: a limit that is reached is told once in its window", () => {
	const failures = limit();
	const told: Limited[] = [];
	failures.reached = (limited, by) => {
		assert.deepEqual(by, { user: "1001", source: HERE });
		told.push(limited);
	};
	fail(failures, 9, "1001");
	assert.deepEqual(told, ["user and source"]);
	failures.failed({ user: "1001", source: HERE }, 9);
	assert.deepEqual(told, ["user and source", "user"]);
});
