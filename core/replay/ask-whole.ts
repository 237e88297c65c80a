/** A script is asked without effect, and heard to its end at once. */
import type { Milliseconds } from "../base/clock.ts";
import type { AskContext } from "../script/ask-context.ts";
import type { Generation } from "../script/generation.ts";
import type { HostCall, HostCalls, HostResult } from "../script/host-call.ts";
import { type Outcome, WaitingHook } from "../script/waiting-hook.ts";

/** What is of this process alone, and gone with it. */
const LOCAL = /^kv\./;

export function askWhole(
	generation: Generation,
	{ text, context }: { readonly text: string; readonly context: AskContext },
	calls: HostCalls,
	now: Milliseconds,
): Outcome {
	const answer = generation.ask("onRequest", text, context);
	let decided = answer instanceof WaitingHook ? answer.outcome : answer;
	while (generation.busy) {
		for (let call = generation.nextCall(); call !== undefined; call = generation.nextCall())
			generation.answer(call, perform(call, calls, now));
		const hook = generation.nextDecided();
		if (hook === answer) decided = hook?.outcome;
	}
	if (decided !== undefined) return decided;
	if (!(answer instanceof WaitingHook)) return answer;
	const error = generation.abandon(answer, "it waits for something that never comes");
	return error ?? { kind: "drop" };
}

/** Whatever goes out into the world is refused: the same to whoever asks. */
function perform(call: HostCall, calls: HostCalls, now: Milliseconds): HostResult {
	const result = LOCAL.test(call.kind) ? calls.perform(call, now, () => {}) : undefined;
	const message = `${call.kind}: a replay reaches nobody`;
	return result ?? { ok: false, code: "HOST_REFUSED", message };
}
