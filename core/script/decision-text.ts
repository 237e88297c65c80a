/** Decisions in a line of text, and whether two of them do the same. */
import type {
	Answer,
	ChallengeDecision,
	Forking,
	HeaderEdit,
	TargetChoice,
} from "../proxy/decision.ts";
import { ScriptError } from "./script-error.ts";
import type { Outcome } from "./waiting-hook.ts";

const EDIT_LENGTH_MAX = 60;

/** One line: `reply 404`, `relay desk, mobile (serial, 20 s)`. */
export function decisionText(decision: Answer): string {
	switch (decision.kind) {
		case "relay":
			return relayText(decision);
		case "reply":
			return ["reply", decision.status, decision.reason ?? []].flat().join(" ");
		case "redirect":
			return `redirect ${decision.status} ${decision.contacts.join(", ")}`;
		case "pass": {
			const { callee, edits } = decision;
			const how = [...(callee ? [callee] : []), ...edits.map(({ op, name }) => `${op} ${name}`)];
			return how.length === 0 ? "pass" : `pass (${how.join(", ")})`;
		}
		case "challenge":
			return challengeText(decision);
		default:
			return decision.kind;
	}
}

function relayText({ targets, fork, callee }: Extract<Answer, { kind: "relay" }>): string {
	const how = [...(fork ? forkText(fork) : []), ...(callee ? [callee] : [])];
	const to = targets.map(targetText).join(", ");
	return how.length === 0 ? `relay ${to}` : `relay ${to} (${how.join(", ")})`;
}

/** What it knows of the user is nobody's to read. */
function challengeText({ login }: ChallengeDecision): string {
	return login?.realm === undefined ? "challenge" : `challenge (realm ${login.realm})`;
}

export function targetText(target: TargetChoice): string {
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

/** Scripts that both fail do the same: the request gets what is configured for that. */
export function sameOutcome(one: Outcome, other: Outcome): boolean {
	return effect(one) === effect(other);
}

/** One line: `relay desk, with X-Tenant: blue`. */
export function outcomeText(outcome: Outcome): string {
	if (outcome instanceof ScriptError) return `failed, ${outcome.code}: ${outcome.message}`;
	const edits = "edits" in outcome ? outcome.edits : [];
	const contacts = outcome.kind === "save" ? (outcome.contacts ?? []) : [];
	const more = [...edits.map(editText), ...contacts.map((one) => `Contact: ${one}`)];
	const text = decisionText(outcome);
	return more.length === 0 ? text : `${text}, with ${more.join(", ")}`;
}

function effect(outcome: Outcome): string {
	return outcome instanceof ScriptError ? "failed" : JSON.stringify(outcome);
}

function editText({ op, name, value }: HeaderEdit): string {
	if (op === "remove") return `no ${name}`;
	if (op === "body") return "another body";
	const text = `${name}: ${value}`;
	return text.length > EDIT_LENGTH_MAX ? `${text.slice(0, EDIT_LENGTH_MAX)}…` : text;
}
