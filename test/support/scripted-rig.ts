/** The engine in memory with a real route script: hooks of which `onRequest` calls two phones unless given. */
import type { TestContext } from "node:test";
import type { Config } from "../../core/config/config.ts";
import type { HostCalls, HostResult } from "../../core/script/host-call.ts";
import { scriptDevices } from "../../core/script/script-device.ts";
import { load } from "../script/harness.ts";
import { ExchangeRig, type RigOptions } from "./exchange-rig.ts";

const IMPORTS =
	"import { challenge, defineRoutes, device, drop, forceSip, forceSips, fork, kv, log, redirect, relay, reply, save, setBody, trunks } from 'sipwright';";

/** What `onRequest` does unless a test says otherwise. */
export const CALL_A = "onRequest: () => relay('sip:a@10.0.0.1')";

export type ScriptedRig = ExchangeRig & {
	/** Host calls that were made and have no result. */
	readonly hostCalls: {
		readonly kind: string;
		answer(result: HostResult): void;
	}[];
};

export async function scriptedRig(
	t: TestContext,
	config: Config,
	hooks: readonly string[],
	options: Partial<RigOptions> = {},
): Promise<ScriptedRig> {
	const source = [IMPORTS, "export default defineRoutes({", hooks.join(",\n"), "});"].join("\n");
	const devices = scriptDevices(config.devices.values());
	const limits = { timeoutMs: 5_000 };
	const { generation } = await load(t, source, { devices, limits });
	const hostCalls: ScriptedRig["hostCalls"] = [];
	const calls: HostCalls = {
		perform: ({ kind }, _now, late) => {
			hostCalls.push({ kind, answer: (result) => late(result, rig.now) });
			return undefined;
		},
		abandon: () => undefined,
	};
	const rig = new ExchangeRig({ config, routes: generation, calls, ...options });
	return Object.assign(rig, { hostCalls });
}
