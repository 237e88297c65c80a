/** Real softphones, registered over TLS, answer a call from a UDP client through Sipwright. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { startSipp } from "../support/sipp.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { type Softphone, startBaresip, startLinphone } from "../support/softphones.ts";

type Start = (user: string, proxy: string) => Promise<Softphone>;

const PHONES: readonly { name: string; user: string; start: Start }[] = [
	{ name: "linphonec, registered with sips", user: "7789", start: startLinphone },
	{ name: "baresip, registered with sip over TLS", user: "7790", start: startBaresip },
];

for (const { name, user, start } of PHONES)
	test(`secure-signaling G7 G16: ${name}, answers a UDP caller and the caller hangs up`, async (t) => {
		const ports = await proxy(t);
		const phone = closing(t, await start(user, `127.0.0.1:${ports.tls}`), (one) => one.stop());
		const caller = startSipp({
			scenario: "uac-calls-through-record-route",
			port: await freePort(),
			remote: `127.0.0.1:${ports.udp}`,
			service: user,
			calls: 1,
			callsPerSecond: 1,
			args: ["-timeout", "30s", "-timeout_error"],
		});
		const counts = await caller.finished();
		const story = `${counts.errors}\n${phone.program.output()}`;
		assert.deepEqual([counts.successful, counts.failed, counts.retransmissions], [1, 0, 0], story);
	});

async function proxy(t: TestContext): Promise<{ udp: number; tls: number }> {
	const ports = { udp: await freePort(), tls: await freePort() };
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${ports.udp}, tls:127.0.0.1:${ports.tls} ]`,
			"devices:",
			...PHONES.map(({ user }) => `  "${user}": { type: Extension, contact: "*" }`),
		].join("\n"),
	});
	closing(t, sipwright, (one) => one.stop());
	return ports;
}
