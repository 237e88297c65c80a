/** What the log says of loads: what serves, what was refused, and what is doubtful. */
import { audience, type Canary } from "./canary.ts";
import { problemAt } from "./code-frame.ts";
import type { Compiled } from "./compile.ts";
import type { Generation, Origin } from "./generation.ts";
import type { LoadError, Problem } from "./load-error.ts";
import { BUILT_IN, checkRoutes, type LoadOptions, wanted } from "./load-generation.ts";
import { placeText } from "./place.ts";

/** What serves every new request, or those that are not a candidate's. */
export function announce(
	{ id, hash, origin, bundle }: Generation,
	options: LoadOptions,
	error?: LoadError,
): void {
	const { log } = options;
	const fields = { event: "routes.active", generation: id, hash, origin, entry: bundle.entry };
	if (origin === wanted(options)) log.info(fields, `routes of generation ${id} serve new requests`);
	else if (origin === "rolled-back")
		log.warn(fields, `routes of generation ${id}, from before a rollback, serve new requests`);
	else if (origin === "last-good" && error === undefined)
		log.info(fields, `routes of generation ${id}, the last good ones, serve new requests`);
	else log.error(fields, `the script is broken: ${SUBSTITUTES[origin]} instead`);
}

/** What serves a part of the new requests. */
export function announceCanary(
	{ generation, settings, until }: Canary,
	{ log }: LoadOptions,
): void {
	const { id, hash } = generation;
	const whose = audience(settings);
	const then = until === undefined ? "" : `, until ${new Date(until).toISOString()}`;
	log.info(
		{ event: "routes.canary", generation: id, hash, share: settings.share, until },
		`routes of generation ${id} are tried: they serve ${whose}${then}`,
	);
}

/** The candidate has been proven, or somebody says that it is good. */
export function announcePromotion({ generation }: Canary, { log }: LoadOptions): void {
	const { id, hash, counts } = generation;
	log.info(
		{ event: "routes.promoted", generation: id, hash, ...counts },
		`routes of generation ${id} were tried: asked ${counts.asked} times, ${counts.failed} failed`,
	);
}

/** The candidate is asked no more. */
export function announceWithdrawal({ generation }: Canary, { log }: LoadOptions): void {
	const { id, hash, counts } = generation;
	log.warn(
		{ event: "routes.withdrawn", generation: id, hash, ...counts },
		`routes of generation ${id} are tried no more: asked ${counts.asked} times, ${counts.failed} failed`,
	);
}

/** A generation was rolled back without being asked, or should have been and was not. */
export function announceFailure(
	{ id, hash, record }: Generation,
	reason: string,
	outcome: string,
	{ log }: LoadOptions,
): void {
	const { lastError, counts } = record;
	const error = lastError && {
		code: lastError.code,
		script: lastError.place ? placeText(lastError.place) : lastError.script,
		reason: lastError.reason,
	};
	log.error(
		{ event: "routes.failing", generation: id, hash, ...counts, ...error },
		`routes of generation ${id} ${outcome}: ${reason}`,
	);
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

export function rolledBack(
	{ id }: Generation,
	{ entry = BUILT_IN, log }: LoadOptions,
	because: string | undefined,
): Problem {
	const why = because === undefined ? "" : ` (${because})`;
	const until = because === undefined ? "they change, or another rollback" : "they change";
	const message = `these scripts were rolled back${why}: generation ${id} or its like serves until ${until}`;
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
	tellWarnings(all, options);
	return all;
}

export function tellWarnings(warnings: readonly Problem[], { log }: LoadOptions): void {
	for (const { message, ...place } of warnings)
		log.warn({ event: "routes.warning", ...place }, message);
}
