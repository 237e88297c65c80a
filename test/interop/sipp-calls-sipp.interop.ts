/** SIPp calls SIPp through Sipwright over UDP, with Record-Route, at a steady rate. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { startSipp } from "../support/sipp.ts";
import { startSipwright } from "../support/sipwright-process.ts";

const CALLS = 2_000;

test("SIPp to SIPp over UDP: 2,000 calls at 200 calls/s, none failed", async (t) => {
	const port = await freePort();
	const calleePort = await freePort();
	const callee = startSipp({ scenario: "uas-rings-and-answers", port: calleePort });
	closing(t, callee, (one) => one.stop());
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${port} ]`,
			`devices: { "5000": { type: Extension, contact: "sip:5000@127.0.0.1:${calleePort}" } }`,
		].join("\n"),
	});
	closing(t, sipwright, (one) => one.stop());

	const caller = startSipp({
		scenario: "uac-calls-through-record-route",
		port: await freePort(),
		remote: `127.0.0.1:${port}`,
		service: "5000",
		calls: CALLS,
		callsPerSecond: 200,
	});
	const counts = await caller.finished();
	const answered = await callee.stop();

	assert.deepEqual(
		[counts.successful, counts.failed, counts.errors],
		[CALLS, 0, ""],
		`${counts.errors}\n${caller.program.output()}`,
	);
	assert.deepEqual([answered.successful, answered.failed], [CALLS, 0], answered.errors);
});
