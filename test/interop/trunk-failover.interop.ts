/** Two SIPp gateways as trunks for one number: the first is killed, and comes back (secure signaling §2.2). */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { type SippCounts, startSipp } from "../support/sipp.ts";
import { startSipwright } from "../support/sipwright-process.ts";

const CALLS = 10;

type Ports = { readonly proxy: number; readonly first: number; readonly second: number };

function config({ proxy, first, second }: Ports, checks: string): string {
	const trunk = (priority: number, port: number, more: string) =>
		`{ type: Trunk, prefix: "9", priority: ${priority}, contact: "sip:127.0.0.1:${port}"${more} }`;
	return [
		`listen: [ udp:127.0.0.1:${proxy} ]`,
		"devices:",
		`  first: ${trunk(1, first, checks)}`,
		`  second: ${trunk(2, second, "")}`,
	].join("\n");
}

async function gateways(t: TestContext, checks: string) {
	const ports = {
		proxy: await freePort(),
		first: await freePort(),
		second: await freePort(),
	};
	const gateway = (scenario: string, port: number) => {
		const sipp = startSipp({ scenario, port });
		closing(t, sipp, (one) => one.program.stop("SIGKILL"));
		return sipp;
	};
	const startFirst = () => gateway("uas-answers-options-and-calls", ports.first);
	const first = startFirst();
	const second = gateway("uas-rings-and-answers", ports.second);
	const sipwright = await startSipwright({ config: config(ports, checks) });
	closing(t, sipwright, (one) => one.stop());
	const call = async (): Promise<SippCounts> =>
		startSipp({
			scenario: "uac-calls-through-record-route",
			port: await freePort(),
			remote: `127.0.0.1:${ports.proxy}`,
			service: "9123",
			calls: CALLS,
			callsPerSecond: 10,
		}).finished();
	return { first, second, startFirst, sipwright, call };
}

function allWent({ successful, failed, errors }: SippCounts): void {
	assert.deepEqual([successful, failed], [CALLS, 0], errors);
}

test("secure-signaling §2.2: a trunk that was killed is left for the second, call by call, and no call fails", async (t) => {
	const { first, second, call } = await gateways(t, "");
	allWent(await call());
	await first.program.stop("SIGKILL");
	allWent(await call());
	const { successful } = await second.stop();
	assert.equal(successful, CALLS, "the first ten went to the first");
});

test("secure-signaling §2.2 oos-check: pings find that a trunk was killed, and that it is back", async (t) => {
	const checks = ", oos-check: 1, oos-force: 1, recovery-timeout: 1";
	const { first, second, startFirst, sipwright, call } = await gateways(t, checks);
	allWent(await call());
	await first.program.stop("SIGKILL");
	await sipwright.logged(/"event":"device\.out-of-service","device":"first"/);
	allWent(await call());
	startFirst();
	await sipwright.logged(/"event":"device\.in-service","device":"first"/);
	allWent(await call());
	const { successful } = await second.stop();
	assert.equal(successful, CALLS, "only while the first was away");
});
