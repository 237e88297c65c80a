/** Past findings, one JSON file each: the input that once broke a rule, for good. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Found } from "./fuzz.ts";
import type { Json } from "./target.ts";

export type Kept = {
	readonly target: string;
	/** What was wrong. */
	readonly rule: string;
	readonly input: Json;
};

const FOLDER = join(import.meta.dirname, "findings");

/** Files in the folder, without `.json`. */
export function names(): string[] {
	return readdirSync(FOLDER)
		.filter((name) => name.endsWith(".json"))
		.map((name) => name.slice(0, -".json".length));
}

export function read(name: string): Kept {
	return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as Kept;
}

/** The path of the new file. */
export function write({ target, seed, at, key, input }: Found): string {
	const path = join(FOLDER, `${target}-${seed}-${at}.json`);
	const kept: Kept = { target, rule: key, input };
	writeFileSync(path, `${JSON.stringify(kept, undefined, "\t")}\n`);
	return path;
}
