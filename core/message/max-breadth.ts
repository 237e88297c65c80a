/** Max-Breadth on the way through: RFC 5393 §5.3.3. How many branches a request may have at one time, anywhere. */
import type { Head } from "./head.ts";
import { ParseError } from "./parse-error.ts";
import type { Patch } from "./patch.ts";

/** What a request without the header gets, and the most that one may bring (§5.3.3). */
export const MAX_MAX_BREADTH = 60;

/** What the branches of a request may have together (§5.3.2). */
export function incomingMaxBreadth(head: Head): number {
	return Math.min(head.maxBreadth ?? MAX_MAX_BREADTH, MAX_MAX_BREADTH);
}

/** One Max-Breadth: `share`, or all that came. */
export function writeMaxBreadth(patch: Patch, share: number | undefined): Patch {
	const received = readable(patch.message.head);
	if (received === undefined) return patch.append("Max-Breadth", String(share ?? MAX_MAX_BREADTH));
	const value = share ?? Math.min(received, MAX_MAX_BREADTH);
	return value === received ? patch : patch.set("max-breadth", String(value));
}

/** More than any, where it cannot be read: an ACK is not refused for what it says here. */
function readable(head: Head): number | undefined {
	try {
		return head.maxBreadth;
	} catch (error) {
		if (error instanceof ParseError) return Number.POSITIVE_INFINITY;
		throw error;
	}
}
