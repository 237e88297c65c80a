import assert from "node:assert/strict";
import { test } from "node:test";
import {
	nonInviteServerMachine,
	nonInviteServerTimer,
} from "../../core/transaction/non-invite-server.ts";
import { TIMING } from "../../core/transaction/timers.ts";
import { drive } from "../support/drive.ts";
import { seeded } from "../support/seeded.ts";

const serve = (transport: "udp" | "tcp", T1 = 500) =>
	drive(nonInviteServerMachine, (timer, attempt) =>
		nonInviteServerTimer(timer, transport === "tcp", attempt, { ...TIMING, T1 }),
	);

test("RFC 3261 §17.2.2 TX-23: repeats are discarded in Trying, then get the last response again for 64*T1", () => {
	const request = serve("udp").receive("request").wait(1_000).receive("200-699");
	request.wait(20_000).receive("request").wait(11_999);
	assert.deepEqual(request.log, ["0 pass-up", "1000 send-response", "21000 resend-response"]);
	assert.equal(request.state, "completed");
	assert.equal(request.wait(1).state, "terminated");
});

test("RFC 3261 §17.2.2 TX-23: over TCP the final response ends the transaction", () => {
	const request = serve("tcp").receive("200-699");
	assert.equal(request.state, "terminated");
	assert.deepEqual(request.running, []);
});

test("RFC 3261 §17.2.2 TX-23: a second final response of the user is discarded", () => {
	assert.deepEqual(serve("udp").receive("200-699").receive("200-699").strays, ["200-699"]);
});

test("RFC 4320 §4.1 TX-24: the user has no provisional response to a non-INVITE", () => {
	assert.deepEqual(serve("udp").receive("1xx").strays, ["1xx"]);
});

test("RFC 4320 §4.1 TX-25: 100 when the client's Timer E has reached T2, on any transport, not before", () => {
	for (const transport of ["udp", "tcp"] as const) {
		const request = serve(transport).wait(4_000).receive("request").wait(1_000).receive("200-699");
		assert.deepEqual(request.log, [
			"0 pass-up",
			"3500 send-trying",
			"4000 resend-response",
			"5000 send-response",
		]);
	}
	assert.equal(serve("udp", 1_000).wait(10_000).log.at(-1), "3000 send-trying");
});

test("RFC 4320 §4.2 TX-26: a request that is never answered ends in silence after 64*T1", () => {
	const request = serve("udp").wait(60_000);
	assert.deepEqual(request.log, ["0 pass-up", "3500 send-trying"]);
	assert.equal(request.state, "terminated");
	assert.deepEqual(request.running, []);
});

test("RFC 4320 §4.2 TX-27: an answer after that is discarded", () => {
	assert.deepEqual(serve("udp").wait(33_000).receive("200-699").strays, ["200-699"]);
});

test("RFC 6026 §8.8 TX-18: failing to send a response changes no state", () => {
	const request = serve("udp").receive("200-699").receive("transport-error").receive("request");
	assert.deepEqual(request.log.slice(2), ["0 report-transport-error", "0 resend-response"]);
	assert.equal(request.state, "completed");
});

test("a request that the user drops is never answered, and its repeats are absorbed", () => {
	const request = serve("udp").receive("drop").wait(10_000).receive("request");
	assert.deepEqual(request.log, ["0 pass-up"]);
	assert.equal(request.wait(22_000).state, "terminated");
	assert.equal(serve("tcp").receive("drop").state, "terminated");
});

test("RFC 3261 §17.2.2: in Proceeding, after the 100, the final response is sent or dropped as before it", () => {
	const slow = () => serve("udp").wait(4_000);
	const answered = slow().receive("200-699");
	assert.equal(answered.log.at(-1), "4000 send-response");
	assert.deepEqual([answered.state, answered.running], ["completed", ["J"]]);
	const dropped = slow().receive("drop");
	assert.equal(dropped.log.at(-1), "4000 forget-response");
	assert.deepEqual([dropped.state, dropped.running], ["dropped", ["J"]]);
	const undelivered = slow().receive("transport-error");
	assert.equal(undelivered.log.at(-1), "4000 report-transport-error");
	assert.equal(undelivered.state, "proceeding");
});

test("RFC 4320 §4.2 TX-26: an unanswered request ends from Trying too, where T2 is long", () => {
	const request = drive(nonInviteServerMachine, (timer, attempt) =>
		nonInviteServerTimer(timer, false, attempt, { ...TIMING, T2: 64_000 }),
	).wait(32_000);
	assert.deepEqual([request.log, request.state], [["0 pass-up"], "terminated"]);
});

test("RFC 3261 §17.2.2: repeats are normal in every state", () => {
	for (const request of [
		serve("udp"),
		serve("udp").wait(4_000),
		serve("udp").receive("200-699"),
		serve("udp").receive("drop"),
	]) {
		const before = request.state;
		request.receive("request").receive("request");
		assert.deepEqual([request.state, request.strays], [before, []]);
	}
});

test("TX-42: from any history, time alone leads to terminated with no timer left running", () => {
	const events = ["request", "200-699", "drop", "transport-error"] as const;
	for (let seed = 1; seed <= 1_000; seed += 1) {
		const random = seeded(seed);
		const request = serve(random.pick(["udp", "tcp"]));
		for (let step = random.below(8); step > 0; step -= 1)
			request.receive(random.pick(events)).wait(random.below(9_000));
		request.wait(64_000);
		assert.equal(request.state, "terminated", `seed ${seed}`);
		assert.deepEqual(request.running, [], `seed ${seed}`);
	}
});
