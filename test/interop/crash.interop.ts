/** Sipwright ends by SIGKILL in the middle of a call, and starts again: the call goes on from both sides. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { message } from "../support/dialog.ts";
import { startOwnProxy } from "../support/own-proxy.ts";
import { type StreamPeer, tlsClient, udpPeer } from "../support/sip-peer.ts";
import { assertItsScheme, dials, hangsUp, holdsAndResumes } from "../support/softphone-steps.ts";
import { startBaresip, startLinphone } from "../support/softphones.ts";
import { connect, type Phone, passes } from "../support/talkers.ts";

const SECURE = "7789";
const PLAIN = "5000";
/** Not where it is found: a phone behind a NAT. */
const CONTACT = `<sips:${SECURE}@127.0.0.24:5061>`;

type Reconnecting = Phone & { connect(): Promise<void> };

const MODES = [{ mode: "contact: scheme", settings: "{ contact: scheme }" }];

for (const { mode, settings } of MODES)
	test(`secure-signaling E10 with ${mode}: calls from either side go on after kill -9, re-INVITE from both sides, BYE from either`, async (t) => {
		const { host, sipwright, secure, plain } = await bed(t, settings);
		const calls = [];
		for (const ends of ["caller", "callee"] as const) {
			calls.push({ ends, ...(await connect(secure, plain, PLAIN, host)) });
			calls.push({ ends, ...(await connect(plain, secure, SECURE, host)) });
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

test("secure-signaling E16: a phone that does not register is found by the connection of its re-INVITE after kill -9", async (t) => {
	const { host, sipwright, secure, plain } = await bed(t, "{ contact: scheme }", false);
	const talkers = await connect(secure, plain, PLAIN, host);
	await sipwright.crash();
	await secure.connect();
	await passes("INVITE", talkers.caller, talkers.callee);
	await passes("INVITE", talkers.callee, talkers.caller);
	await passes("BYE", talkers.callee, talkers.caller);
});

test("secure-signaling E10: linphonec and baresip stay in their call over kill -9, hold and hang up", async (t) => {
	const { host, sipwright } = await startOwnProxy(
		t,
		[SECURE, PLAIN].map((user) => `"${user}": { type: Extension, contact: "*" }`),
	);
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

async function bed(t: TestContext, settings: string, registers = true) {
	const peer = closing(t, await udpPeer(), (one) => one.close());
	const contact = `sip:${PLAIN}@127.0.0.1:${peer.port}`;
	const { host, sipwright } = await startOwnProxy(
		t,
		[
			`"${SECURE}": { type: Extension, contact: "*" }`,
			`"${PLAIN}": { type: Extension, contact: "${contact}" }`,
		],
		[`secure-signaling: ${settings}`],
	);
	const plain: Phone = {
		scheme: "sip",
		peer: {
			send: (text) => peer.send(text, 5060, host),
			request: (method) => peer.request(method),
			response: (status, method) => peer.response(status, method),
		},
		via: `SIP/2.0/UDP 127.0.0.1:${peer.port}`,
		contact: `<${contact}>`,
	};
	return { host, sipwright, plain, secure: await securePhone(t, host, registers) };
}

/** A phone that has lost its connection opens another and registers on it (RFC 5626 §4.4.1). */
async function securePhone(
	t: TestContext,
	host: string,
	registers: boolean,
): Promise<Reconnecting> {
	let peer: StreamPeer | undefined;
	const now = () => {
		assert.ok(peer);
		return peer;
	};
	const phone: Reconnecting = {
		scheme: "sips",
		peer: {
			send: (text) => now().send(text),
			request: (method) => now().request(method),
			response: (status, method) => now().response(status, method),
		},
		via: "SIP/2.0/TLS 127.0.0.24:5061",
		contact: CONTACT,
		connect: async () => {
			await peer?.closed;
			peer = closing(t, await tlsClient(5061, { host }), (one) => one.close());
			if (!registers) return;
			peer.send(register(host));
			await peer.response(200, "REGISTER");
		},
	};
	await phone.connect();
	return phone;
}

function register(host: string): string {
	registrations += 1;
	return message(`REGISTER sips:${host} SIP/2.0`, [
		`Via: SIP/2.0/TLS 127.0.0.24:5061;branch=z9hG4bKr${registrations}`,
		"Max-Forwards: 70",
		`From: <sips:${SECURE}@${host}>;tag=r`,
		`To: <sips:${SECURE}@${host}>`,
		"Call-ID: register@127.0.0.24",
		`CSeq: ${registrations} REGISTER`,
		`Contact: ${CONTACT};expires=600`,
	]);
}

let registrations = 0;
