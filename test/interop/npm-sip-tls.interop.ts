/** The npm package `sip`, an independent user agent, as a TLS peer on both sides of Sipwright. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loopbackCertificate } from "../support/certificate.ts";
import { closing } from "../support/cleanup.ts";
import { type SipAgent, type SipMessage, sip } from "../support/npm-sip.ts";
import { freePort } from "../support/ports.ts";
import { startSipwright } from "../support/sipwright-process.ts";

/** The package tells itself from others by host alone: each of them has its own loopback address. */
const CALLER = "127.0.0.3";
const CALLEE = "127.0.0.4";

test("npm sip as TLS peer: it calls over TLS, is called over TLS, and the dialog is completed", async (t) => {
	const certificate = await loopbackCertificate();
	const ports = {
		tls: await freePort(),
		callee: await freePort(CALLEE),
		caller: await freePort(CALLER),
	};
	const sipwright = await startSipwright({
		config: [
			`listen: [ tls:127.0.0.1:${ports.tls} ]`,
			"tls: { certificate: own.pem, key: own.key, ca: own.pem }",
			"secure-signaling: { name-check: off, tls-marker: transport }",
			`devices: { "5000": { type: Extension, contact: "sip:5000@${CALLEE}:${ports.callee};transport=tls" } }`,
		].join("\n"),
		files: { "own.pem": certificate.cert, "own.key": certificate.key },
	});
	closing(t, sipwright, (one) => one.stop());

	const heard: SipMessage[] = [];
	const callee = sip.create(over(CALLEE, ports.callee), (request) => {
		heard.push(request);
		if (request.method === "ACK") return;
		const response = sip.makeResponse(request, 200, "OK");
		response.headers.to.params.tag = "callee";
		response.headers["record-route"] = request.headers["record-route"] ?? [];
		response.headers.contact = [contact(CALLEE, ports.callee)];
		callee.send(response);
	});
	closing(t, callee, (one) => one.destroy());
	const caller = sip.create(over(CALLER, ports.caller), () => {});
	closing(t, caller, (one) => one.destroy());

	const invite = request("INVITE", `sip:5000@127.0.0.1:${ports.tls};transport=tls`, ports.caller);
	const ok = await final(caller, invite);
	assert.equal(ok.status, 200);
	const routes = [...(ok.headers["record-route"] ?? [])].reverse();
	const target = ok.headers.contact?.[0]?.uri ?? "";
	const inDialog = (method: string, seq: number) => ({
		...request(method, target, ports.caller),
		headers: {
			...request(method, target, ports.caller).headers,
			to: ok.headers.to,
			cseq: { seq, method },
			route: routes.map((route) => ({ ...route })),
			via: [],
		},
	});
	caller.send(inDialog("ACK", 1));
	assert.equal((await final(caller, inDialog("BYE", 2))).status, 200);
	assert.deepEqual(
		heard.map((message) => message.method),
		["INVITE", "ACK", "BYE"],
	);
	assert.ok(heard.every((message) => message.headers.via[0]?.protocol === "TLS"));

	function over(address: string, port: number) {
		const tls = { ...certificate, rejectUnauthorized: false };
		return { address, port, tls_port: port, udp: false, tcp: false, tls };
	}
});

function final(agent: SipAgent, message: SipMessage): Promise<SipMessage> {
	return new Promise((resolve) => {
		agent.send(message, (response) => {
			if ((response.status ?? 0) >= 200) resolve(response);
		});
	});
}

function contact(host: string, port: number) {
	return { uri: `sip:agent@${host}:${port};transport=tls`, params: {} };
}

function request(method: string, uri: string | SipMessage["uri"], port: number): SipMessage {
	return {
		method,
		uri: uri ?? "",
		headers: {
			via: [],
			to: { uri: "sip:5000@127.0.0.1", params: {} },
			from: { uri: `sip:caller@${CALLER}`, params: { tag: "caller" } },
			"call-id": "npm-sip@test",
			cseq: { seq: 1, method },
			contact: [contact(CALLER, port)],
			"max-forwards": 70,
		},
	};
}
