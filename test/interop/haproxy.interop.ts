/** HAProxy in front of Sipwright: it ends TLS, and says by the PROXY protocol or X-Forwarded-For where the phone is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loopbackCertificate } from "../support/certificate.ts";
import { closing } from "../support/cleanup.ts";
import { answer, DialogSide, message } from "../support/dialog.ts";
import { startHaproxy } from "../support/haproxy.ts";
import { freePort } from "../support/ports.ts";
import { tlsClient, udpPeer } from "../support/sip-peer.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { WebPhone } from "../transport/web-phone.ts";

/** Where the phone connects from: HAProxy itself is at 127.0.0.1. */
const PHONE = "127.0.0.24";

for (const send of ["send-proxy", "send-proxy-v2", ""] as const)
	test(`secure-signaling G16 M6: a sips phone registers through HAProxy ${send || "without a PROXY header"} and is called, in sips on its own wire`, async (t) => {
		const ports = { udp: await freePort(), inner: await freePort(), tls: await freePort() };
		const certificate = await loopbackCertificate();
		const proxied = send === "" ? "no" : "yes";
		const sipwright = await startSipwright({
			config: [
				"listen:",
				`  - udp:127.0.0.2:${ports.udp}`,
				`  - { transport: tcp, address: "127.0.0.1:${ports.inner}", advertise: "localhost:${ports.tls}", tls-terminated: yes, proxy-protocol: ${proxied}, balancers: [127.0.0.1] }`,
				`trusted: ["${PHONE}", 127.0.0.3${send === "" ? ", 127.0.0.1" : ""}]`,
				"state: ./state",
				'devices: { "7789": { type: Extension, contact: "*" } }',
			].join("\n"),
		});
		closing(t, sipwright, (one) => one.stop());
		const haproxy = await startHaproxy(ports.tls, ports.inner, send, certificate);
		closing(t, haproxy, (one) => one.stop());
		const ca = certificate.cert;
		const phone = await tlsClient(ports.tls, { ca, localAddress: PHONE });
		closing(t, phone, (peer) => peer.close());
		const uri = `sips:7789@${PHONE}:5061`;
		const aor = `<sips:7789@localhost:${ports.tls}>`;
		phone.send(
			message(`REGISTER sips:localhost:${ports.tls} SIP/2.0`, [
				`Via: SIP/2.0/TLS ${PHONE}:5061;branch=z9hG4bK1;rport`,
				"Max-Forwards: 70",
				`From: ${aor};tag=r`,
				`To: ${aor}`,
				"Call-ID: register",
				"CSeq: 1 REGISTER",
				`Contact: <${uri};transport=TCP>`,
			]),
		);
		const registered = await phone.response(undefined, "REGISTER");
		assert.equal(registered.status, 200);
		const seen = send === "" ? /;received=127\.0\.0\.1\b/ : new RegExp(`;rport=${phone.port}\\b`);
		assert.match(registered.vias[0] ?? "", seen);

		const caller = closing(t, await udpPeer("127.0.0.3"), (peer) => peer.close());
		caller.send(
			message(`INVITE sip:7789@127.0.0.2:${ports.udp} SIP/2.0`, [
				`Via: SIP/2.0/UDP 127.0.0.3:${caller.port};branch=z9hG4bKi`,
				"Max-Forwards: 70",
				"From: <sip:6000@127.0.0.3>;tag=a",
				"To: <sip:7789@127.0.0.2>",
				"Call-ID: call",
				"CSeq: 1 INVITE",
				`Contact: <sip:6000@127.0.0.3:${caller.port}>`,
			]),
			ports.udp,
			"127.0.0.2",
		);
		const came = await phone.request("INVITE");
		assert.equal(came.uri, uri);
		const own = `localhost:${ports.tls}`;
		assert.ok(came.vias[0]?.startsWith(`SIP/2.0/TLS ${own};`), came.vias[0]);
		assert.match(came.recordRoutes.join(), new RegExp(`^<sips:${own};lr;`));
		for (const name of ["From", "To", "Contact"]) assert.match(came.value(name), /^<sips:/);
		phone.send(answer(came, "200 OK", { tag: "p", headers: [`Contact: <${uri};transport=TCP>`] }));
		await caller.response(200);
		const side = DialogSide.callee(
			{ peer: phone, via: `SIP/2.0/TLS ${PHONE}:5061`, contact: `<${uri}>` },
			came,
			`${came.value("To")};tag=p`,
		);
		side.send("BYE");
		assert.match((await caller.request("BYE")).uri, /^sip:6000@127\.0\.0\.3:/);

		const noise = sipwright.log().filter(({ level }) => Number(level) >= 30);
		assert.deepEqual(
			noise.filter(({ event }) => /mismatch|balancer|listener/.test(String(event))),
			[],
			"neither a mismatch, nor anything about health checks",
		);
	});

test("RFC 7118 §7 TR-52 TR-49: a WebSocket phone registers through HAProxy as an HTTP proxy, is known by its own address, and is called", async (t) => {
	const ports = { udp: await freePort(), inner: await freePort(), tls: await freePort() };
	const certificate = await loopbackCertificate();
	const sipwright = await startSipwright({
		config: [
			"listen:",
			`  - udp:127.0.0.2:${ports.udp}`,
			`  - { transport: ws, address: "127.0.0.1:${ports.inner}", advertise: "localhost:${ports.tls}", tls-terminated: yes, forwarded-for: yes, balancers: [127.0.0.1], paths: [/ws] }`,
			`trusted: ["${PHONE}", 127.0.0.3]`,
			"domains: [example.com]",
			"state: ./state",
			'devices: { "7789": { type: Extension, contact: "*" } }',
		].join("\n"),
	});
	closing(t, sipwright, (one) => one.stop());
	const haproxy = await startHaproxy(ports.tls, ports.inner, "forwardfor", certificate);
	closing(t, haproxy, (one) => one.stop());
	const phone = await WebPhone.connect(`wss://localhost:${ports.tls}/ws`, {
		...{ ca: certificate.cert, localAddress: PHONE, family: 4 },
		headers: { "X-Forwarded-For": "192.0.2.1" },
	});
	closing(t, phone.socket, (socket) => socket.terminate());
	phone.send(
		message("REGISTER sip:example.com SIP/2.0", [
			"Via: SIP/2.0/WSS a.invalid;branch=z9hG4bK1",
			"Max-Forwards: 70",
			"From: <sip:7789@example.com>;tag=r",
			"To: <sip:7789@example.com>",
			"Call-ID: register",
			"CSeq: 1 REGISTER",
			"Contact: <sip:7789@a.invalid;transport=ws>",
		]),
	);
	const { text } = await phone.nth(0);
	assert.match(text, /^SIP\/2\.0 200 /);
	assert.match(text, new RegExp(`^Via: SIP/2.0/WSS a\\.invalid;.*received=${PHONE}\\r$`, "m"));

	const caller = closing(t, await udpPeer("127.0.0.3"), (peer) => peer.close());
	caller.send(
		message(`INVITE sip:7789@127.0.0.2:${ports.udp} SIP/2.0`, [
			`Via: SIP/2.0/UDP 127.0.0.3:${caller.port};branch=z9hG4bKi`,
			"Max-Forwards: 70",
			"From: <sip:6000@127.0.0.3>;tag=a",
			"To: <sip:7789@127.0.0.2>",
			"Call-ID: call",
			"CSeq: 1 INVITE",
			`Contact: <sip:6000@127.0.0.3:${caller.port}>`,
		]),
		ports.udp,
		"127.0.0.2",
	);
	const called = await phone.nth(1);
	assert.match(called.text, /^INVITE sip:7789@a\.invalid;transport=ws SIP\/2\.0\r\n/);
	assert.match(called.text, new RegExp(`^Via: SIP/2.0/WSS localhost:${ports.tls};`, "m"));
	assert.match(
		called.text,
		new RegExp(`^Record-Route: <sip:localhost:${ports.tls};transport=ws;`, "m"),
	);
	const noise = sipwright.log().filter(({ event }) => /balancer|websocket/.test(String(event)));
	assert.deepEqual(noise, []);
});
