/**
 * linphonec, all sips, and baresip, never sips, call each other through Sipwright: hold, resume, and each sees its
 * scheme alone. Neither can be told to send an UPDATE: the package `sip` does, in strict-user-agents.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { startOwnProxy } from "../support/own-proxy.ts";
import { assertItsScheme, dials, hangsUp, holdsAndResumes } from "../support/softphone-steps.ts";
import { type Softphone, startBaresip, startLinphone } from "../support/softphones.ts";

const SECURE = "7789";
const PLAIN = "5000";

/** baresip, as a caller, sends its ACK by UDP to a route that is sip without transport=tls. */
const MARKED = "tls-marker: transport";

for (const { over, signaling } of [
	{ over: "UDP", signaling: "" },
	{
		over: "UDP, anchored Contacts, no Record-Route",
		signaling: "contact: anchor, record-route: no",
	},
	{ over: "TLS", signaling: MARKED },
]) {
	const transport = over.startsWith("UDP") ? "udp" : "tls";

	test(`secure-signaling G7a E7 E8: linphonec with sips calls baresip with sip (${over}), each holds and resumes, the caller hangs up`, async (t) => {
		const { secure, plain } = await phones(t, transport, signaling);
		await wholeCall(secure, plain);
	});

	test(`secure-signaling G7b E7 E8: baresip with sip (${over}) calls linphonec with sips, each holds and resumes, the caller hangs up`, async (t) => {
		const { secure, plain } = await phones(t, transport, signaling);
		await wholeCall(plain, secure);
	});
}

async function phones(t: TestContext, transport: "udp" | "tls", signaling: string) {
	const devices = [SECURE, PLAIN].map((user) => `"${user}": { type: Extension, contact: "*" }`);
	const { host } = await startOwnProxy(t, { devices, signaling });
	const secure = closing(t, await startLinphone(SECURE, host), (one) => one.stop());
	const plain = closing(t, await startBaresip(PLAIN, host, { transport }), (one) => one.stop());
	return { secure, plain };
}

async function wholeCall(caller: Softphone, callee: Softphone): Promise<void> {
	const invite = await dials(caller, callee);
	await holdsAndResumes(caller, callee);
	await holdsAndResumes(callee, caller);
	await hangsUp(caller, callee);

	for (const phone of [caller, callee]) {
		assertItsScheme(phone);
		const inCall = phone.wire.all.filter(({ message }) => message.cseqMethod !== "REGISTER");
		const callIds = new Set(inCall.map(({ message }) => message.value("Call-ID")));
		assert.deepEqual([...callIds], [invite.value("Call-ID")], phone.name);
	}
}
