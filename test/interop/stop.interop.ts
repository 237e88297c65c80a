/** SIGTERM while peers are connected and transactions run: an end in good order, soon. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { message } from "../support/dialog.ts";
import { freePort } from "../support/ports.ts";
import { tlsClient, udpPeer } from "../support/sip-peer.ts";
import { startSipwright } from "../support/sipwright-process.ts";

/** Against waiting for the call, which may ring for three minutes, or for the peer, who may stay for ten. */
const SOON_MS = 15_000;

test("SIGTERM with a TLS peer connected and a call ringing: exit code 0, soon", async (t) => {
	const tls = await freePort();
	const phone = closing(t, await udpPeer(), (peer) => peer.close());
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${await freePort()}, tls:127.0.0.1:${tls} ]`,
			`devices: { "5000": { type: Extension, contact: "sip:5000@127.0.0.1:${phone.port}" } }`,
		].join("\n"),
	});
	const caller = closing(t, await tlsClient(tls), (peer) => peer.close());
	caller.send(
		message(`INVITE sip:5000@127.0.0.1:${tls} SIP/2.0`, [
			"Via: SIP/2.0/TLS 127.0.0.1;rport;branch=z9hG4bKstop",
			"Max-Forwards: 70",
			"From: <sip:caller@127.0.0.1>;tag=c",
			"To: <sip:5000@127.0.0.1>",
			"Call-ID: stop",
			"CSeq: 1 INVITE",
			"Contact: <sip:caller@127.0.0.1>",
		]),
	);
	await caller.response(100);
	const before = performance.now();
	await sipwright.stop();
	assert.ok(performance.now() - before < SOON_MS);
});
