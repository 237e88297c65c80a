/** What a script was asked and what it answered, for assertions and for the ladder. */
import type { Milliseconds } from "../base/clock.ts";
import type { RouteGeneration } from "../exchange/route-generation.ts";
import { decisionText, targetText } from "../script/decision-text.ts";
import { ScriptError } from "../script/script-error.ts";
import { type Outcome, WaitingHook } from "../script/waiting-hook.ts";
import type { DecisionTrace } from "./sipwright-test.d.ts";
import { stamped, stampedResult } from "./virtual-date.ts";
import { WireMessage } from "./wire-message.ts";

export type Traced = {
	now(): Milliseconds;
	decided(trace: DecisionTrace): void;
};

type Asked = "hook" | "method" | "uri" | "callId" | "source" | "timer";

/** The generation, told the time and heard out. */
export function traced(generation: RouteGeneration, { now, decided }: Traced): RouteGeneration {
	/** What was asked of those that wait. */
	const waiting = new WeakMap<WaitingHook, Pick<DecisionTrace, Asked>>();
	return {
		ask: (hook, text, context, more) => {
			const answer = generation.ask(hook, stamped(now(), text), context, more);
			const { method = "", uri, values } = asRead(text);
			const timer: string | undefined = hook === "onTimer" && more ? JSON.parse(more) : undefined;
			const [callId = ""] = values;
			const asked = { hook, method, uri, callId, source: context.source.device, timer };
			if (answer instanceof WaitingHook) waiting.set(answer, asked);
			else decided({ ...asked, ...answerOf(answer) });
			return answer;
		},
		nextDecided: () => {
			const hook = generation.nextDecided();
			const asked = hook && waiting.get(hook);
			if (hook?.outcome !== undefined && asked !== undefined)
				decided({ ...asked, ...answerOf(hook.outcome) });
			return hook;
		},
		abandon: (hook, reason) => {
			const error = generation.abandon(hook, reason);
			const asked = waiting.get(hook);
			if (error !== undefined && asked !== undefined) decided({ ...asked, ...answerOf(error) });
			return error;
		},
		endCalls: (hook) => generation.endCalls(hook),
		defines: (hook) => generation.defines(hook),
		timers: generation.timers,
		get busy() {
			return generation.busy;
		},
		nextCall: () => generation.nextCall(),
		answer: (call, result) => generation.answer(call, stampedResult(now(), result)),
		limits: generation.limits,
		retain: () => generation.retain(),
		answered: (status) => generation.answered(status),
		release: () => generation.release(),
	};
}

function asRead(text: string) {
	const message = new WireMessage(text);
	const values = ["Call-ID", "i"].flatMap((name) => message.values(name));
	const response = message.method === undefined;
	return {
		method: response ? message.cseqMethod : message.method,
		uri: response ? "" : message.uri,
		values,
	};
}

function answerOf(answer: Outcome): Pick<DecisionTrace, "decision" | "targets" | "text"> {
	if (answer instanceof ScriptError)
		return { decision: "failed", targets: [], text: `failed, ${answer.code}: ${answer.message}` };
	const targets = answer.kind === "relay" ? answer.targets.map(targetText) : [];
	return { decision: answer.kind, targets, text: decisionText(answer) };
}
