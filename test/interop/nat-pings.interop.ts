/**
 * baresip and linphonec behind a router with NAT, over UDP: one that forgets after ten seconds. Pings keep the way
 * to them open, and with drop-after a phone that was killed is registered no longer.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { ownHost } from "../support/ports.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { dials, hangsUp } from "../support/softphone-steps.ts";
import { type Softphone, startBaresip, startLinphone } from "../support/softphones.ts";
import { startUdpNat } from "../support/udp-nat.ts";

const FORGETS_MS = 10_000;
const PING_SECONDS = 5;

test("RFC 4787 §4.3 NAT pings: baresip behind NAT answers them and is called for longer than the NAT remembers; killed, it is no longer registered", async (t) => {
	const host = ownHost();
	const nat = closing(t, await startUdpNat(host, FORGETS_MS), (one) => one.close());
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:${host}:5060 ]`,
			`domains: [ ${nat.host} ]`,
			`nat: { ping: ${PING_SECONDS}, drop-after: 2 }`,
			'devices: { "7789": { type: Extension, contact: "*" }, "5000": { type: Extension, contact: "*" } }',
		].join("\n"),
	});
	closing(t, sipwright, (one) => one.stop());
	const baresip = await startBaresip("5000", nat.host, { transport: "udp" });
	closing(t, baresip, (one) => one.stop());
	for (let past = 0; past <= FORGETS_MS; past += PING_SECONDS * 1000) await answersPing(baresip);
	assert.deepEqual(saidByItself(baresip), ["REGISTER"], "its answers alone kept the way open");
	assert.deepEqual([nat.opened, nat.dropped], [1, 0]);

	const linphone = await startLinphone("7789", nat.host, { transport: "udp" });
	closing(t, linphone, (one) => one.stop());
	await dials(linphone, baresip);
	await hangsUp(linphone, baresip);
	assert.equal((await sipwright.status()).bindings, 2);

	await baresip.program.stop("SIGKILL");
	const [line] = await sipwright.logged(/^.*"event":"binding\.silent".*$/m);
	const { device, contact, pings } = JSON.parse(line);
	assert.deepEqual([device, pings], ["5000", 2], contact);
	const { bindings, counters } = await sipwright.status();
	assert.deepEqual([bindings, counters.natBindingsLost], [1, 1], "and linphonec is there");
	linphone.dial("5000");
	await linphone.wire.response(480, "INVITE");
});

async function answersPing(phone: Softphone): Promise<void> {
	const { wire } = phone;
	const ping = await wire.request("OPTIONS");
	assert.match(ping.value("Via"), /;branch=z9hG4bKnat/);
	const mine = (id: string) => id === ping.value("Call-ID");
	const answered = () =>
		wire.all.some(
			({ sent, message }) => sent && message.status === 200 && mine(message.value("Call-ID")),
		);
	await phone.program.until(() => answered() || undefined, "answer to a ping");
}

function saidByItself({ wire }: Softphone): readonly (string | undefined)[] {
	return wire.all.flatMap(({ sent, message }) => (sent ? (message.method ?? []) : []));
}
