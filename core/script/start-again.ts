/**
 * An isolate that takes the place of another has nothing of what `onStart` left there. So it is asked
 * once more, before anything else, and given what its host calls brought the first time: nothing is done
 * twice. What it logs and counts is known already.
 *
 * A script that calls otherwise than the first time, because it is later or by chance, gets the result of
 * the call in the same place. One that fails now, or does not come to its end, does not serve.
 */
import { type Contents, OWN_QUESTION, type Running, shut } from "./open-isolate.ts";
import { type ReadAnswer, readAnswer, readTaken } from "./read-answer.ts";
import { readJson } from "./read-json.ts";
import type { HostResult, Recorded } from "./sandbox/tickets.ts";

/** Throws what it threw, and shuts the isolate then. */
export function startAgain({ started, limits }: Contents, running: Running): Running {
	if (started === undefined) return running;
	try {
		hearOut(
			running,
			running.ask.onStart.applySync(undefined, started, { timeout: limits.startMs }),
			started[3],
		);
		return running;
	} catch (error) {
		shut(running);
		throw error;
	}
}

/** The same off the main thread. */
export async function startAgainApart(
	{ started, limits }: Contents,
	running: Running,
): Promise<Running> {
	if (started === undefined) return running;
	try {
		const said = await running.ask.onStart.apply(undefined, started, { timeout: limits.startMs });
		hearOut(running, said, started[3]);
		return running;
	} catch (error) {
		shut(running);
		throw error;
	}
}

function hearOut(running: Running, said: unknown, record: string | undefined): void {
	const first = typeof said === "string" ? readAnswer(said) : undefined;
	if (first === undefined) throw new Error("onStart: the answer has no shape");
	const { ticket } = first;
	const answer = ticket === undefined ? first : lastAnswer(running, first, ticket, record);
	if (!hasDecided(answer))
		throw new Error("onStart does not come to its end, as it did the first time");
	if (answer.failure === undefined) return;
	const error = new Error(`onStart: ${answer.failure.reason}`);
	error.stack = answer.failure.stack;
	throw error;
}

/** What it comes to, when in each round every call has got its result. */
function lastAnswer(
	running: Running,
	first: ReadAnswer,
	ticket: number,
	record: string | undefined,
): ReadAnswer {
	const known = (record === undefined ? [] : readJson(record)) as readonly (Recorded | null)[];
	let answer = first;
	for (let rounds = 0; rounds <= known.length + 1; rounds += 1) {
		const taken = readTaken(String(running.take.applySync(undefined, [], OWN_QUESTION)));
		const decided = taken?.decided.find((one) => one.ticket === ticket);
		if (decided !== undefined && !hasDecided(answer)) answer = decided.answer;
		if (taken === undefined || (taken.calls.length === 0 && taken.more === undefined)) break;
		for (const { index, kind } of taken.calls) {
			const result = JSON.stringify(resultOf(kind, known[index]));
			running.resume.applySync(undefined, [ticket, index, result], OWN_QUESTION);
		}
	}
	running.forget.applySync(undefined, [ticket], OWN_QUESTION);
	return answer;
}

function resultOf(kind: string, before: Recorded | null | undefined): HostResult {
	if (before?.kind === kind && before.result !== undefined) return before.result;
	const message = `${kind}: onStart did not call it when the scripts began to serve`;
	return { ok: false, code: "HOST_REFUSED", message };
}

function hasDecided({ decision, failure }: ReadAnswer): boolean {
	return decision !== undefined || failure !== undefined;
}
