/** The bundle that last served, kept on disk: what starts when the script is broken at boot. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { type Bundle, hashOf } from "./compile.ts";
import { readJson } from "./read-json.ts";

/** Counts up when what the host and the bundle say to each other changes: an older one is of no use then. */
const FORMAT = 1;

const shape = z.object({
	format: z.literal(FORMAT),
	entry: z.string(),
	hash: z.string(),
	code: z.string(),
	map: z.string(),
});

/** Written whole or not at all. */
export async function keepLastGood(state: string, bundle: Bundle): Promise<void> {
	const { folder, file } = paths(state);
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const unfinished = `${file}.${process.pid}`;
	await writeFile(unfinished, JSON.stringify({ format: FORMAT, ...bundle }), { mode: 0o600 });
	await rename(unfinished, file);
}

/**
 * Undefined when there is none for this script, or what is there cannot be used. `entry` is the
 * script or its folder, as configured: what stands there now may be gone or broken.
 */
export async function lastGood(state: string, entry: string): Promise<Bundle | undefined> {
	const text = await readFile(paths(state).file, "utf8").catch(() => "null");
	const { data } = shape.safeParse(readJson(text));
	if (data === undefined || data.hash !== hashOf(data.code, data.map)) return undefined;
	if (data.entry !== entry && dirname(data.entry) !== entry) return undefined;
	return { entry: data.entry, hash: data.hash, code: data.code, map: data.map };
}

function paths(state: string) {
	const folder = join(state, "generations");
	return { folder, file: join(folder, "last-good.json") };
}
