/** What a script was asked and what it answered, for assertions and for the ladder. */
import type { Milliseconds } from "../base/clock.ts";
import type { RouteGeneration } from "../exchange/exchange.ts";
import type { Decision, Forking, TargetChoice } from "../proxy/decision.ts";
import { ScriptError } from "../script/script-error.ts";
import type { DecisionTrace } from "./sipwright-test.d.ts";
import { stamped } from "./virtual-date.ts";
import { WireMessage } from "./wire-message.ts";

export type Traced = {
	now(): Milliseconds;
	decided(trace: DecisionTrace): void;
};

/** The generation, told the time and heard out. */
export function traced(generation: RouteGeneration, { now, decided }: Traced): RouteGeneration {
	return {
		ask: (hook, text, context) => {
			const answer = generation.ask(hook, stamped(now(), text), context);
			const { method = "", uri, values } = asRead(text);
			const [callId = ""] = values;
			const source = context.source.device;
			decided({ hook, method, uri, callId, source, ...answerOf(answer) });
			return answer;
		},
		retain: () => generation.retain(),
		release: () => generation.release(),
	};
}

function asRead(text: string) {
	const message = new WireMessage(text);
	const values = ["Call-ID", "i"].flatMap((name) => message.values(name));
	return { method: message.method, uri: message.uri, values };
}

function answerOf(
	answer: Decision | ScriptError,
): Pick<DecisionTrace, "decision" | "targets" | "text"> {
	if (answer instanceof ScriptError)
		return { decision: "failed", targets: [], text: `failed, ${answer.code}: ${answer.message}` };
	const targets = answer.kind === "relay" ? answer.targets.map(targetText) : [];
	return { decision: answer.kind, targets, text: decisionText(answer) };
}

/** One line: `reply 404`, `relay desk, mobile (serial, 20 s)`. */
export function decisionText(decision: Decision): string {
	switch (decision.kind) {
		case "relay": {
			const { targets, fork, callee } = decision;
			const how = [...(fork ? forkText(fork) : []), ...(callee ? [callee] : [])];
			const to = targets.map(targetText).join(", ");
			return how.length === 0 ? `relay ${to}` : `relay ${to} (${how.join(", ")})`;
		}
		case "reply":
			return ["reply", decision.status, decision.reason ?? []].flat().join(" ");
		case "redirect":
			return `redirect ${decision.status} ${decision.contacts.join(", ")}`;
		default:
			return decision.kind;
	}
}

function targetText(target: TargetChoice): string {
	if (target.kind === "uri") return target.uri;
	if (target.kind === "request-uri") return "to the Request-URI";
	return target.number === undefined ? target.name : `${target.name} ${target.number}`;
}

function forkText({ order, timeout, recurse, late }: Forking): readonly string[] {
	return [
		...(order === "q" ? [] : [order]),
		...(timeout === undefined ? [] : [`${timeout / 1000} s`]),
		...(recurse ? ["recurse"] : []),
		...(late ? ["late"] : []),
	];
}
