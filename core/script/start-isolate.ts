/** The isolate of a generation: a top level that throws, or does not end, refuses the load where it stands. */
import { explained } from "./absent-globals.ts";
import { problemAt } from "./code-frame.ts";
import type { Bundle } from "./compile.ts";
import { Isolate, OUT_OF_MEMORY, type Thrown, TIMED_OUT, thrown } from "./isolate.ts";
import type { ScriptLimits } from "./limits.ts";
import { LoadError } from "./load-error.ts";
import type { LoadStep } from "./load-steps.ts";
import type { Place } from "./place.ts";
import { Positions } from "./positions.ts";
import type { ScriptDevice } from "./script-device.ts";

type StartOptions = { readonly devices: readonly ScriptDevice[]; readonly limits: ScriptLimits };

/** In the place of another, where one is given. */
export async function startIsolate(
	bundle: Bundle,
	{ devices, limits }: StartOptions,
	before?: Isolate,
): Promise<Isolate> {
	try {
		if (before !== undefined) return await before.another();
		return await Isolate.open(bundle, JSON.stringify(devices), limits);
	} catch (error) {
		const what = thrown(error);
		const place = new Positions(bundle).of(what.stack);
		throw notLoaded(
			"LOAD_START",
			"start",
			bundle,
			explained(startReason(what, limits), place?.file),
			place,
		);
	}
}

function startReason({ name, message }: Thrown, { heapMb, startMs }: ScriptLimits): string {
	if (message === OUT_OF_MEMORY) return `the top level kept more than ${heapMb} MB`;
	if (message === TIMED_OUT) return `the top level ran for more than ${startMs} ms`;
	return name === "Error" ? message : `${name}: ${message}`;
}

export function notLoaded(
	code: LoadError["code"],
	step: LoadStep,
	{ entry }: Bundle,
	message: string,
	place?: Place,
): LoadError {
	return new LoadError(code, step, [problemAt(place, entry, message)]);
}
