/** A decision with what the script did to the request and its legs. */
import type { HeaderEdit } from "../../proxy/decision.ts";
import type { Answer } from "./asked.ts";
import type { Callee } from "./call.ts";
import { Choice } from "./choice.ts";

/** For a draft other than `save`. */
export function withAdditions(
	choice: Choice,
	{ scheme }: Callee,
	edits: readonly HeaderEdit[],
): string | Answer {
	const draft = Choice.draft(choice);
	if (draft.kind !== "relay" || (scheme === undefined && edits.length === 0))
		return Choice.usual(choice);
	return { decision: { ...draft, callee: scheme, edits } };
}
