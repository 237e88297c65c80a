/** A call goes on where what set it up is no longer what handles it: another configuration, another process. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { loopbackCertificate } from "../support/certificate.ts";
import { uriOf } from "../support/dialog.ts";
import { startOwnProxy } from "../support/own-proxy.ts";
import { ownHost } from "../support/ports.ts";
import { tlsServerPhone, udpPhone } from "../support/raw-phones.ts";
import { connect, passes } from "../support/talkers.ts";

const NUMBER = "5001";
const MODES = ["contact: scheme", "contact: anchor, record-route: no"];
const certificate = loopbackCertificate();

for (const mode of MODES) {
	test(`secure-signaling E18 with ${mode}: a reload changes the device's contact from sips to sip in mid-call: the call stays sips, the next is sip`, async (t) => {
		const { plain, secure } = await phones(t);
		const moved = await udpPhone(t, NUMBER);
		const { host, reload } = await startOwnProxy(t, {
			devices: [device(secure.contact)],
			signaling: mode,
			certificate: await certificate,
		});
		plain.use(host);
		moved.use(host);
		const call = await connect(plain, secure, NUMBER, host);

		await reload([device(moved.contact)]);
		await passes("INVITE", call.caller, call.callee);
		await passes("INVITE", call.callee, call.caller);
		const next = await connect(plain, moved, NUMBER, host);
		await passes("BYE", next.caller, next.callee);
		await passes("BYE", call.callee, call.caller);
	});

	test(`secure-signaling E17 with ${mode}: a call set up by one process is handled by another with the same keys, from both sides`, async (t) => {
		const { plain, secure } = await phones(t);
		/** What stands before both of them; here the phones choose. */
		const shared = ownHost();
		const secret = randomBytes(32).toString("base64url");
		const start = async () =>
			startOwnProxy(t, {
				devices: [device(secure.contact)],
				signaling: mode,
				certificate: await certificate,
				advertise: shared,
				files: {
					"state/signing-keys.json": JSON.stringify({ current: 0, keys: [{ id: 0, secret }] }),
				},
			});
		const [first, second] = [await start(), await start()];
		plain.use(first.host);
		const call = await connect(plain, secure, NUMBER, shared);
		assert.equal(secure.peer.connections, 1);

		plain.use(second.host);
		await passes("INVITE", call.caller, call.callee);
		assert.equal(secure.peer.connections, 2, "the second process has opened its own connection");
		await passes("INVITE", call.callee, call.caller);
		await passes("UPDATE", call.caller, call.callee);
		await passes("BYE", call.caller, call.callee);
	});
}

async function phones(t: TestContext) {
	const secure = await tlsServerPhone(t, NUMBER, await certificate);
	return { secure, plain: await udpPhone(t, "6000") };
}

function device(contact: string): string {
	return `"${NUMBER}": { type: Extension, contact: "${uriOf(contact)}" }`;
}
