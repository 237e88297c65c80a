/** What the transaction layer counts, since the start: RFC 3261 §17, §18.1.2. */

/** What did not become an event. Counts since the start. */
export type TransactionCounters = {
	/** Responses whose top Via is not ours. */
	foreignResponses: number;
	/** Responses, and final responses of the user, that no transaction waits for (any more). */
	unmatchedResponses: number;
	/** Events that the transaction's state has no row for. */
	strays: number;
	/** Requests refused because the table is full. */
	refusedRequests: number;
	/** ACKs for answers that no transaction keeps. */
	acksAbsorbed: number;
};

export function newCounters(): TransactionCounters {
	return {
		foreignResponses: 0,
		unmatchedResponses: 0,
		strays: 0,
		refusedRequests: 0,
		acksAbsorbed: 0,
	};
}
