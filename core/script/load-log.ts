/** What the log says of loads: what serves, what was refused, and what is doubtful. */
import { problemAt } from "./code-frame.ts";
import type { Compiled } from "./compile.ts";
import type { Generation, Origin } from "./generation.ts";
import type { LoadError, Problem } from "./load-error.ts";
import { BUILT_IN, checkRoutes, type LoadOptions, wanted } from "./load-generation.ts";

export function announce({ id, hash, origin, bundle }: Generation, options: LoadOptions): void {
	const { log } = options;
	const fields = { event: "routes.active", generation: id, hash, origin, entry: bundle.entry };
	if (origin === wanted(options)) log.info(fields, `routes of generation ${id} serve new requests`);
	else if (origin === "rolled-back")
		log.warn(fields, `routes of generation ${id}, from before a rollback, serve new requests`);
	else log.error(fields, `the script is broken: ${SUBSTITUTES[origin]} instead`);
}

const SUBSTITUTES: Readonly<Record<Exclude<Origin, "rolled-back">, string>> = {
	script: "the script serves",
	"last-good": "its last good version serves",
	"built-in": "the built-in routes serve",
};

export function refused(
	{ code, step, problems }: LoadError,
	{ id }: Generation,
	{ log }: LoadOptions,
): void {
	for (const { message, ...place } of problems)
		log.error({ event: "routes.refused", code, step, ...place, serving: id }, message);
}

export function rolledBack({ id }: Generation, { entry = BUILT_IN, log }: LoadOptions): Problem {
	const message = `these scripts were rolled back: generation ${id} or its like serves until they change, or another rollback`;
	log.warn({ event: "routes.rolled-back", generation: id, file: entry }, message);
	return problemAt(undefined, entry, message);
}

/** Tells and returns what is doubtful in the script, its types among it when they are asked for. */
export async function warn(
	{ bundle, warnings }: Compiled,
	options: LoadOptions,
	types: boolean,
): Promise<readonly Problem[]> {
	const all = [...warnings, ...(types ? await checkRoutes(bundle, options) : [])];
	for (const { message, ...place } of all)
		options.log.warn({ event: "routes.warning", ...place }, message);
	return all;
}
