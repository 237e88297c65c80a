/** Max-Forwards on the way through: RFC 3261 §16.6 step 3. */
import { MAX_FORWARDS } from "./headers.ts";
import type { Patch } from "./patch.ts";

/** What a request without the header gets (§16.6 step 3). */
export const DEFAULT_MAX_FORWARDS = 70;

/** One less; 70 where there was none. A value of 0 was answered with 483 before this point and stays 0. */
export function decrementMaxForwards(patch: Patch): Patch {
	const { head } = patch.message;
	const value = head.maxForwards;
	const line = head.firstOf(MAX_FORWARDS);
	if (value === undefined) return patch.append("Max-Forwards", String(DEFAULT_MAX_FORWARDS));
	const next = String(Math.max(0, value - 1));
	return patch.replace(head.valueStart(line), head.valueEnd(line), next);
}
