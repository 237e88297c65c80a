/** linphonec, all sips, and baresip, never sips, call each other through Sipwright: hold, resume, and each sees its scheme alone. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { assertOneScheme } from "../support/one-scheme.ts";
import { startOwnProxy } from "../support/own-proxy.ts";
import { type Softphone, startBaresip, startLinphone } from "../support/softphones.ts";
import type { WireMessage } from "../support/wire-message.ts";

const SECURE = "7789";
const PLAIN = "5000";

for (const transport of ["udp", "tls"] as const) {
	test(`secure-signaling G2 G4 G7: linphonec with sips calls baresip with sip over ${transport}, each holds and resumes, the caller hangs up`, async (t) => {
		const { secure, plain } = await phones(t, transport);
		await wholeCall(secure, plain);
	});

	test(`secure-signaling G2 G4 G7: baresip with sip over ${transport} calls linphonec with sips, each holds and resumes, the caller hangs up`, async (t) => {
		const { secure, plain } = await phones(t, transport);
		await wholeCall(plain, secure);
	});
}

async function phones(t: TestContext, transport: "udp" | "tls") {
	const { host } = await startOwnProxy(
		t,
		[SECURE, PLAIN].map((user) => `"${user}": { type: Extension, contact: "*" }`),
		// baresip, as a caller, sends its ACK by UDP to a route that is sip without transport=tls.
		["secure-signaling: { tls-marker: transport }"],
	);
	const secure = closing(t, await startLinphone(SECURE, host), (one) => one.stop());
	const plain = closing(t, await startBaresip(PLAIN, host, { transport }), (one) => one.stop());
	return { secure, plain };
}

async function wholeCall(caller: Softphone, callee: Softphone): Promise<void> {
	caller.dial(callee.user);
	const invite = await callee.wire.request("INVITE");
	await callee.wire.request("ACK", sameNumber(invite));
	for (const [one, other] of [
		[caller, callee],
		[callee, caller],
	] as const) {
		one.hold();
		await reInvite(one, other, "one");
		one.resume();
		await reInvite(one, other, "both");
	}
	caller.hangUp();
	await callee.wire.request("BYE");
	await caller.wire.response(200, "BYE");

	for (const phone of [caller, callee]) {
		const messages = phone.wire.all.map(({ message }) => message);
		assertOneScheme(messages, phone.scheme);
		const callIds = messages.filter(notRegister).map((message) => message.value("Call-ID"));
		assert.deepEqual([...new Set(callIds)], [invite.value("Call-ID")], phone.name);
	}
	assert.ok(invite.recordRoutes.length > 0, "Sipwright stays in the route");
}

/** RFC 3261 §14: the offer to send in one direction, or in both, arrives, its answer goes back, and the ACK comes. */
async function reInvite(from: Softphone, to: Softphone, ways: "one" | "both"): Promise<void> {
	const offered = (one: WireMessage) => (/^a=sendonly\r$/m.test(one.body) ? "one" : "both");
	const invite = await to.wire.request("INVITE", (one) => offered(one) === ways);
	await from.wire.response(200, "INVITE", sameNumber(invite));
	await to.wire.request("ACK", sameNumber(invite));
}

function sameNumber(invite: WireMessage): (other: WireMessage) => boolean {
	const number = (message: WireMessage) => Number.parseInt(message.value("CSeq"), 10);
	return (other) => number(other) === number(invite);
}

function notRegister(message: WireMessage): boolean {
	return message.cseqMethod !== "REGISTER";
}
