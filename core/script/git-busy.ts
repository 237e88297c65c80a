/** Whether git is changing the files of a folder: it holds a lock from the first file to the last. */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GIT_BUSY_MAX_MS } from "./limits.ts";

/** A lock that is older was left behind by a git that ended. `now` in epoch milliseconds. */
export async function gitBusy(folder: string, now: number): Promise<boolean> {
	for (let place = folder; ; place = dirname(place)) {
		const lock = await stat(join(place, ".git/index.lock")).catch(() => undefined);
		if (lock !== undefined) return Math.abs(now - lock.mtimeMs) < GIT_BUSY_MAX_MS;
		if (place === dirname(place)) return false;
	}
}
