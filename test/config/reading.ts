/** Reads a configuration from text and shows what was found as lines: `3:12 error CONFIG_X message → fix`. */
import type { TestContext } from "node:test";
import type { Config } from "../../core/config/config.ts";
import type { Finding } from "../../core/config/finding.ts";
import { loadConfig, type Machine } from "../../core/config/load.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";

export type Reading = {
	readonly folder: TempFolder;
	readonly config: Config | undefined;
	readonly errors: readonly string[];
	readonly remarks: readonly string[];
};

/** A day on which no test certificate has ended. */
const NOW = Date.UTC(2026, 0, 1);

export async function read(
	t: TestContext,
	yaml: string,
	files: Readonly<Record<string, string>> = {},
	machine: Partial<Machine> = {},
): Promise<Reading> {
	const folder = tempFolder();
	t.after(() => folder.remove());
	for (const [name, text] of Object.entries(files)) folder.write(name, text);
	const loaded = await loadConfig(folder.write("sipwright.yaml", yaml), {
		now: NOW,
		folder: folder.path,
		...machine,
	});
	const show = (finding: Finding) => line(finding).replaceAll(`${folder.path}/`, "");
	return {
		folder,
		config: loaded.ok ? loaded.config : undefined,
		errors: loaded.ok ? [] : loaded.errors.map(show),
		remarks: loaded.remarks.map(show),
	};
}

/** The configuration of a text that is meant to be good. */
export async function readGood(
	t: TestContext,
	yaml: string,
	files: Readonly<Record<string, string>> = {},
): Promise<Config> {
	const { config, errors } = await read(t, yaml, files);
	if (config === undefined) throw new Error(errors.join("\n"));
	return config;
}

/** One device of the name `x` with these keys. */
export function device(keys: string): string {
	return `devices:\n  x: { ${keys} }\n`;
}

function line({ file, line: at, column, level, code, message, fix }: Finding): string {
	const place = file.endsWith("/sipwright.yaml") ? "" : `${file}:`;
	const advice = fix === undefined ? "" : ` → ${fix}`;
	return `${place}${at}:${column} ${level} ${code} ${message}${advice}`;
}
