/** Runs seeds. One that fails is run again to tell what happened in the call concerned. */
import type { Config } from "../../core/config/config.ts";
import type { RouteGeneration } from "../../core/exchange/route-generation.ts";
import { Chance } from "./chance.ts";
import { Ladder } from "./ladder.ts";
import { Violation } from "./watch.ts";
import { World } from "./world.ts";

export type Setting = {
	readonly config: Config;
	readonly builtIn: Pick<RouteGeneration, "ask">;
};

export type SeedResult = {
	readonly seed: number;
	readonly calls: number;
	readonly counts: ReadonlyMap<string, number>;
	/** Undefined when everything held. */
	readonly failure: string | undefined;
};

/** The calls of a seed: 20 to 50. */
export function callsOf(seed: number): number {
	return new Chance(seed, 8).between(20, 50);
}

export function runSeed(setting: Setting, seed: number, calls = callsOf(seed)): SeedResult {
	const world = new World({ ...setting, seed });
	try {
		world.run(calls);
		return { seed, calls, counts: world.counts, failure: undefined };
	} catch (error) {
		const failure = explain(setting, seed, calls, error);
		return { seed, calls, counts: world.counts, failure };
	}
}

/** The failure, the command that repeats it, and the ladder of the call. */
function explain(setting: Setting, seed: number, calls: number, error: unknown): string {
	const again = `npm run simulate -- --seeds 1 --from ${seed} --calls ${calls}`;
	return explained(error, again, (ladder) => new World({ ...setting, seed, ladder }).run(calls));
}

/** `repeat` does the same once more, with the ladder. With `SIMULATE_TEXTS=1` it has the whole messages. */
export function explained(
	error: unknown,
	command: string,
	repeat: (ladder: Ladder) => void,
): string {
	const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
	const callId = error instanceof Violation ? error.callId : "";
	const ladder = new Ladder(callId, process.env.SIMULATE_TEXTS === "1");
	try {
		repeat(ladder);
	} catch {
		// The same failure: what is wanted is the way there.
	}
	return `${what}\nagain: ${command}\nthe messages of ${callId || "no call"}:\n${ladder.text}\n`;
}
