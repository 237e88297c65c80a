/**
 * A hook that is asked without effect, off the main thread. What it wants of the host it gets from what
 * somebody else got for the same call; any other call is refused. A hook that called is asked again from
 * its start, with one result more each time, since nothing is resumed off the main thread.
 */
import type { HookArguments } from "./hooks.ts";
import type { Isolate } from "./isolate.ts";
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
	const { isolate, hostCalls, known } = rehearsal;
	const { opened } = isolate;
	const record: Recorded[] = [];
	for (let rounds = 0; rounds <= hostCalls; rounds += 1) {
		const came = await oneRound(rehearsal, record, reader);
		if (!isCalls(came)) return came;
		if (came.length === 0) return wrong(reader, "it waits for something that never comes");
		if (isolate.opened !== opened) return wrong(reader, "its isolate is gone");
		for (const { index, kind, args } of came)
			record[index] = { kind, args, result: resultOf(kind, args, known) };
	}
	return wrong(reader, `called the host more than ${hostCalls} times`);
}

/** What was decided, or what it calls the host for. */
async function oneRound(
	{ isolate, text, sender }: Rehearsal,
	record: readonly Recorded[],
	reader: Reader,
): Promise<Outcome | ReadTaken["calls"]> {
	const { opened } = isolate;
	const args: HookArguments = [text, sender, "", JSON.stringify(record)];
	const answer = await isolate.rehearse("onRequest", args, TIMEOUT_MS);
	if (typeof answer !== "string") return reader.breach(answer);
	const read = readAnswer(answer);
	const outcome = read && reader.outcome("onRequest", read);
	const ticket = read?.ticket;
	if (ticket === undefined) return outcome ?? wrong(reader, "the answer has no shape");
	// Whoever ends a generation meanwhile must not find its isolate open once more.
	if (isolate.opened !== opened) return wrong(reader, "its isolate is gone");
	const taken = isolate.take(TIMEOUT_MS);
	isolate.forget(ticket);
	if (typeof taken !== "string") return reader.breach(taken);
	const came = readTaken(taken);
	const decided = came?.decided.find((one) => one.ticket === ticket);
	const later = decided && reader.outcome("onRequest", decided.answer);
	return outcome ?? later ?? came?.calls.filter((call) => call.ticket === ticket) ?? [];
}

function resultOf(kind: string, args: string, known: readonly Recorded[]): HostResult {
	const same = known.find((one) => one.kind === kind && one.args === args);
	const message = `${kind}: the scripts that serve did not call it like this, and a shadow has no effect`;
	return same?.result ?? { ok: false, code: "HOST_REFUSED", message };
}

function isCalls(came: Outcome | ReadTaken["calls"]): came is ReadTaken["calls"] {
	return Array.isArray(came);
}

function wrong(reader: Reader, reason: string): Outcome {
	return reader.breach({ code: "SCRIPT_DECISION", reason, stack: "", log: undefined });
}
