/** Response forwarding: RFC 3261 §16.7 steps 3, 7, 8 and 9. */
import { restoreResponse } from "../leg/apply-leg.ts";
import type { Response } from "../message/message.ts";
import { Patch } from "../message/patch.ts";
import { popVia } from "../message/via-stack.ts";
import type { Branch, Candidate } from "./response-context.ts";

/** The response as the caller gets it. `others`: what the other branches of the context brought. */
export function forwardResponse(
	response: Response,
	branch: Branch,
	others: readonly Candidate[],
): string {
	const patch = popVia(new Patch(response));
	const { context, passage } = branch;
	if (passage !== undefined) {
		const { legs, state, entries } = passage;
		restoreResponse(patch, response, context.server.request, legs, state, entries);
	}
	if (response.status === 401 || response.status === 407) addChallenges(patch, response, others);
	return patch.text();
}

/** Step 7: the caller answers the challenges of all branches at once. */
function addChallenges(patch: Patch, chosen: Response, others: readonly Candidate[]): void {
	for (const { status, response } of others) {
		if (response === undefined || response === chosen || (status !== 401 && status !== 407))
			continue;
		for (const [name, spelling] of CHALLENGES)
			for (const { start, end } of response.head.elements(name))
				patch.append(spelling, response.text.slice(start, end));
	}
}

const CHALLENGES = [
	["www-authenticate", "WWW-Authenticate"],
	["proxy-authenticate", "Proxy-Authenticate"],
] as const;
