/** Where what could not be read is answered to (RFC 3261 §18.2.2). */
import type { Flow } from "../base/flow.ts";
import type { Malformed } from "../message/message.ts";
import { ParseError } from "../message/parse-error.ts";
import { responseFlow } from "../transaction/response-flow.ts";

/** Where the sender listens, if its Via can be read (RFC 3261 §18.2.2); else where it sent from. */
export function answerFlow({ head }: Malformed, flow: Flow): Flow {
	try {
		return (head && responseFlow({ head }, flow, () => false)) ?? flow;
	} catch (error) {
		if (error instanceof ParseError) return flow;
		throw error;
	}
}
