/** `sipwright check`: is this configuration fit to start with, and do its scripts load? */
import { loadConfig } from "../config/load.ts";
import { type Command, DONE, option, REFUSED } from "./command.ts";
import { report } from "./report.ts";

export const check: Command = {
	name: "check",
	usage: "[--config FILE]",
	summary: "validate the configuration and the scripts; exit 1 with file:line:column errors",
	options: { config: { type: "string", short: "c" } },
	positionals: [],
	async run({ values }, output) {
		const file = option(values, "config");
		const loaded = await loadConfig(file);
		output.err(report(loaded.remarks));
		if (!loaded.ok) {
			output.err(report(loaded.errors));
			output.err(`${count(loaded.errors.length, "error")}\n`);
			return REFUSED;
		}
		const { listen, devices } = loaded.config;
		const name = file ?? "the embedded defaults";
		output.out(
			`${name}: good, ${count(listen.length, "socket")}, ${count(devices.size, "device")}\n`,
		);
		return DONE;
	},
};

function count(number: number, noun: string): string {
	return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
