/** What the transaction layer tells its user, the proxy: RFC 3261 §17 (arrows to and from the TU). */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { Request, Response } from "../message/message.ts";
import type { ClientTransaction } from "./client-transaction.ts";
import type { ServerTransaction } from "./server-transaction.ts";

/**
 * Called only when a machine has taken its step, in the order things happened. Any method of the
 * table may be called from here; what that causes is told after this call has returned.
 */
export type TransactionUser = {
	/** A new request; neither ACK nor CANCEL. */
	request(server: ServerTransaction, now: Milliseconds): void;
	/** `server` is the CANCEL's own transaction; `invite` the one to cancel, if there is one (§9.2). */
	cancel(server: ServerTransaction, invite: ServerTransaction | undefined, now: Milliseconds): void;
	/** An ACK that no server transaction absorbed: for a 2xx, or a stray. */
	ack(request: Request, flow: Flow, now: Milliseconds): void;
	/** Every response that the machine passes up, 100 included. */
	response(client: ClientTransaction, response: Response, now: Milliseconds): void;
	/** No final response will come; after a final response, that its ACK could not be sent (§17.1.4). */
	failed(client: ClientTransaction, why: "timeout" | "transport", now: Milliseconds): void;
	/** Timer H: the final response was never acknowledged (§17.2.1). */
	unacknowledged(server: ServerTransaction, now: Milliseconds): void;
	/**
	 * A response could not be sent, nor to the address in its Via: `redirect` takes another flow
	 * (RFC 3263 §5). The transaction stays in its state (RFC 6026 §8.8).
	 */
	undelivered(server: ServerTransaction, now: Milliseconds): void;
	/** Terminated and removed. Not told of what was abandoned. */
	ended(transaction: ServerTransaction | ClientTransaction, now: Milliseconds): void;
};
