/** One proxy with callers and a callee around it, and what a load costs it. */
import { freePort } from "../support/ports.ts";
import { treeCpuMicros, treePssBytes } from "../support/process-tree.ts";
import { startSipp } from "../support/sipp.ts";
import type { Counts, Load, Traffic } from "./load.ts";
import { startStreamLoad } from "./stream-client.ts";
import { certificateFor, type RunningProxy, type Target, type Transport } from "./targets.ts";

export type Cost = Counts & {
	readonly microsPerCall: number;
	/** The longest it should have taken is a little more than the load's seconds. */
	readonly seconds: number;
};
export type Session = {
	call(load: Load): Promise<Cost>;
	/** The same, and the most memory that the process tree had in the meantime, in bytes. */
	callAndWeigh(load: Load): Promise<Cost & { readonly peakBytes: number }>;
	stop(): Promise<void>;
};

export const LOAD_CORE = ["taskset", "-c", "1"];
export const SERVICE = "5000";
const HOST = "127.0.0.1";
const SAMPLE_MS = 500;
/** Longer than a transaction lives. */
const PATIENCE_SECONDS = 60;
/** Both ends of SIPp ask for more than the kernel's default, so that a burst is not lost at theirs. */
const SIPP_ARGS = ["-buff_size", "4194304"];

/** `target` undefined: the load by itself, callee called without a proxy. */
export async function openSession(
	target: Target | undefined,
	transport: Transport = "udp",
	nodeArgs: readonly string[] = [],
): Promise<Session> {
	const calleePort = await freePort();
	const host = target?.host ?? HOST;
	const parameter = transport === "udp" ? "" : `;transport=${transport}`;
	const place = {
		transport,
		host,
		port: await freePort(host),
		callee: `sip:callee@${HOST}:${calleePort}${parameter}`,
		certificate: await certificateFor(transport),
	};
	const proxy = await target?.start(place, nodeArgs);
	const { port } = proxy ? place : { port: calleePort };
	const traffic =
		transport === "udp"
			? sippTraffic(`${host}:${port}`, calleePort)
			: await startStreamLoad({ ...place, port, calleePort, prefix: LOAD_CORE });
	return {
		call: (load) => cost(proxy, traffic, load),
		callAndWeigh: async (load) => {
			let peakBytes = 0;
			const weigh = () => {
				if (proxy) peakBytes = Math.max(peakBytes, treePssBytes(proxy.pid));
			};
			const sampler = setInterval(weigh, SAMPLE_MS);
			try {
				const spent = await cost(proxy, traffic, load);
				weigh();
				return { ...spent, peakBytes };
			} finally {
				clearInterval(sampler);
			}
		},
		stop: async () => {
			try {
				await proxy?.stop();
			} finally {
				await traffic.stop();
			}
		},
	};
}

async function cost(proxy: RunningProxy | undefined, traffic: Traffic, load: Load): Promise<Cost> {
	const before = proxy ? treeCpuMicros(proxy.pid) : 0;
	const start = performance.now();
	const counts = await traffic.call(load);
	const seconds = (performance.now() - start) / 1000;
	const micros = proxy ? treeCpuMicros(proxy.pid) - before : 0;
	return { ...counts, seconds, microsPerCall: micros / counts.successful };
}

function sippTraffic(remote: string, calleePort: number): Traffic {
	const common = { host: HOST, prefix: LOAD_CORE, args: SIPP_ARGS };
	const callee = startSipp({ ...common, scenario: "uas-rings-and-answers", port: calleePort });
	return {
		call: async ({ callsPerSecond, seconds, patienceSeconds = PATIENCE_SECONDS }) => {
			const calls = Math.round(callsPerSecond * seconds);
			const caller = startSipp({
				...common,
				scenario: "uac-calls-through-record-route",
				port: await freePort(),
				remote,
				service: SERVICE,
				callsPerSecond,
				calls,
			});
			const giveUp = setTimeout(
				() => caller.program.stop("SIGKILL"),
				(seconds + patienceSeconds) * 1000,
			);
			const counts = await caller.finished();
			clearTimeout(giveUp);
			if (!(counts.successful > 0))
				throw new Error(`no call went through:\n${counts.errors}\n${caller.program.output()}`);
			return { ...counts, failed: calls - counts.successful };
		},
		stop: () => callee.stop(),
	};
}
