/**
 * linphonec and baresip show their passwords and call each other, over UDP, TCP and TLS. This baresip, of Debian 12,
 * gives up where it is offered anything besides MD5.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { hash } from "../support/hashes.ts";
import { startOwnProxy } from "../support/own-proxy.ts";
import { freePort } from "../support/ports.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { dials, hangsUp } from "../support/softphone-steps.ts";
import { type Softphone, startBaresip, startLinphone } from "../support/softphones.ts";

const LINPHONE = { user: "7789", login: { username: "alice", password: "correct horse" } };
const BARESIP = { user: "5000", login: { username: "5000", password: "battery" } };
const REALM = "sip.example.com";

for (const transport of ["udp", "tcp", "tls"] as const)
	test(`RFC 3261 §22.2 §22.3, RFC 7616 §3.4 AU-22: linphonec and baresip register with digest over ${transport.toUpperCase()}, and call each other`, async (t) => {
		const { linphone, baresip } = await phones(t, transport);
		for (const phone of [linphone, baresip]) await challenged(phone, "REGISTER", 401);
		await dials(linphone, baresip);
		await challenged(linphone, "INVITE", 407);
		await hangsUp(linphone, baresip);
		await dials(baresip, linphone);
		await challenged(baresip, "INVITE", 407);
		await hangsUp(baresip, linphone);
	});

test("RFC 8760 §2.4 AU-04: linphonec answers the better of two challenges, with SHA-256", async (t) => {
	const port = await freePort();
	const { user, login } = LINPHONE;
	const sipwright = await startSipwright({
		config: [
			`listen: [ tls:127.0.0.1:${port} ]`,
			"auth: { algorithms: [SHA-256, MD5] }",
			`users: { ${login.username}: { device: "${user}", password: ${login.password} } }`,
			`devices: { "${user}": { type: Extension, contact: "*" } }`,
		].join("\n"),
	});
	closing(t, sipwright, (one) => one.stop());
	const phone = await startLinphone(user, `127.0.0.1:${port}`, { transport: "tls", login });
	closing(t, phone, (one) => one.stop());
	const sent = await phone.wire.sent("REGISTER", (one) => one.values("Authorization").length > 0);
	assert.match(sent.value("Authorization"), /algorithm=SHA-256,/);
});

async function phones(t: TestContext, transport: "udp" | "tcp" | "tls") {
	const { username, password } = BARESIP.login;
	const ha1 = hash("MD5", `${username}:${REALM}:${password}`);
	const { host } = await startOwnProxy(t, {
		more: [
			`auth: { realm: ${REALM}, algorithms: [MD5] }`,
			"users:",
			`  alice: { device: "${LINPHONE.user}", password: ${LINPHONE.login.password} }`,
			`  "5000": { ha1: { ${REALM}: { MD5: ${ha1} } } }`,
		],
		devices: [LINPHONE, BARESIP].map(({ user }) => `"${user}": { type: Extension, contact: "*" }`),
		// baresip, as a caller, sends its ACK by UDP to a route that is sip without transport=tls.
		signaling: "tls-marker: transport",
	});
	const linphone = await startLinphone(LINPHONE.user, host, { transport, login: LINPHONE.login });
	closing(t, linphone, (one) => one.stop());
	const baresip = await startBaresip(BARESIP.user, host, { transport, login: BARESIP.login });
	closing(t, baresip, (one) => one.stop());
	return { linphone, baresip };
}

/** It was asked, and the answer that it sent then is the last of its kind. */
async function challenged(phone: Softphone, method: string, status: number): Promise<void> {
	await phone.wire.response(status, method);
	const name = status === 401 ? "Authorization" : "Proxy-Authorization";
	const sent = await phone.wire.sent(method, (one) => one.values(name).length === 1);
	assert.match(sent.value(name), /qop=auth/);
}
