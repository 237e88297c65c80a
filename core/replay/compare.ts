/** Two decisions side by side: whether they do the same, and what they are in a line each. */
import type { HeaderEdit } from "../proxy/decision.ts";
import { ScriptError } from "../script/script-error.ts";
import type { Outcome } from "../script/waiting-hook.ts";
import { decisionText } from "../testing/decision-trace.ts";

const EDIT_LENGTH_MAX = 60;

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
