/** This installation: its version and its folder, from the package.json it belongs to. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Installation = {
	readonly version: string;
	/** The folder of package.json. */
	readonly folder: string;
};

let known: Installation | undefined;

/** In a checkout this file is core/commands/installation.ts, in an installed package it is below dist/. */
export function installation(): Installation {
	known ??= at("../../") ?? at("../../../") ?? { version: "unknown", folder: process.cwd() };
	return known;
}

function at(path: string): Installation | undefined {
	const folder = new URL(path, import.meta.url);
	try {
		const text = readFileSync(new URL("package.json", folder), "utf8");
		const { name, version } = JSON.parse(text) as { name?: string; version?: string };
		if (name !== "sipwright" || version === undefined) return undefined;
		return { version, folder: fileURLToPath(folder) };
	} catch {
		return undefined;
	}
}
