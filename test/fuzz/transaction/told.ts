/** What the user of a transaction table is told about each transaction, and the rules for it: RFC 3261 §17, RFC 6026. */
import type { Response } from "../../../core/message/message.ts";
import { ClientTransaction } from "../../../core/transaction/client-transaction.ts";
import type { ServerTransaction } from "../../../core/transaction/server-transaction.ts";
import { demand } from "../target.ts";

type Transaction = ServerTransaction | ClientTransaction;

/** What is known of one; `final` counts final responses that the user was told of, or gave. */
type Account = { open: boolean; final: number; failed: number; ended: boolean; dropped: boolean };

export class Told {
	readonly #accounts = new Map<Transaction, Account>();
	/** Transactions whose end was told: nothing is sent for them any more. */
	readonly #over = new Set<number>();

	request(server: ServerTransaction): void {
		demand(!this.#accounts.has(server), "told: a request is told once");
		demand(
			server.method !== "ACK" && server.method !== "CANCEL",
			"told: neither ACK nor CANCEL is a request",
		);
		this.#open(server);
	}

	cancel(server: ServerTransaction, invite: ServerTransaction | undefined): void {
		demand(!this.#accounts.has(server), "told: a CANCEL is told once");
		demand(
			invite === undefined || invite.method === "INVITE",
			"told: what is cancelled is an INVITE",
		);
		this.#open(server);
	}

	begun(client: ClientTransaction): void {
		// What it causes may be told before the call that began it returns.
		if (!this.#accounts.has(client)) this.#open(client);
	}

	response(client: ClientTransaction, { status, head }: Response): void {
		const account = this.#open(client);
		demand(head.cseq.method === client.method, "told: a response to this method");
		demand(account.failed === 0, "told: no response behind a failure");
		if (status < 200)
			demand(account.final === 0, "told: nothing provisional behind a final response");
		else {
			demand(
				account.final === 0 || (client.method === "INVITE" && status < 300),
				"told: one final response, or several 2xx",
			);
			account.final += 1;
		}
	}

	failed(client: ClientTransaction): void {
		const account = this.#open(client);
		account.failed += 1;
		demand(account.failed === 1, "told: a failure is told once");
		demand(
			account.final === 0 || client.method === "INVITE",
			"told: no failure behind a final response",
		);
	}

	unacknowledged(server: ServerTransaction): void {
		this.alive(server);
		demand(server.method === "INVITE", "told: only an INVITE is acknowledged");
	}

	alive(transaction: Transaction): void {
		if (this.#isUnheard(transaction)) return;
		const account = this.#accounts.get(transaction);
		demand(account?.open === true && !account.ended, "told: nothing of what is over");
	}

	/** The user's own final answer was taken. */
	answered(server: ServerTransaction): void {
		this.#open(server).final += 1;
	}

	dropped(server: ServerTransaction): void {
		this.#open(server).dropped = true;
	}

	abandoned(transaction: Transaction): void {
		this.#open(transaction).open = false;
		this.#over.add(transaction.id);
	}

	ended(transaction: Transaction): void {
		if (this.#isUnheard(transaction)) return;
		this.alive(transaction);
		const account = this.#open(transaction);
		account.ended = true;
		this.#over.add(transaction.id);
		demand(transaction.terminated, "told: what has ended is terminated");
		demand(
			!(transaction instanceof ClientTransaction) || account.final + account.failed > 0,
			"told: a client transaction ends with a response or a failure",
		);
	}

	sent(text: string, owner: number): void {
		demand(!this.#over.has(owner), "sent: nothing for what is over", () => text);
	}

	/** Those that only the user can end. */
	openServers(): ServerTransaction[] {
		return this.#still().filter(
			(one) => !(one instanceof ClientTransaction),
		) as ServerTransaction[];
	}

	openClients(): ClientTransaction[] {
		return this.#still().filter(
			(one) => one instanceof ClientTransaction && one.method === "INVITE",
		) as ClientTransaction[];
	}

	finish(): void {
		for (const [transaction, { open, ended }] of this.#accounts) {
			demand(transaction.terminated, "end: every transaction is terminated");
			demand(
				ended || !open,
				"end: every end was told",
				() => `${transaction.method} ${transaction.state.name}`,
			);
		}
	}

	/** A CANCEL of what cannot be cancelled is answered without the user. */
	#isUnheard(transaction: Transaction): boolean {
		return transaction.method === "CANCEL" && !this.#accounts.has(transaction);
	}

	#still(): Transaction[] {
		return [...this.#accounts].filter(([, { open, ended }]) => open && !ended).map(([one]) => one);
	}

	#open(transaction: Transaction): Account {
		const known = this.#accounts.get(transaction);
		if (known !== undefined) return known;
		const account = { open: true, final: 0, failed: 0, ended: false, dropped: false };
		this.#accounts.set(transaction, account);
		return account;
	}
}
