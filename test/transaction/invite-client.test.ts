import assert from "node:assert/strict";
import { test } from "node:test";
import { inviteClientMachine, inviteClientTimer } from "../../core/transaction/invite-client.ts";
import { TIMING, type Timing } from "../../core/transaction/timers.ts";
import { drive } from "../support/drive.ts";
import { seeded } from "../support/seeded.ts";

const dial = (transport: "udp" | "tcp", timing: Timing = TIMING) =>
	drive(inviteClientMachine, (timer, attempt) =>
		inviteClientTimer(timer, transport === "tcp", attempt, timing),
	);

test("RFC 3261 §17.1.1.1 §17.1.1.2 TX-01: over UDP an unanswered INVITE is sent 7 times, then times out without an ACK", () => {
	const call = dial("udp").wait(60_000);
	assert.deepEqual(call.log, [
		"0 send-request",
		"500 send-request",
		"1500 send-request",
		"3500 send-request",
		"7500 send-request",
		"15500 send-request",
		"31500 send-request",
		"32000 report-timeout",
	]);
	assert.equal(call.state, "terminated");
});

test("RFC 3261 §17.1.1.2 TX-02: over TCP an INVITE is sent once, and times out all the same", () => {
	const call = dial("tcp").wait(60_000);
	assert.deepEqual(call.log, ["0 send-request", "32000 report-timeout"]);
	assert.equal(call.state, "terminated");
});

test("RFC 3261 §17.1.1.2 TX-03: a provisional response ends retransmission and Timer B", () => {
	const call = dial("udp").wait(600).receive("1xx").wait(180_000);
	assert.deepEqual(call.log, ["0 send-request", "500 send-request", "600 pass-up"]);
	assert.equal(call.state, "proceeding");
	assert.deepEqual(call.running, []);
});

test("RFC 3261 §17.1.1.2 TX-03: every further provisional response is passed up", () => {
	const call = dial("udp").receive("1xx").receive("1xx").wait(100).receive("1xx");
	assert.equal(call.state, "proceeding");
	assert.deepEqual(call.log, ["0 send-request", "0 pass-up", "0 pass-up", "100 pass-up"]);
});

test("RFC 3261 §17.1.1.2 TX-04: a final response of 300 or more is acknowledged, over TCP too", () => {
	const call = dial("tcp").wait(1_000).receive("300-699");
	assert.deepEqual(call.log, ["0 send-request", "1000 send-ack", "1000 pass-up"]);
	assert.equal(call.state, "terminated", "Timer D is zero on a reliable transport");
});

test("RFC 3261 §17.1.1.2 TX-06: a repeated final response is acknowledged again, not passed up again", () => {
	const call = dial("udp").receive("300-699").receive("300-699").receive("300-699");
	assert.deepEqual(call.log, [
		"0 send-request",
		"0 send-ack",
		"0 pass-up",
		"0 resend-ack",
		"0 resend-ack",
	]);
});

test("RFC 6026 §8.4 TX-07: over UDP a final response repeated within 32 s is still acknowledged", () => {
	const call = dial("udp").receive("300-699").wait(31_990).receive("300-699");
	assert.equal(call.log.at(-1), "31990 resend-ack");
	assert.equal(call.wait(10).state, "terminated");
});

test("RFC 3261 §17.1.1.2 TX-43: Timer D is 32 s at least, whatever T1 is; the others scale with it", () => {
	const timing = { ...TIMING, T1: 200 };
	const call = dial("udp", timing).receive("300-699").wait(31_999);
	assert.equal(call.state, "completed");
	assert.deepEqual(dial("udp", timing).wait(60_000).log, [
		"0 send-request",
		"200 send-request",
		"600 send-request",
		"1400 send-request",
		"3000 send-request",
		"6200 send-request",
		"12600 send-request",
		"12800 report-timeout",
	]);
});

test("RFC 6026 §7.2 TX-08: every 2xx is passed up and none acknowledged, until Timer M ends the transaction", () => {
	const call = dial("tcp").receive("2xx").receive("2xx").wait(31_999).receive("2xx");
	assert.deepEqual(call.log, ["0 send-request", "0 pass-up", "0 pass-up", "31999 pass-up"]);
	assert.equal(call.wait(1).state, "terminated");
});

test("RFC 6026 §7.2 TX-09: a 2xx after Timer M goes nowhere", () => {
	const call = dial("udp").receive("2xx").wait(33_000).receive("2xx");
	assert.deepEqual(call.log, ["0 send-request", "0 pass-up"]);
	assert.deepEqual(call.strays, ["2xx"]);
});

test("RFC 6026 §8.4 TX-10: a rejection after a 2xx, or a 2xx after a rejection, has no transition", () => {
	const accepted = dial("udp").receive("2xx").receive("300-699").receive("1xx");
	assert.deepEqual(accepted.log, ["0 send-request", "0 pass-up"]);
	assert.deepEqual(accepted.strays, ["300-699", "1xx"]);
	const rejected = dial("udp").receive("300-699").receive("2xx");
	assert.deepEqual(rejected.log, ["0 send-request", "0 send-ack", "0 pass-up"]);
	assert.deepEqual(rejected.strays, ["2xx"]);
});

test("RFC 3261 §17.1.4 TX-11: failing to send the INVITE, or the ACK, ends the transaction", () => {
	const calling = dial("udp").receive("transport-error");
	assert.deepEqual(calling.log, ["0 send-request", "0 report-transport-error"]);
	assert.equal(calling.state, "terminated");
	const completed = dial("udp").receive("300-699").receive("transport-error");
	assert.equal(completed.log.at(-1), "0 report-transport-error");
	assert.equal(completed.state, "terminated");
	assert.deepEqual(completed.running, []);
});

test("RFC 3261 §9.1 TX-40: a CANCEL waits for the first provisional response", () => {
	const call = dial("udp").receive("cancel").wait(600).receive("1xx");
	assert.deepEqual(call.log, [
		"0 send-request",
		"500 send-request",
		"600 send-cancel",
		"600 pass-up",
	]);
	assert.equal(call.receive("cancel").strays.length, 1, "one CANCEL is enough");
});

test("RFC 3261 §9.1 TX-40: a CANCEL is not sent when a final response came first", () => {
	for (const final of ["2xx", "300-699"])
		assert.ok(!dial("udp").receive("cancel").receive(final).log.join().includes("send-cancel"));
	for (const final of ["2xx", "300-699"])
		assert.ok(!dial("udp").receive(final).receive("cancel").log.join().includes("send-cancel"));
});

test("RFC 3261 §17.1.1.2 TX-40: an INVITE that waits to be cancelled keeps doubling its interval, and times out", () => {
	const call = dial("udp").wait(4_000).receive("cancel").wait(28_000);
	assert.deepEqual(call.log, [
		"0 send-request",
		"500 send-request",
		"1500 send-request",
		"3500 send-request",
		"7500 send-request",
		"15500 send-request",
		"31500 send-request",
		"32000 report-timeout",
	]);
	assert.equal(call.state, "terminated");
});

test("RFC 3261 §9.1 TX-41: without a final response 64*T1 after the CANCEL, the transaction is over", () => {
	const call = dial("udp").receive("1xx").wait(10_000).receive("cancel");
	assert.deepEqual(call.running, ["guard"]);
	call.wait(5_000).receive("1xx").wait(27_000);
	assert.deepEqual(call.log, [
		"0 send-request",
		"0 pass-up",
		"10000 send-cancel",
		"15000 pass-up",
		"42000 report-timeout",
	]);
	assert.equal(call.state, "terminated");
});

test("RFC 3261 §17.1.1.2: from Proceeding too, a 2xx is accepted and a rejection acknowledged", () => {
	const accepted = dial("udp").receive("1xx").receive("2xx").wait(500).receive("2xx");
	assert.deepEqual(accepted.log.slice(2), ["0 pass-up", "500 pass-up"]);
	assert.deepEqual([accepted.state, accepted.running], ["accepted", ["M"]]);
	const rejected = dial("udp").receive("1xx").receive("300-699").wait(500).receive("300-699");
	assert.deepEqual(rejected.log.slice(2), ["0 send-ack", "0 pass-up", "500 resend-ack"]);
	assert.deepEqual([rejected.state, rejected.running], ["completed", ["D"]]);
});

test("RFC 3261 §9.1 TX-40: an INVITE that waits to be cancelled ends as any other", () => {
	const waiting = () => dial("udp").receive("cancel");
	const accepted = waiting().receive("2xx").receive("2xx");
	assert.deepEqual(accepted.log, ["0 send-request", "0 pass-up", "0 pass-up"]);
	assert.deepEqual(accepted.running, ["M"]);
	const rejected = waiting().receive("300-699").receive("300-699");
	assert.deepEqual(rejected.log.slice(1), ["0 send-ack", "0 pass-up", "0 resend-ack"]);
	assert.deepEqual(rejected.running, ["D"]);
	const failed = waiting().receive("transport-error");
	assert.deepEqual(failed.log.slice(1), ["0 report-transport-error"]);
	assert.equal(failed.state, "terminated");
});

test("RFC 3261 §9.1: after the CANCEL a 2xx that crossed it, or the 487, is taken as ever", () => {
	const cancelled = () => dial("udp").receive("1xx").receive("cancel");
	const accepted = cancelled().receive("2xx").wait(500).receive("2xx");
	assert.deepEqual(accepted.log.slice(3), ["0 pass-up", "500 pass-up"]);
	assert.deepEqual([accepted.state, accepted.running], ["accepted", ["M"]]);
	const rejected = cancelled().receive("300-699").wait(500).receive("300-699");
	assert.deepEqual(rejected.log.slice(3), ["0 send-ack", "0 pass-up", "500 resend-ack"]);
	assert.deepEqual([rejected.state, rejected.running], ["completed", ["D"]]);
});

test("TX-42: from any history, a final response leads to terminated with no timer left running", () => {
	const events = ["1xx", "2xx", "300-699", "cancel", "transport-error"] as const;
	for (let seed = 1; seed <= 2_000; seed += 1) {
		const random = seeded(seed);
		const call = dial(random.pick(["udp", "tcp"]));
		for (let step = 0; step < 12; step += 1)
			call.receive(random.pick(events)).wait(random.below(9_000));
		call.receive("300-699").wait(64_000);
		assert.equal(call.state, "terminated", `seed ${seed}`);
		assert.deepEqual(call.running, [], `seed ${seed}`);
	}
});
