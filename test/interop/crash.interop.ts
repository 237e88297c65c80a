/** Sipwright ends by SIGKILL in the middle of a call, and starts again: the call goes on from both sides. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { message, uriOf } from "../support/dialog.ts";
import { startOwnProxy } from "../support/own-proxy.ts";
import {
	type Phone,
	type TlsClientPhone,
	tlsClientPhone,
	udpPhone,
} from "../support/raw-phones.ts";
import { assertItsScheme, dials, hangsUp, holdsAndResumes } from "../support/softphone-steps.ts";
import { startBaresip, startLinphone } from "../support/softphones.ts";
import { connect, passes } from "../support/talkers.ts";

const SECURE = "7789";
const PLAIN = "5000";

/** What a side sees as the other's Contact, and whether it has a Record-Route of Sipwright's. */
const MODES = [
	{ mode: "contact: scheme", anchored: false, routes: 1 },
	{ mode: "contact: anchor", anchored: true, routes: 1 },
	{ mode: "contact: anchor, record-route: no", anchored: true, routes: 0 },
];

for (const { mode, anchored, routes } of MODES) {
	test(`secure-signaling E10 with ${mode}: calls from either side go on after kill -9, re-INVITE from both sides, BYE from either`, async (t) => {
		const { host, sipwright, secure, plain } = await bed(t, mode);
		const calls = [];
		for (const ends of ["caller", "callee"] as const) {
			calls.push({ ends, ...(await connect(secure, plain, PLAIN, host)) });
			calls.push({ ends, ...(await connect(plain, secure, SECURE, host)) });
		}
		for (const { dialog } of calls.flatMap(({ caller, callee }) => [caller, callee])) {
			assert.equal(dialog.target.includes(`@${host}:`), anchored, dialog.target);
			assert.equal(dialog.routes.length, routes);
		}
		await sipwright.crash();
		await secure.connect();
		for (const { ends, caller, callee } of calls) {
			await passes("INVITE", caller, callee);
			await passes("INVITE", callee, caller);
			if (ends === "caller") await passes("BYE", caller, callee);
			else await passes("BYE", callee, caller);
		}
	});

	test(`secure-signaling E16 with ${mode}: a phone that does not register is found by the connection of its re-INVITE after kill -9`, async (t) => {
		const { host, sipwright, secure, plain } = await bed(t, mode, false);
		const talkers = await connect(secure, plain, PLAIN, host);
		await sipwright.crash();
		await secure.connect();
		await passes("INVITE", talkers.caller, talkers.callee);
		await passes("INVITE", talkers.callee, talkers.caller);
		await passes("BYE", talkers.callee, talkers.caller);
	});
}

test("secure-signaling E10: linphonec and baresip stay in their call over kill -9, hold and hang up", async (t) => {
	const { host, sipwright } = await startOwnProxy(t, {
		devices: [SECURE, PLAIN].map((user) => `"${user}": { type: Extension, contact: "*" }`),
	});
	const secure = closing(t, await startLinphone(SECURE, host), (one) => one.stop());
	const plain = closing(t, await startBaresip(PLAIN, host, { transport: "udp" }), (one) =>
		one.stop(),
	);
	await dials(secure, plain);
	await sipwright.crash();
	await holdsAndResumes(secure, plain);
	await holdsAndResumes(plain, secure);
	await hangsUp(plain, secure);
	assertItsScheme(secure);
	assertItsScheme(plain);
});

type Secure = Phone & { connect(): Promise<void> };

async function bed(t: TestContext, signaling: string, registers = true) {
	const plain = await udpPhone(t, PLAIN);
	const { host, sipwright } = await startOwnProxy(t, {
		devices: [
			`"${SECURE}": { type: Extension, contact: "*" }`,
			`"${PLAIN}": { type: Extension, contact: "${uriOf(plain.contact)}" }`,
		],
		signaling,
	});
	plain.use(host);
	const phone = tlsClientPhone(t, SECURE, host);
	const secure = registers ? registering(phone, host) : phone;
	await secure.connect();
	return { host, sipwright, plain, secure };
}

/** It registers on each connection (RFC 5626 §4.4.1). */
function registering(phone: TlsClientPhone, host: string): Secure {
	let number = 0;
	const connect = async () => {
		await phone.connect();
		number += 1;
		phone.peer.send(
			message(`REGISTER sips:${host} SIP/2.0`, [
				`Via: ${phone.via};branch=z9hG4bKr${number}`,
				"Max-Forwards: 70",
				`From: <sips:${SECURE}@${host}>;tag=r`,
				`To: <sips:${SECURE}@${host}>`,
				"Call-ID: register@127.0.0.24",
				`CSeq: ${number} REGISTER`,
				`Contact: ${phone.contact};expires=600`,
			]),
		);
		await phone.peer.response(200, "REGISTER");
	};
	return { ...phone, connect };
}
