/**
 * All transactions: RFC 3261 §17 and §18.1.2, §18.2.1 as changed by RFC 6026. Finds the one that a
 * message, a timer or a failure belongs to, lets its machine take a step, then tells the user.
 *
 * Every public method is one input, taken to completion; the user may call any of them from within
 * what it is told.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { Random } from "../base/random.ts";
import type { TimerWheel } from "../base/timer-wheel.ts";
import type { Request, Response } from "../message/message.ts";
import { buildResponse } from "../message/response.ts";
import { topBranch } from "../message/top-branch.ts";
import type { Via } from "../message/via.ts";
import { buildCancel } from "./cancel.ts";
import { type ClientHost, ClientTransaction, type Outgoing } from "./client-transaction.ts";
import { newCounters } from "./counters.ts";
import { EventQueue } from "./event-queue.ts";
import { cancelKey, clientKey, hasCookie, secondKey, serverKey } from "./key.ts";
import { MergedRequests } from "./merged-requests.ts";
import { responseFlow } from "./response-flow.ts";
import type { Send } from "./send.ts";
import { type ServerHost, ServerTransaction } from "./server-transaction.ts";
import { Slots } from "./slots.ts";
import { statelessTag, TAG_DIGITS } from "./stateless-tag.ts";
import { TIMING, type Timing } from "./timers.ts";
import type { TransactionUser } from "./transaction-user.ts";

export type TransactionTableOptions = {
	readonly user: TransactionUser;
	readonly send: Send;
	readonly wheel: TimerWheel;
	readonly random: Random;
	/** Transactions at most: a new request beyond is answered 503 without state. */
	readonly limit: number;
	/** Octets of memory that they may take together: likewise. */
	readonly memory?: number;
	/** Whether the Via is one that we write: a response with another is not for us (§18.1.2). */
	own(via: Via): boolean;
	/** Whether the configuration knows who is there: a stranger's `maddr` is not followed. */
	knows?(flow: Flow): boolean;
	/** The base values of the timers on a flow; those of Table 4 unless given. */
	timing?(flow: Flow): Timing;
};

export class TransactionTable {
	readonly counters = newCounters();
	readonly #options: TransactionTableOptions;
	readonly #host: ClientHost & ServerHost;
	readonly #events: EventQueue;
	readonly #clients = new Map<string, ClientTransaction>();
	readonly #servers = new Map<string, ServerTransaction>();
	/** Keys in `#servers` that are a `secondKey`: hardly ever any. */
	readonly #second = new Set<string>();
	readonly #slots = new Slots<ClientTransaction | ServerTransaction>();
	readonly #merged = new MergedRequests();
	/** Finally answered in the input being taken: their parsed requests go when it is done. */
	readonly #answered: ServerTransaction[] = [];
	readonly #salt: string;
	/** The request being taken and its flow, for an ACK that is passed up. */
	#request: Request | undefined;
	#flow: Flow | undefined;

	constructor(options: TransactionTableOptions) {
		this.#options = options;
		this.#salt = options.random.hex(16);
		this.#events = new EventQueue(options.user);
		this.#host = this.#makeHost();
	}

	/** Transactions that are not terminated. */
	get size(): number {
		return this.#slots.size;
	}

	/** Where the transactions that are not over expect something from, or still have to answer. */
	*flows(): Generator<Flow> {
		for (const { flow } of this.#slots) yield flow;
	}

	/**
	 * Whether a response with this text may have a transaction. Most of those that have none are
	 * told by one line, and need not be parsed (RFC 6026 §7.3).
	 */
	awaits(text: string): boolean {
		const branch = topBranch(text);
		if (branch === undefined) return true;
		if (this.#clients.has(clientKey(branch, ""))) return true;
		return this.#clients.has(clientKey(branch, "CANCEL"));
	}

	/** A message arrived; the top Via of a request is already stamped. */
	receive(message: Request | Response, flow: Flow, now: Milliseconds): void {
		this.#host.now = now;
		if (message.kind === "response") this.#receiveResponse(message);
		else this.#receiveRequest(message, flow);
		this.#done(now);
	}

	/** Answers false when the transaction sends no such response any more; it is discarded (RFC 6026 §8.3). */
	respond(server: ServerTransaction, text: string, status: number, now: Milliseconds): boolean {
		this.#host.now = now;
		this.#host.outgoing = text;
		const taken = server.takeResponse(status);
		this.#host.outgoing = "";
		if (!taken) this.counters.unmatchedResponses += 1;
		else if (status >= 200) this.#answered.push(server);
		this.#settle(server);
		this.#done(now);
		return taken;
	}

	/** The To tag for `answerOnce`: the same for every repeat of the request, known again in its ACK (§8.2.7). */
	statelessTag(request: Request): string {
		return this.#tagFor(serverKey(request));
	}

	/**
	 * Answers a request and forgets it: a repeat is a new request, and gets an answer of its own
	 * (§26.3.2.4). No event of it comes any more.
	 */
	answerOnce(server: ServerTransaction, text: string): void {
		server.sendOnce(text);
		this.abandon(server);
	}

	/** Never answers this request: repeats are absorbed until they can no longer come. */
	drop(server: ServerTransaction, now: Milliseconds): void {
		this.#host.now = now;
		if (!server.take("drop")) return;
		this.#answered.push(server);
		this.#settle(server);
		this.#done(now);
	}

	/** Sends a request, our Via with this branch on top, in a new client transaction. Not for ACK. */
	request(
		text: string,
		method: string,
		branch: string,
		flow: Flow,
		user: unknown,
		now: Milliseconds,
	): ClientTransaction {
		this.#host.now = now;
		const client = this.#startClient({ text, method, branch, flow, user });
		this.#done(now);
		return client;
	}

	/**
	 * Cancels an INVITE (§9.1): at once, when a provisional response comes, or not at all when a
	 * final one has come. Without a final response 64*T1 later it ends as a timeout.
	 */
	cancel(client: ClientTransaction, reason: string | undefined, now: Milliseconds): void {
		this.#host.now = now;
		client.reason = reason;
		client.take("cancel");
		this.#done(now);
	}

	/** Sends what needs no transaction: an ACK for a 2xx, a stateless response. */
	send(text: string, flow: Flow): void {
		this.#options.send(text, flow, 0);
	}

	/** Forgets the transaction: no event of it comes any more. */
	abandon(transaction: ClientTransaction | ServerTransaction): void {
		transaction.halt();
		this.#events.forget(transaction);
		this.#remove(transaction);
	}

	/** A message of this transaction could not be sent. */
	transportFailed(owner: number, now: Milliseconds): void {
		this.#host.now = now;
		const transaction = this.#slots.get(owner);
		if (transaction === undefined) return;
		if (!transaction.take("transport-error")) this.counters.strays += 1;
		this.#settle(transaction);
		this.#done(now);
	}

	/** Sends the response, and all later ones, along another flow (RFC 3263 §5). */
	redirect(server: ServerTransaction, flow: Flow, now: Milliseconds): void {
		this.#host.now = now;
		server.redirect(flow);
	}

	/** Whether the request arrived before, by another way, and that transaction is not over (§8.2.2.2). */
	merged(server: ServerTransaction): boolean {
		return this.#merged.isSecond(server);
	}

	#receiveRequest(request: Request, flow: Flow): void {
		const key = serverKey(request);
		const found = this.#find(key, request);
		if (found !== undefined) {
			this.#request = request;
			this.#flow = flow;
			if (!found.take(request.method === "ACK" ? "ack" : "request")) this.counters.strays += 1;
			this.#settle(found);
		} else if (request.method === "ACK") this.#receiveAck(request, flow, key);
		else if (request.method === "CANCEL") this.#receiveCancel(request, flow, key);
		else if (!this.#refused(request, flow, key))
			this.#startServer(request, flow, this.#freeKey(key, request));
	}

	/** One for an answer that we keep nothing of ends here (§8.2.7); any other is for the user to route. */
	#receiveAck(request: Request, flow: Flow, key: string): void {
		const { toTag } = request.head;
		if (toTag?.length === TAG_DIGITS && toTag === this.#tagFor(key))
			this.counters.acksAbsorbed += 1;
		else this.#events.push({ kind: "ack", request, flow });
	}

	#tagFor(key: string): string {
		return statelessTag(this.#salt + key);
	}

	/** Own transaction whatever the limit: there is at most one per request to cancel. */
	#receiveCancel(request: Request, flow: Flow, key: string): void {
		const target = this.#servers.get(key);
		if (target === undefined && this.#refused(request, flow, key)) return;
		const server = this.#startServer(request, flow, cancelKey(key));
		if (target === undefined || target.method === "INVITE")
			this.#events.push({ kind: "cancel", server, invite: target });
		else this.#confirmCancel(server);
	}

	/** It matched, so 200; but no method other than INVITE can be cancelled (§9.2). */
	#confirmCancel(server: ServerTransaction): void {
		const toTag = this.#options.random.hex(10);
		const text = buildResponse(server.request, 200, { toTag });
		if (text !== undefined) this.respond(server, text, 200, this.#host.now);
	}

	#find(key: string, request: Request): ServerTransaction | undefined {
		if (request.method === "CANCEL") return this.#servers.get(cancelKey(key));
		const found = this.#servers.get(key);
		if (found?.matches(request)) return found;
		return this.#second.size === 0 ? undefined : this.#servers.get(secondKey(key, request));
	}

	/** A client that uses one branch for two methods gets a transaction for each. */
	#freeKey(key: string, request: Request): string {
		if (!this.#servers.has(key)) return key;
		const second = secondKey(key, request);
		this.#second.add(second);
		return second;
	}

	#startServer(request: Request, flow: Flow, key: string): ServerTransaction {
		const legacy = !hasCookie(request.head.via.params.get("branch"));
		const id = this.#slots.next();
		const server = new ServerTransaction(this.#host, id, key, request, flow, legacy);
		this.#slots.put(server);
		this.#servers.set(key, server);
		if (request.method !== "INVITE") this.#merged.add(server);
		server.start();
		return server;
	}

	#startClient(request: Outgoing): ClientTransaction {
		const client = new ClientTransaction(this.#host, this.#slots.next(), request);
		this.#slots.put(client);
		this.#clients.set(client.key, client);
		client.start();
		return client;
	}

	#receiveResponse(response: Response): void {
		const { via, cseq } = response.head;
		if (!this.#options.own(via)) {
			this.counters.foreignResponses += 1;
			return;
		}
		const client = this.#clients.get(clientKey(via.params.get("branch") ?? "", cseq.method));
		if (client === undefined || client.method !== cseq.method) {
			this.counters.unmatchedResponses += 1;
			return;
		}
		this.#host.response = response;
		if (!client.takeResponse(response.status)) this.counters.strays += 1;
		this.#host.response = undefined;
		this.#settle(client);
	}

	/**
	 * Answers what there is no room for: 503, with the same To tag for each repeat, as a stateless
	 * server has to (§8.2.7).
	 */
	#refused(request: Request, flow: Flow, key: string): boolean {
		const { limit, memory = Infinity } = this.#options;
		if (this.size < limit && this.#slots.weight < memory) return false;
		this.counters.refusedRequests += 1;
		const to = responseFlow(request, flow, this.#host.knows);
		const text = buildResponse(request, 503, {
			toTag: this.#tagFor(key),
			headers: [["Retry-After", String(RETRY_AFTER_SECONDS)]],
		});
		if (text !== undefined && to !== undefined) this.send(text, to);
		return true;
	}

	#settle(transaction: ClientTransaction | ServerTransaction): void {
		if (!transaction.terminated || !this.#remove(transaction)) return;
		if (!isCancel(transaction)) this.#events.push({ kind: "ended", transaction });
	}

	/** Tells the user; then, with nobody at work on them, keeps only texts of what is answered. */
	#done(now: Milliseconds): void {
		this.#request = undefined;
		this.#flow = undefined;
		if (!this.#events.drain(now)) return;
		for (const server of this.#answered) server.compact();
		this.#answered.length = 0;
	}

	#remove(transaction: ClientTransaction | ServerTransaction): boolean {
		if (!this.#slots.remove(transaction)) return false;
		if (transaction instanceof ClientTransaction) {
			this.#clients.delete(transaction.key);
		} else {
			this.#servers.delete(transaction.key);
			this.#second.delete(transaction.key);
			this.#merged.remove(transaction);
		}
		return true;
	}

	#sendCancel(client: ClientTransaction): void {
		const text = buildCancel(client.text, client.reason);
		if (text === undefined) return;
		const { branch, flow } = client;
		this.#startClient({ text, method: "CANCEL", branch, flow, user: undefined });
	}

	#expired(
		transaction: ClientTransaction | ServerTransaction,
		timer: string,
		now: Milliseconds,
	): void {
		this.#host.now = now;
		transaction.takeTimer(timer);
		this.#settle(transaction);
		this.#done(now);
	}

	#makeHost(): ClientHost & ServerHost {
		const { knows, wheel, send, timing } = this.#options;
		const events = this.#events;
		return {
			wheel,
			send,
			knows: knows ?? (() => false),
			timing: timing ?? (() => TIMING),
			now: 0,
			response: undefined,
			outgoing: "",
			passUp: (transaction) => this.#passUp(transaction),
			passAckUp: () => this.#passAckUp(),
			failed: (client, why) => {
				if (!isCancel(client)) events.push({ kind: "failed", client, why });
			},
			sendCancel: (client) => this.#sendCancel(client),
			unacknowledged: (server) => events.push({ kind: "unacknowledged", server }),
			undelivered: (server) => events.push({ kind: "undelivered", server }),
			expired: (transaction, timer, now) => this.#expired(transaction, timer, now),
		};
	}

	#passUp(transaction: ClientTransaction | ServerTransaction): void {
		// Of a CANCEL the user hears by `cancel` when we receive it, and not at all when we send it.
		if (transaction.method === "CANCEL") return;
		if (transaction instanceof ServerTransaction)
			this.#events.push({ kind: "request", server: transaction });
		else if (this.#host.response !== undefined)
			this.#events.push({ kind: "response", client: transaction, response: this.#host.response });
	}

	#passAckUp(): void {
		if (this.#request === undefined || this.#flow === undefined) return;
		this.#events.push({ kind: "ack", request: this.#request, flow: this.#flow });
	}
}

/** Our own CANCEL: the user knows only its INVITE. */
function isCancel(transaction: ClientTransaction | ServerTransaction): boolean {
	return transaction instanceof ClientTransaction && transaction.method === "CANCEL";
}

const RETRY_AFTER_SECONDS = 1;
