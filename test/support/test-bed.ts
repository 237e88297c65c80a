/** What a file of flow tests shares: a configuration, read as the program reads it, and the built-in routes loaded for it. */
import { after } from "node:test";
import type { Config } from "../../core/config/config.ts";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import { scriptDevices } from "../../core/script/script-device.ts";
import { Scripts } from "../../core/script/scripts.ts";
import { ExchangeRig, type RigOptions } from "./exchange-rig.ts";
import { rigConfig, YAML } from "./rig-config.ts";
import { tempFolder } from "./temp-folder.ts";

export type TestBed = {
	readonly config: Config;
	/** Without `routes`: with the built-in ones. */
	rig(options?: Partial<RigOptions>): ExchangeRig;
};

export async function testBed(yaml: string = YAML): Promise<TestBed> {
	const config = await rigConfig(yaml);
	const folder = tempFolder();
	const scripts = await Scripts.start({
		entry: undefined,
		devices: scriptDevices(config.devices.values()),
		limits: { ...DEFAULT_LIMITS, timeoutMs: 5_000 },
		typecheck: "off",
		log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
		state: folder.path,
		watch: false,
	});
	after(async () => {
		await scripts.close();
		folder.remove();
	});
	return {
		config,
		rig: (options = {}) => new ExchangeRig({ config, routes: scripts.generation, ...options }),
	};
}

function nothing(): void {}
