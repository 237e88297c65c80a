import assert from "node:assert/strict";
import { test } from "node:test";
import { inviteServerMachine, inviteServerTimer } from "../../core/transaction/invite-server.ts";
import { TIMING } from "../../core/transaction/timers.ts";
import { drive } from "../support/drive.ts";
import { seeded } from "../support/seeded.ts";

const answer = (transport: "udp" | "tcp") =>
	drive(inviteServerMachine, (timer, attempt) =>
		inviteServerTimer(timer, transport === "tcp", attempt, TIMING),
	);

test("RFC 3261 §17.2.1 TX-12: 100 after 200 ms when the user has not answered", () => {
	const call = answer("udp").wait(60_000);
	assert.deepEqual(call.log, ["0 pass-up", "200 send-trying"]);
	assert.equal(call.state, "proceeding");
});

test("RFC 3261 §17.2.1 TX-12: no 100 when the user answered in time", () => {
	for (const event of ["1xx", "2xx"]) {
		const call = answer("udp").wait(190).receive(event).wait(2_000);
		assert.deepEqual(call.log.slice(0, 2), ["0 pass-up", "190 send-response"]);
		assert.ok(!call.log.join().includes("send-trying"));
	}
});

test("RFC 3261 §17.2.1 TX-13: a repeated INVITE gets the last provisional response again, the user hears nothing", () => {
	const call = answer("udp").receive("request").receive("1xx").wait(500).receive("request");
	assert.deepEqual(call.log, ["0 pass-up", "0 send-response", "500 resend-response"]);
});

test("RFC 3261 §17.2.1 TX-14: over UDP a rejection is resent until Timer H, then the user is told", () => {
	const call = answer("udp").receive("300-699").wait(60_000);
	assert.deepEqual(call.log, [
		"0 pass-up",
		"0 send-response",
		"500 resend-response",
		"1500 resend-response",
		"3500 resend-response",
		"7500 resend-response",
		"11500 resend-response",
		"15500 resend-response",
		"19500 resend-response",
		"23500 resend-response",
		"27500 resend-response",
		"31500 resend-response",
		"32000 report-unacknowledged",
	]);
	assert.equal(call.state, "terminated");
});

test("RFC 3261 §17.2.1 TX-14: over TCP a rejection is sent once; Timer H runs all the same", () => {
	assert.deepEqual(answer("tcp").receive("300-699").wait(60_000).log, [
		"0 pass-up",
		"0 send-response",
		"32000 report-unacknowledged",
	]);
});

test("RFC 3261 §17.2.1 TX-14: a repeated INVITE gets the rejection again", () => {
	const call = answer("tcp").receive("300-699").wait(100).receive("request");
	assert.equal(call.log.at(-1), "100 resend-response");
});

test("RFC 3261 §17.2.1 TX-15: the ACK ends retransmission and is absorbed, as are its repeats, for T4", () => {
	const call = answer("udp").receive("300-699").wait(600).receive("ack").receive("ack");
	assert.deepEqual(call.running, ["I"]);
	call.receive("request").wait(4_999);
	assert.deepEqual(call.log, [
		"0 pass-up",
		"0 send-response",
		"500 resend-response",
		"600 forget-response",
	]);
	assert.equal(call.wait(1).state, "terminated");
});

test("RFC 3261 §17.2.1 TX-15: over TCP the ACK ends the transaction", () => {
	assert.equal(answer("tcp").receive("300-699").receive("ack").state, "terminated");
});

test("RFC 6026 §7.1 §8.7 §8.11 TX-16: after a 2xx repeats are absorbed for 64*T1, and only the user resends", () => {
	for (const transport of ["udp", "tcp"] as const) {
		const call = answer(transport).receive("2xx").wait(500).receive("request").receive("2xx");
		call.wait(31_499);
		assert.deepEqual(call.log, [
			"0 pass-up",
			"0 send-response",
			"500 send-response",
			"4000 forget-response",
		]);
		assert.equal(call.state, "accepted");
		assert.equal(call.wait(1).state, "terminated");
	}
});

test("RFC 6026 §7.1 TX-17: an ACK in Accepted is the user's", () => {
	const call = answer("udp").receive("2xx").receive("ack").receive("ack");
	assert.deepEqual(call.log.slice(2), ["0 pass-ack-up", "0 pass-ack-up"]);
});

test("RFC 6026 §8.8 TX-18: failing to send a response changes no state", () => {
	const proceeding = answer("udp").receive("1xx").receive("transport-error");
	assert.equal(proceeding.state, "proceeding");
	const completed = answer("udp").receive("300-699").receive("transport-error").receive("request");
	assert.equal(completed.state, "completed");
	const accepted = answer("udp").receive("2xx").receive("transport-error");
	assert.equal(accepted.state, "accepted");
	for (const { log } of [proceeding, completed, accepted])
		assert.ok(log.includes("0 report-transport-error"));
	assert.equal(completed.log.at(-1), "0 resend-response", "the repeat was absorbed");
});

test("RFC 6026 §8.3 TX-19: a 2xx after Timer L, or after a rejection, is discarded", () => {
	const late = answer("udp").receive("2xx").wait(32_000).receive("2xx");
	assert.deepEqual(late.strays, ["2xx"]);
	assert.deepEqual(answer("udp").receive("300-699").receive("2xx").strays, ["2xx"]);
});

test("RFC 3261 §17.2.1: a rejection after a 2xx is discarded", () => {
	assert.deepEqual(answer("udp").receive("2xx").receive("300-699").strays, ["300-699"]);
});

test("an INVITE that the user drops is never answered, and its repeats are absorbed for 64*T1", () => {
	const call = answer("udp").receive("drop").wait(500).receive("request").receive("ack");
	call.wait(31_499);
	assert.deepEqual(call.log, ["0 pass-up"]);
	assert.equal(call.state, "dropped");
	assert.equal(call.wait(1).state, "terminated");
});

test("RFC 3261 §17.2.1: in Proceeding each provisional response is sent, then the final one", () => {
	const ringing = () => answer("udp").wait(200).receive("1xx").wait(100).receive("1xx");
	assert.deepEqual(ringing().log.slice(1), [
		"200 send-trying",
		"200 send-response",
		"300 send-response",
	]);
	const accepted = ringing().receive("2xx");
	assert.deepEqual(accepted.log.slice(4), ["300 send-response"]);
	assert.deepEqual([accepted.state, accepted.running], ["accepted", ["keep", "L"]]);
	const rejected = ringing().receive("300-699");
	assert.deepEqual(rejected.log.slice(4), ["300 send-response"]);
	assert.deepEqual([rejected.state, rejected.running], ["completed", ["G", "H"]]);
	const dropped = ringing().receive("drop");
	assert.equal(dropped.log.at(-1), "300 forget-response");
	assert.deepEqual([dropped.state, dropped.running], ["dropped", ["L"]]);
});

test("RFC 3261 §17.2.1: repeats and late ACKs are normal in every state", () => {
	const states = [
		answer("udp"),
		answer("udp").receive("1xx"),
		answer("udp").receive("2xx"),
		answer("udp").receive("drop"),
		answer("udp").receive("300-699").receive("ack"),
	];
	for (const call of states) {
		const before = call.state;
		call.receive("request").receive("request");
		if (before !== "received" && before !== "proceeding") call.receive("ack").receive("ack");
		assert.deepEqual([call.state, call.strays], [before, []]);
	}
});

test("TX-42: from any history, a final answer leads to terminated with no timer left running", () => {
	const events = ["request", "ack", "1xx", "2xx", "300-699", "drop", "transport-error"] as const;
	for (let seed = 1; seed <= 2_000; seed += 1) {
		const random = seeded(seed);
		const call = answer(random.pick(["udp", "tcp"]));
		for (let step = 0; step < 12; step += 1)
			call.receive(random.pick(events)).wait(random.below(9_000));
		call.receive("300-699").wait(64_000);
		assert.equal(call.state, "terminated", `seed ${seed}`);
		assert.deepEqual(call.running, [], `seed ${seed}`);
	}
});
