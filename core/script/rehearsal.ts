/**
 * A hook that is asked without effect, off the main thread. What it wants of the host it gets from what
 * somebody else got for the same call; any other call is refused.
 */
import type { Breach, Isolate } from "./isolate.ts";
import { PROBE_TIMEOUT_MS } from "./limits.ts";
import { type ReadTaken, readAnswer, readTaken } from "./read-answer.ts";
import type { HostResult, Recorded } from "./sandbox/tickets.ts";
import type { Outcome } from "./waiting-hook.ts";
import type { Reader } from "./waiting-hooks.ts";

export type Rehearsal = {
	readonly isolate: Isolate;
	/** Calls of the host that a hook may make. */
	readonly hostCalls: number;
	readonly text: string;
	/** A `contextText`. */
	readonly sender: string;
	readonly known: readonly Recorded[];
};

/** Its time is not that of the traffic: a thread that gets its turn late is no fault of a script. */
const TIMEOUT_MS = PROBE_TIMEOUT_MS;

export async function rehearse(rehearsal: Rehearsal, reader: Reader): Promise<Outcome> {
	const { isolate, text, sender } = rehearsal;
	const answer = await isolate.rehearse("onRequest", [text, sender], TIMEOUT_MS);
	if (typeof answer !== "string") return reader.breach(answer);
	const read = readAnswer(answer);
	const outcome = read && reader.outcome("onRequest", read);
	const ticket = read?.ticket;
	if (ticket === undefined) return outcome ?? wrong(reader, "the answer has no shape");
	const later = await toItsEnd(rehearsal, ticket, reader);
	return outcome ?? later ?? wrong(reader, "it waits for something that never comes");
}

/**
 * Every call gets a result, also of a hook that has decided: scripts keep promises, and the next request
 * may wait for them.
 */
async function toItsEnd(
	{ isolate, hostCalls, known }: Rehearsal,
	ticket: number,
	reader: Reader,
): Promise<Outcome | undefined> {
	const course: Course = { ticket, outcome: undefined, calls: [] };
	let breach = follow(course, isolate, isolate.take(TIMEOUT_MS), reader);
	for (let made = 0; breach === undefined && made < hostCalls; made += 1) {
		const call = course.calls.shift();
		if (call === undefined) break;
		const result = JSON.stringify(resultOf(call, known));
		const taken = await isolate.rehearseResult(ticket, call.index, result, TIMEOUT_MS);
		breach = follow(course, isolate, taken, reader);
	}
	if (breach !== undefined) return course.outcome ?? reader.breach(breach);
	if (course.outcome !== undefined) return course.outcome;
	isolate.forget(ticket);
	if (course.calls.length === 0) return undefined;
	return wrong(reader, `called the host more than ${hostCalls} times`);
}

type Course = {
	readonly ticket: number;
	outcome: Outcome | undefined;
	/** Those that have no result. */
	readonly calls: ReadTaken["calls"];
};

/** All that came of a step; or what stopped it. */
function follow(
	course: Course,
	isolate: Isolate,
	first: string | Breach,
	reader: Reader,
): Breach | undefined {
	let taken = first;
	for (;;) {
		if (typeof taken !== "string") return taken;
		const came = readTaken(taken);
		const decided = came?.decided.find(({ ticket }) => ticket === course.ticket);
		course.outcome ??= decided && reader.outcome("onRequest", decided.answer);
		for (const call of came?.calls ?? [])
			if (call.ticket === course.ticket) course.calls.push(call);
		if (came?.more !== true) return undefined;
		taken = isolate.take(TIMEOUT_MS);
	}
}

function resultOf(
	{ kind, args }: Pick<Recorded, "kind" | "args">,
	known: readonly Recorded[],
): HostResult {
	const same = known.find((one) => one.kind === kind && one.args === args);
	const message = `${kind}: the scripts that serve did not call it like this, and a shadow has no effect`;
	return same?.result ?? { ok: false, code: "HOST_REFUSED", message };
}

function wrong(reader: Reader, reason: string): Outcome {
	return reader.breach({ code: "SCRIPT_DECISION", reason, stack: "", log: undefined });
}
