/** A final answer that a script chose: RFC 3261 §8.2.6, §16.3. */
import type { Decision } from "./decision.ts";
import type { Rejection } from "./rejection.ts";

export function reply(decision: Extract<Decision, { kind: "reply" }>): Rejection {
	const { status, reason, edits } = decision;
	const headers = edits
		.filter(({ op }) => op !== "remove")
		.map(({ name, value }) => [name, value] as const);
	return reason === undefined ? { status, headers } : { status, reason, headers };
}
