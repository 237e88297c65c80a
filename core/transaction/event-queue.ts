/**
 * What the user is to be told, in order, when the machines have taken their steps (RFC 3261 §17).
 * The user may cause more inputs while it is told: what they add comes behind.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { Request, Response } from "../message/message.ts";
import type { ClientTransaction } from "./client-transaction.ts";
import type { ServerTransaction } from "./server-transaction.ts";
import type { TransactionUser } from "./transaction-user.ts";

export type UserEvent =
	| { readonly kind: "request"; readonly server: ServerTransaction }
	| {
			readonly kind: "cancel";
			readonly server: ServerTransaction;
			readonly invite: ServerTransaction | undefined;
	  }
	| { readonly kind: "ack"; readonly request: Request; readonly flow: Flow }
	| { readonly kind: "response"; readonly client: ClientTransaction; readonly response: Response }
	| {
			readonly kind: "failed";
			readonly client: ClientTransaction;
			readonly why: "timeout" | "transport";
	  }
	| { readonly kind: "unacknowledged" | "undelivered"; readonly server: ServerTransaction }
	| { readonly kind: "ended"; readonly transaction: ServerTransaction | ClientTransaction };

export class EventQueue {
	readonly #user: TransactionUser;
	readonly #events: (UserEvent | undefined)[] = [];
	#draining = false;

	constructor(user: TransactionUser) {
		this.#user = user;
	}

	push(event: UserEvent): void {
		this.#events.push(event);
	}

	/** False from within a call of the user: what it caused is told by the drain that is under way. */
	drain(now: Milliseconds): boolean {
		if (this.#draining) return false;
		this.#draining = true;
		try {
			for (const event of this.#events) if (event !== undefined) this.#tell(event, now);
		} finally {
			this.#events.length = 0;
			this.#draining = false;
		}
		return true;
	}

	/** What is still to be told of this transaction is not. */
	forget(transaction: ServerTransaction | ClientTransaction): void {
		for (const [index, event] of this.#events.entries())
			if (event !== undefined && concerns(event, transaction)) this.#events[index] = undefined;
	}

	#tell(event: UserEvent, now: Milliseconds): void {
		const user = this.#user;
		switch (event.kind) {
			case "request":
				user.request(event.server, now);
				break;
			case "cancel":
				user.cancel(event.server, event.invite, now);
				break;
			case "ack":
				user.ack(event.request, event.flow, now);
				break;
			case "response":
				user.response(event.client, event.response, now);
				break;
			case "failed":
				user.failed(event.client, event.why, now);
				break;
			case "unacknowledged":
				user.unacknowledged(event.server, now);
				break;
			case "undelivered":
				user.undelivered(event.server, now);
				break;
			case "ended":
				user.ended(event.transaction, now);
		}
	}
}

function concerns(event: UserEvent, transaction: ServerTransaction | ClientTransaction): boolean {
	return (
		("server" in event && event.server === transaction) ||
		("client" in event && event.client === transaction) ||
		("transaction" in event && event.transaction === transaction)
	);
}
