/** What all seeds share: the configuration, and the built-in routes loaded for it. */
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import { scriptDevices } from "../../core/script/script-device.ts";
import { Scripts } from "../../core/script/scripts.ts";
import { rigConfig } from "../support/rig-config.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { YAML } from "./plan.ts";
import type { Setting } from "./simulate.ts";

export async function openSetting(): Promise<Setting & { close(): Promise<void> }> {
	const config = await rigConfig(YAML);
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
	return {
		config,
		builtIn: scripts.generation,
		close: async () => {
			await scripts.close();
			folder.remove();
		},
	};
}

function nothing(): void {}
