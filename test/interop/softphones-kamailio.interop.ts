/** Real softphones through Sipwright and Kamailio: called over the chain, and calling over it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loopbackCertificate } from "../support/certificate.ts";
import { closing } from "../support/cleanup.ts";
import { startKamailio } from "../support/kamailio.ts";
import { freePort } from "../support/ports.ts";
import { startSipp } from "../support/sipp.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { type Softphone, startBaresip, startLinphone } from "../support/softphones.ts";

type Start = (user: string, proxy: string) => Promise<Softphone>;

const PHONES: readonly { name: string; user: string; start: Start }[] = [
	{ name: "linphonec", user: "7789", start: startLinphone },
	{ name: "baresip", user: "7790", start: startBaresip },
];
const certificate = loopbackCertificate();

for (const { name, user, start } of PHONES) {
	test(`RFC 3261 §16.12: ${name} is called through Kamailio and Sipwright`, async (t) => {
		const ports = await sipwright(t, "sip:5000@127.0.0.1:9");
		const phone = closing(t, await start(user, `127.0.0.1:${ports.tls}`), (one) => one.stop());
		const kamailio = await startKamailio(`127.0.0.1:${ports.udp}`, await certificate);
		closing(t, kamailio, (one) => one.stop());
		const caller = startSipp({
			scenario: "uac-calls-through-record-route",
			port: await freePort(),
			remote: `127.0.0.1:${kamailio.udp}`,
			service: user,
			calls: 1,
			callsPerSecond: 1,
			args: ["-timeout", "30s", "-timeout_error"],
		});
		const counts = await caller.finished();
		const story = `${counts.errors}\n${phone.program.output()}`;
		assert.deepEqual([counts.successful, counts.failed], [1, 0], story);
	});

	test(`RFC 3261 §16.12: ${name} calls through Sipwright and Kamailio`, async (t) => {
		const calleePort = await freePort();
		const kamailio = await startKamailio(`127.0.0.1:${calleePort}`, await certificate);
		closing(t, kamailio, (one) => one.stop());
		const ports = await sipwright(t, `sip:5000@127.0.0.1:${kamailio.udp}`);
		const callee = startSipp({
			scenario: "uas-rings-and-hangs-up",
			port: calleePort,
			calls: 1,
			args: ["-timeout", "30s", "-timeout_error"],
		});
		closing(t, callee, (one) => one.program.stop("SIGKILL"));
		const phone = closing(t, await start(user, `127.0.0.1:${ports.tls}`), (one) => one.stop());
		phone.dial("5000");
		const counts = await callee.finished();
		const story = `${counts.errors}\n${phone.program.output()}`;
		assert.deepEqual([counts.successful, counts.failed], [1, 0], story);
	});
}

async function sipwright(t: TestContext, contact: string): Promise<{ udp: number; tls: number }> {
	const ports = { udp: await freePort(), tls: await freePort() };
	const started = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${ports.udp}, tls:127.0.0.1:${ports.tls} ]`,
			// baresip, as a caller, sends its ACK by UDP to a route that is sip without transport=tls.
			"secure-signaling: { tls-marker: transport }",
			"devices:",
			...PHONES.map(({ user }) => `  "${user}": { type: Extension, contact: "*" }`),
			`  "5000": { type: Extension, contact: "${contact}" }`,
		].join("\n"),
	});
	closing(t, started, (one) => one.stop());
	return ports;
}
