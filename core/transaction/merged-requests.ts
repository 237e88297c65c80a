/**
 * Requests that reach us by several ways after a fork: RFC 3261 §8.2.2.2. Only the user can say
 * whether that matters: a proxy forwards each (§16.3), a registrar answers 482 to all but one.
 *
 * Kept for requests outside a dialog other than INVITE: those that we answer ourselves.
 */
import { flat } from "../base/own-text.ts";
import type { Request } from "../message/message.ts";
import type { ServerTransaction } from "./server-transaction.ts";

export class MergedRequests {
	readonly #first = new Map<string, ServerTransaction>();

	add(server: ServerTransaction): void {
		const key = mergeKey(server.request);
		if (key === undefined || this.#first.has(key)) return;
		server.mergeKey = key;
		this.#first.set(key, server);
	}

	remove(server: ServerTransaction): void {
		if (server.mergeKey !== undefined) this.#first.delete(server.mergeKey);
	}

	/** Whether another transaction came first with this From tag, Call-ID and CSeq. */
	isSecond(server: ServerTransaction): boolean {
		if (server.mergeKey !== undefined) return false;
		const key = mergeKey(server.request);
		return key !== undefined && this.#first.has(key);
	}
}

/** In one piece: put together of slices it would keep the whole message. */
function mergeKey({ method, head }: Request): string | undefined {
	if (method === "INVITE" || method === "CANCEL" || head.toTag !== undefined) return undefined;
	return flat(`${method} ${head.cseq.number} ${head.callId} ${head.fromTag ?? ""}`);
}
