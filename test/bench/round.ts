/** One round: SIPp calls SIPp through a proxy; the CPU time that the proxy used meanwhile. */
import { freePort } from "../support/ports.ts";
import { startSipp } from "../support/sipp.ts";
import { treeCpuMicros } from "./cpu.ts";
import type { Target } from "./targets.ts";

export type Load = { readonly calls: number; readonly callsPerSecond: number };
export type Result = {
	readonly target: string;
	readonly calls: number;
	readonly failed: number;
	readonly retransmissions: number;
	readonly microsPerCall: number;
};

const HOST = "127.0.0.1";
const SERVICE = "5000";
const PROXY_CORE = ["taskset", "-c", "0"];
const LOAD_CORE = ["taskset", "-c", "1"];
/** Calls before the measurement, so that code is compiled and memory is there. */
const WARM_UP: Load = { calls: 2_000, callsPerSecond: 200 };

export async function runRound(
	target: Target,
	load: Load,
	nodeArgs: readonly string[] = [],
): Promise<Result> {
	const calleePort = await freePort();
	const place = {
		host: target.host,
		port: await freePort(target.host),
		callee: `sip:callee@${HOST}:${calleePort}`,
	};
	const callee = startSipp({
		scenario: "uas-rings-and-answers",
		host: HOST,
		port: calleePort,
		prefix: LOAD_CORE,
	});
	const proxy = await target.start(place, PROXY_CORE, nodeArgs);
	try {
		await call(place, WARM_UP);
		const before = treeCpuMicros(proxy.pid);
		const counts = await call(place, load);
		const micros = treeCpuMicros(proxy.pid) - before;
		return {
			target: target.name,
			calls: counts.successful,
			failed: counts.failed,
			retransmissions: counts.retransmissions,
			microsPerCall: micros / counts.successful,
		};
	} finally {
		await proxy.stop();
		await callee.stop();
	}
}

async function call(place: { host: string; port: number }, load: Load) {
	const caller = startSipp({
		scenario: "uac-calls-through-record-route",
		host: HOST,
		port: await freePort(),
		remote: `${place.host}:${place.port}`,
		service: SERVICE,
		prefix: LOAD_CORE,
		...load,
	});
	const counts = await caller.finished();
	if (!(counts.successful > 0))
		throw new Error(`no call went through:\n${counts.errors}\n${caller.program.output()}`);
	return counts;
}
