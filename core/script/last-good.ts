/**
 * Bundles kept on disk: the one that last served, which starts when the script is broken at boot, and
 * the one before it, for a rollback.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Log } from "../base/log.ts";
import { type Bundle, hashOf } from "./compile.ts";
import type { Generation } from "./generation.ts";
import { readJson } from "./read-json.ts";

/** Counts up when what the host and the bundle say to each other changes: an older one is of no use then. */
const FORMAT = 1;

const shape = z.object({
	format: z.literal(FORMAT),
	entry: z.string(),
	hash: z.string(),
	code: z.string(),
	map: z.string(),
	instead: z.string().optional(),
	because: z.string().optional(),
});

export type Kept = {
	readonly bundle: Bundle;
	/** After a rollback: what it serves instead of. */
	readonly instead: Instead | undefined;
};

/** A bundle that was rolled back, and is not taken up again while it is what is on disk. */
export type Instead = {
	readonly hash: string;
	/** It was rolled back by itself: what was wrong with it. */
	readonly because?: string;
};

/** What served before becomes the one before, if it is another one and was `good`. */
export async function keepLastGood(
	state: string,
	bundle: Bundle,
	instead?: Instead,
	good = true,
): Promise<void> {
	const { folder, last, before } = paths(state);
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const kept = await read(last);
	const other = kept !== undefined && kept.bundle.hash !== bundle.hash;
	if (other && good) await write(before, kept.bundle);
	await write(last, bundle, instead);
}

/** As `keepLastGood`. A disk that is full is no reason not to serve. */
export async function keep(
	{ origin, bundle }: Generation,
	{ state, log }: { readonly state: string; readonly log: Log },
	instead?: Instead,
	good?: boolean,
): Promise<void> {
	if (origin === "built-in") return;
	await keepLastGood(state, bundle, instead, good).catch((error: Error) =>
		log.warn({ event: "routes.not-kept", reason: error.message }, "last good version not kept"),
	);
}

/**
 * Undefined when there is none for this script, or what is there cannot be used. `entry` is the
 * script or its folder, as configured: what stands there now may be gone or broken.
 */
export async function lastGood(state: string, entry: string): Promise<Kept | undefined> {
	return ofEntry(await read(paths(state).last), entry);
}

/** The bundle that served before the last one; likewise. */
export async function goodBefore(state: string, entry: string): Promise<Bundle | undefined> {
	return ofEntry(await read(paths(state).before), entry)?.bundle;
}

function ofEntry(kept: Kept | undefined, entry: string): Kept | undefined {
	const own = kept?.bundle.entry;
	return own === entry || (own !== undefined && dirname(own) === entry) ? kept : undefined;
}

async function read(file: string): Promise<Kept | undefined> {
	const text = await readFile(file, "utf8").catch(() => "null");
	const { data } = shape.safeParse(readJson(text));
	if (data === undefined || data.hash !== hashOf(data.code, data.map)) return undefined;
	const { entry, hash, code, map, instead, because } = data;
	return {
		bundle: { entry, hash, code, map },
		instead: instead === undefined ? undefined : insteadOf(instead, because),
	};
}

export function insteadOf(hash: string, because: string | undefined): Instead {
	return because === undefined ? { hash } : { hash, because };
}

/** Whole or not at all. */
async function write(file: string, bundle: Bundle, instead?: Instead): Promise<void> {
	const unfinished = `${file}.${process.pid}`;
	const text = JSON.stringify({
		format: FORMAT,
		...bundle,
		instead: instead?.hash,
		because: instead?.because,
	});
	await writeFile(unfinished, text, { mode: 0o600 });
	await rename(unfinished, file);
}

function paths(state: string) {
	const folder = join(state, "generations");
	return { folder, last: join(folder, "last-good.json"), before: join(folder, "before.json") };
}
