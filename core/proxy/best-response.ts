/**
 * Choosing the best response: RFC 3261 §16.7 step 6.
 *
 * Candidates are the final responses that the branches of one context collected. A branch
 * without a response counts as a 408 (timeout) or as a 503 (transport failure, §16.9).
 */

/** The candidate to answer with, or undefined when there is none. The earliest wins a tie. */
export function bestResponse<C extends { readonly status: number }>(
	candidates: readonly C[],
): C | undefined {
	let best: C | undefined;
	for (const candidate of candidates)
		if (best === undefined || rank(candidate.status) < rank(best.status)) best = candidate;
	return best;
}

/**
 * The status to answer with: a 503 would keep the caller from this proxy, and what a flow that failed means is
 * between proxies (RFC 5626 §11.5). `unresolved`: what kept the branch from being sent anywhere. `alongFlow`: a
 * proxy asked for that flow, and knows another.
 */
export function shownStatus(status: number, unresolved?: number, alongFlow = false): number {
	if (status === 503) return unresolved ?? 500;
	return status === 430 && !alongFlow ? 480 : status;
}

/**
 * 6xx first, then the lowest class; inside 4xx those that help the caller to try again, and last
 * the ones that say nothing about the callee. 503 loses to any other (§16.7: it would stop the
 * caller from using this proxy at all), and so does 430 (RFC 5626 §11.5).
 */
function rank(status: number): number {
	if (status >= 600) return 0;
	if (status === 503 || status === 430) return 900;
	return Math.floor(status / 100) * 100 + preference(status);
}

function preference(status: number): number {
	switch (status) {
		case 401:
		case 407:
			return 0;
		case 415:
		case 420:
		case 484:
			return 1;
		case 408:
		case 440:
		case 487:
			return 3;
		default:
			return 2;
	}
}
