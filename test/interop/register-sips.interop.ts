/** A sips REGISTER over TLS, and the call that comes back on the same connection. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { answer, message } from "../support/dialog.ts";
import { freePort } from "../support/ports.ts";
import { tlsClient, udpPeer } from "../support/sip-peer.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { WireMessage } from "../support/wire-message.ts";

test("secure-signaling G16 G17: a sips Contact is echoed as sent, and called without its transport on the same connection", async (t) => {
	const ports = { udp: await freePort(), tls: await freePort() };
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${ports.udp}, tls:127.0.0.1:${ports.tls} ]`,
			'devices: { "7789": { type: Extension, contact: "*" } }',
		].join("\n"),
	});
	closing(t, sipwright, (one) => one.stop());
	const phone = closing(t, await tlsClient(ports.tls), (peer) => peer.close());
	const uri = `sips:7789@127.0.0.24:5061;transport=TCP;line=x7`;

	phone.send(register(ports.tls, `"A, B" <${uri}>;expires=600;q=0.5`));
	const registered = await phone.response(200, "REGISTER");
	assert.match(registered.value("Contact"), /^"A, B" </);
	assert.ok(registered.value("Contact").includes(`<${uri}>`), registered.value("Contact"));
	assert.match(registered.value("Contact"), /;expires=(600|599)\b/);
	phone.send(register(ports.tls, undefined));
	const queried = await phone.response(200, "REGISTER");
	assert.ok(queried.value("Contact").includes(`<${uri}>`), "a query shows it as sent, too");

	const caller = closing(t, await udpPeer(), (peer) => peer.close());
	const invite = inviteTo(ports.udp, caller.port);
	caller.send(invite.text, ports.udp);
	const arrived = await phone.request("INVITE");
	assert.equal(arrived.uri, "sips:7789@127.0.0.24:5061;line=x7", "the binding has no transport");
	assert.equal(arrived.value("From"), `"Ann" <sips:6000@127.0.0.1>;tag=a`);
	assert.equal(arrived.value("To"), `<sips:7789@127.0.0.1>`);
	assert.equal(arrived.value("Contact"), `<sips:6000@127.0.0.1:${caller.port}>`);
	assert.match(arrived.vias[0] ?? "", new RegExp(`^SIP/2\\.0/TLS 127\\.0\\.0\\.1:${ports.tls};`));

	phone.send(answer(arrived, "486 Busy Here", { tag: "p" }));
	await phone.request("ACK");
	const busy = await caller.response(486);
	assert.equal(busy.value("From"), invite.value("From"));
	assert.equal(busy.value("To"), `${invite.value("To")};tag=p`);
});

function register(port: number, contact: string | undefined): string {
	const aor = `<sips:7789@127.0.0.1:${port}>`;
	sequence += 1;
	return message(`REGISTER sips:127.0.0.1:${port} SIP/2.0`, [
		`Via: SIP/2.0/TLS 127.0.0.24:5061;branch=z9hG4bKr${sequence}`,
		"Max-Forwards: 70",
		`From: ${aor};tag=r`,
		`To: ${aor}`,
		"Call-ID: register@127.0.0.24",
		`CSeq: ${sequence} REGISTER`,
		...(contact === undefined ? [] : [`Contact: ${contact}`]),
	]);
}

let sequence = 0;

function inviteTo(port: number, own: number): WireMessage {
	return new WireMessage(
		message(`INVITE sip:7789@127.0.0.1:${port} SIP/2.0`, [
			`Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bKi`,
			"Max-Forwards: 70",
			'From: "Ann" <sip:6000@127.0.0.1>;tag=a',
			"To: <sip:7789@127.0.0.1>",
			"Call-ID: call@127.0.0.1",
			"CSeq: 1 INVITE",
			`Contact: <sip:6000@127.0.0.1:${own}>`,
		]),
	);
}
