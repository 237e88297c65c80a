/**
 * SIPp's own scenarios, as they are in the program, through Sipwright. They do not follow Record-Route: BYE comes without
 * a Route and goes where the number leads, so what holds is that the calls pass. Their ACK comes to our own address without
 * a Route, belongs to no dialog that we can tell, and ends here; `uas` does without. `3pcc-A` and `3pcc-B` insist on it,
 * so the controllers of third-party call control call two `uas`. `uac_pcap` adds audio, which never comes here.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { type Sipp, type SippOptions, startSipp } from "../support/sipp.ts";
import { startSipwright } from "../support/sipwright-process.ts";

const CALLS = 50;
const RATE = 25;

/** Relays all it gets, REGISTER too: what `branchs` waits for. */
const RELAY_ALL = `import { defineRoutes, device, relay, reply } from "sipwright";

export default defineRoutes({
	onRequest() {
		const callee = device("5000");
		return callee ? relay(callee) : reply(404);
	},
});
`;

for (const [caller, callee] of [
	["uac", "uas"],
	["regexp", "uas"],
	["branchc", "branchs"],
] as const)
	test(`SIPp's ${caller} calls SIPp's ${callee}: ${CALLS} calls, none failed`, async (t) => {
		const calleePort = await freePort();
		const port = await proxy(t, { "5000": calleePort }, caller === "branchc");
		const answering = start(t, { scenario: callee, port: calleePort });
		const calling = start(t, {
			scenario: caller,
			port: await freePort(),
			remote: `127.0.0.1:${port}`,
			service: "5000",
			calls: CALLS,
			callsPerSecond: RATE,
		});
		await passed(calling, answering);
	});

test(`SIPp's controllers 3pcc-C-A and 3pcc-C-B connect two of SIPp's uas: ${CALLS} calls, none failed`, async (t) => {
	const ports = { a: await freePort(), b: await freePort(), control: await freePort() };
	const port = await proxy(t, { "5001": ports.a, "5002": ports.b });
	const a = start(t, { scenario: "uas", port: ports.a });
	const b = start(t, { scenario: "uas", port: ports.b });
	const controller = async (scenario: string, service: string) =>
		start(t, {
			...{ scenario, service, port: await freePort(), remote: `127.0.0.1:${port}` },
			...{ calls: CALLS, callsPerSecond: RATE, args: ["-3pcc", `127.0.0.1:${ports.control}`] },
		});
	const second = await controller("3pcc-C-B", "5002");
	await second.program.printed(/./);
	const first = await controller("3pcc-C-A", "5001");
	await passed(first, a);
	await passed(second, b);
});

async function passed(calling: Sipp, answering: Sipp): Promise<void> {
	const caller = await calling.finished();
	const callee = await answering.stop();
	const story = `${caller.errors}\n${callee.errors}\n${calling.program.output()}`;
	assert.deepEqual([caller.successful, caller.failed], [CALLS, 0], story);
	assert.equal(callee.failed, 0, story);
}

function start(t: TestContext, options: Omit<SippOptions, "embedded">): Sipp {
	const sipp = startSipp({ ...options, embedded: true });
	return closing(t, sipp, (one) => one.program.stop("SIGKILL"));
}

async function proxy(
	t: TestContext,
	devices: Record<string, number>,
	relayAll = false,
): Promise<number> {
	const port = await freePort();
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${port} ]`,
			"domains: [CA.cym.com]",
			...(relayAll ? ["routes: ./routes"] : []),
			"devices:",
			...Object.entries(devices).map(
				([name, at]) => `  "${name}": { type: Extension, contact: "sip:${name}@127.0.0.1:${at}" }`,
			),
		].join("\n"),
		files: relayAll ? { "routes/default.ts": RELAY_ALL } : {},
	});
	closing(t, sipwright, (one) => one.stop());
	return port;
}
