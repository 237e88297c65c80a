/** Messages lost, repeated and late, by SIPp on both sides of Sipwright: no call fails. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { startSipp } from "../support/sipp.ts";
import { startSipwright } from "../support/sipwright-process.ts";

type Trouble = {
	readonly title: string;
	readonly caller: string;
	readonly callee: string;
	/** Per cent of the messages that each end of SIPp loses, both ways. */
	readonly lost?: number;
	/** Both ends are deaf while their scenario pauses. */
	readonly deaf?: boolean;
};

const CALLER = "uac-calls-through-record-route";
const CALLEE = "uas-rings-and-answers";
const CALLS = 40;
/**
 * SIPp's own end to repeating comes before Timer B and F (10 sends, 6 of an INVITE); this one after them.
 * Then a call fails only for want of luck on the proxy's way to the callee: none of 7 INVITEs heard (Timer B), or
 * none of 11 BYEs heard and answered (Timer F). With p lost: p^7 + (1-(1-p)^2)^11 a call, so that one
 * of 40 calls fails by chance once in 1,000 runs with 20 %.
 */
const PATIENT = [
	...["-max_retrans", "20"],
	...["-max_invite_retrans", "8"],
	...["-max_non_invite_retrans", "20"],
];

const TROUBLES: readonly Trouble[] = [
	{
		title:
			"RFC 6026 §7.1: a 200 whose ACK is lost is repeated to the caller, whose next ACK arrives",
		caller: "uac-drop-one-200",
		callee: CALLEE,
		deaf: true,
	},
	{
		title: "RFC 6026 §7.1: an INVITE repeated after its 200 makes no second call",
		caller: "uac-repeats-invite-after-200",
		callee: CALLEE,
	},
	{
		title: "RFC 3261 §17.1.2: a BYE that gets no answer is repeated to the callee",
		caller: CALLER,
		callee: "uas-ignores-first-bye",
		deaf: true,
	},
	{
		title: "RFC 3261 §16.7 step 5: a 180 that comes three times",
		caller: CALLER,
		callee: "uas-repeats-180",
	},
	{
		title: "RFC 3261 §16.10: a call given up while it rings ends with 487",
		caller: "uac-cancels",
		callee: "uas-rings-and-is-cancelled",
	},
	{
		title: "RFC 3261 §9.2: a 200 that crosses the CANCEL reaches the caller, who ends the call",
		caller: "uac-cancels-and-is-answered",
		callee: "uas-late-200-after-cancel",
	},
	{
		title: "RFC 3261 §17: every twentieth message lost at each end",
		caller: CALLER,
		callee: "uas-waits-for-bye",
		lost: 5,
	},
	{
		title: "RFC 3261 §17: every fifth message lost at each end",
		caller: CALLER,
		callee: "uas-waits-for-bye",
		lost: 20,
	},
];

for (const trouble of TROUBLES)
	test(`${trouble.title}: ${CALLS} calls, none failed`, async (t) => {
		const { caller, callee } = await calls(t, trouble);
		const story = `${caller.errors}\n${callee.errors}`;
		assert.deepEqual([caller.successful, caller.failed], [CALLS, 0], story);
		assert.equal(callee.failed, 0, story);
		if (trouble.lost) assert.ok(caller.retransmissions > 0, "something was lost");
		else if (!trouble.deaf) assert.equal(caller.errors, "");
	});

async function calls(t: TestContext, trouble: Trouble) {
	const port = await freePort();
	const calleePort = await freePort();
	const args = [
		...(trouble.lost ? ["-lost", String(trouble.lost), ...PATIENT] : []),
		...(trouble.deaf ? ["-pause_msg_ign"] : []),
	];
	const callee = startSipp({ scenario: trouble.callee, port: calleePort, args });
	closing(t, callee, (one) => one.program.stop("SIGKILL"));
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${port} ]`,
			`devices: { "5000": { type: Extension, contact: "sip:5000@127.0.0.1:${calleePort}" } }`,
		].join("\n"),
	});
	closing(t, sipwright, (one) => one.stop());
	const caller = startSipp({
		scenario: trouble.caller,
		port: await freePort(),
		remote: `127.0.0.1:${port}`,
		service: "5000",
		calls: CALLS,
		callsPerSecond: 20,
		args,
	});
	const counts = await caller.finished();
	return { caller: counts, callee: await callee.stop() };
}
