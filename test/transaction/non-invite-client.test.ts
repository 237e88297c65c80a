import assert from "node:assert/strict";
import { test } from "node:test";
import {
	nonInviteClientMachine,
	nonInviteClientTimer,
} from "../../core/transaction/non-invite-client.ts";
import { TIMING } from "../../core/transaction/timers.ts";
import { drive } from "../support/drive.ts";
import { seeded } from "../support/seeded.ts";

const ask = (transport: "udp" | "tcp") =>
	drive(nonInviteClientMachine, (timer, attempt, state) =>
		nonInviteClientTimer(timer, transport === "tcp", attempt, TIMING, state),
	);

test("RFC 3261 §17.1.2.2 TX-20: over UDP an unanswered request is sent 11 times, then times out", () => {
	const request = ask("udp").wait(32_000);
	assert.equal(request.state, "terminated");
	assert.deepEqual(request.log, [
		"0 send-request",
		"500 send-request",
		"1500 send-request",
		"3500 send-request",
		"7500 send-request",
		"11500 send-request",
		"15500 send-request",
		"19500 send-request",
		"23500 send-request",
		"27500 send-request",
		"31500 send-request",
		"32000 report-timeout",
	]);
});

test("RFC 3261 §17.1.2.2 TX-20: over TCP it is sent once; Timer F runs through Proceeding too", () => {
	assert.deepEqual(ask("tcp").wait(31_000).log, ["0 send-request"]);
	const request = ask("udp").wait(31_600).receive("1xx").wait(400);
	assert.deepEqual(request.log.slice(-2), ["31600 pass-up", "32000 report-timeout"]);
	assert.equal(request.state, "terminated");
});

test("RFC 3261 §17.1.2.2 TX-21: after a provisional response it is resent every T2, the running Timer E first", () => {
	assert.deepEqual(ask("udp").wait(1_000).receive("1xx").wait(15_000).log, [
		"0 send-request",
		"500 send-request",
		"1000 pass-up",
		"1500 send-request",
		"5500 send-request",
		"9500 send-request",
		"13500 send-request",
	]);
});

test("RFC 3261 §17.1.2.2 TX-22: one final response is passed up; its repeats are swallowed for T4", () => {
	const request = ask("udp").receive("200-699").wait(4_990).receive("200-699");
	assert.deepEqual(request.log, ["0 send-request", "0 pass-up"]);
	assert.deepEqual(request.running, ["K"]);
	assert.equal(request.wait(10).state, "terminated");
});

test("RFC 3261 §17.1.2.2 TX-22: over TCP the final response ends the transaction", () => {
	const request = ask("tcp").receive("1xx").receive("200-699");
	assert.deepEqual(request.log, ["0 send-request", "0 pass-up", "0 pass-up"]);
	assert.equal(request.state, "terminated");
	assert.deepEqual(request.running, []);
});

test("RFC 3261 §17.1.4: failing to send the request ends the transaction", () => {
	for (const request of [ask("udp"), ask("udp").receive("1xx")]) {
		request.receive("transport-error");
		assert.equal(request.log.at(-1), "0 report-transport-error");
		assert.deepEqual([request.state, request.running], ["terminated", []]);
	}
});

test("RFC 3261 §17.1.2.2: from Proceeding too, every 1xx and one final response are passed up", () => {
	const request = ask("udp").receive("1xx").wait(100).receive("1xx").receive("200-699");
	request.receive("200-699");
	assert.deepEqual(request.log, ["0 send-request", "0 pass-up", "100 pass-up", "100 pass-up"]);
	assert.deepEqual([request.state, request.running, request.strays], ["completed", ["K"], []]);
});

test("TX-42: from any history, time alone leads to terminated with no timer left running", () => {
	const events = ["1xx", "200-699", "transport-error"] as const;
	for (let seed = 1; seed <= 1_000; seed += 1) {
		const random = seeded(seed);
		const request = ask(random.pick(["udp", "tcp"]));
		for (let step = random.below(6); step > 0; step -= 1)
			request.receive(random.pick(events)).wait(random.below(9_000));
		request.wait(64_000);
		assert.equal(request.state, "terminated", `seed ${seed}`);
		assert.deepEqual(request.running, [], `seed ${seed}`);
	}
});
