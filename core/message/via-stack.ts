/** The stack of Via values: RFC 3261 §16.6 step 8, §16.7 step 3. */

import type { Head } from "./head.ts";
import { VIA } from "./headers.ts";
import type { Patch } from "./patch.ts";

/** Our own Via on top of those received. */
export function pushVia(patch: Patch, value: string): Patch {
	const line = patch.message.head.firstOf(VIA);
	return line === -1 ? patch.prependLine("Via", value) : patch.insertBefore(line, "Via", value);
}

/** Whether there is no Via below the top one: then no list has to be made to see that. */
export function isOnlyVia(head: Head): boolean {
	const line = head.firstOf(VIA);
	return line !== -1 && head.via.end === head.valueEnd(line) && head.next(line) === -1;
}

/** Without the top Via. */
export function popVia(patch: Patch): Patch {
	const { head } = patch.message;
	const line = head.firstOf(VIA);
	if (line === -1) return patch;
	const { start, end } = head.via;
	// The usual case, one value in the line, needs no list.
	return end === head.valueEnd(line)
		? patch.removeLine(line)
		: patch.removeElement({ line, start, end });
}
