/**
 * The proxy core: RFC 3261 §16, the transaction user of every transaction.
 *
 * Requests: validate (§16.3), route information (§16.4), then the dialog decides or the script
 * does; targets (§16.5), forwarding (§16.6). Responses: the response context (§16.7 to §16.9).
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { TimerWheel } from "../base/timer-wheel.ts";
import { schemeOf } from "../leg/scheme-token.ts";
import type { Request, Response } from "../message/message.ts";
import { buildResponse } from "../message/response.ts";
import type { ClientTransaction } from "../transaction/client-transaction.ts";
import type { Send } from "../transaction/send.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { TransactionTable } from "../transaction/transaction-table.ts";
import type { TransactionUser } from "../transaction/transaction-user.ts";
import { bestResponse, shownStatus } from "./best-response.ts";
import { Branches } from "./branches.ts";
import type { Decision } from "./decision.ts";
import { dialogTarget } from "./dialog-target.ts";
import { knows } from "./directory.ts";
import type { Environment } from "./environment.ts";
import { type AckRoute, ackRoute, forwardAck } from "./forward-ack.ts";
import { forwardResponse } from "./forward-response.ts";
import type { ProxyPort } from "./proxy-port.ts";
import { ANSWERED_ELSEWHERE, reasonOf, refusedBy } from "./reason.ts";
import { redirection } from "./redirection.ts";
import { type Rejection, writable } from "./rejection.ts";
import { reply } from "./reply.ts";
import { Branch, ResponseContext } from "./response-context.ts";
import { routeInformation } from "./route-information.ts";
import { type Hop, reachable, type Target, targetSet } from "./target-set.ts";
import { validate } from "./validate.ts";

export type ProxyCoreOptions = {
	readonly port: ProxyPort;
	readonly environment: Environment;
	readonly wheel: TimerWheel;
	readonly send: Send;
	/** Transactions at most; a request beyond is answered 503 without state. */
	readonly transactionsMax: number;
};

export class ProxyCore implements TransactionUser {
	readonly transactions: TransactionTable;
	/** Replaced as a whole when the configuration is reloaded. */
	environment: Environment;
	readonly #port: ProxyPort;
	readonly #branches: Branches;
	readonly #alive: (flow: Flow) => boolean;

	constructor(options: ProxyCoreOptions) {
		this.#port = options.port;
		this.#alive = (flow) => options.port.alive(flow);
		this.environment = options.environment;
		this.transactions = new TransactionTable({
			user: this,
			send: options.send,
			wheel: options.wheel,
			random: options.environment.random,
			limit: options.transactionsMax,
			knows: (flow) => knows(this.environment.directory, flow),
			own: (via) => this.environment.own.ownsSentBy(via.host, via.port, via.transport === "TLS"),
		});
		this.#branches = new Branches(this, options.port, options.wheel);
	}

	/** A new request, neither ACK nor CANCEL. */
	request(server: ServerTransaction, now: Milliseconds): void {
		const context = new ResponseContext(server);
		server.user = context;
		const rejection = validate(server.request, this.environment);
		if (rejection !== undefined) {
			this.#reject(context, rejection, now);
			return;
		}

		const route = routeInformation(server.request, this.environment);
		if ("status" in route) {
			this.#reject(context, route, now);
			return;
		}
		context.route = route;
		if (route.dialog !== undefined) {
			const target = dialogTarget(route, route.dialog, this.environment, this.#alive, now);
			if (schemeOf(target.uri) === undefined) this.#reject(context, { status: 416 }, now);
			else this.#start(context, [target], now);
			return;
		}

		const decision = this.#port.ask(context, now);
		if (decision !== undefined) this.decide(context, decision, now);
	}

	/** The script has decided. */
	decide(context: ResponseContext, decision: Decision, now: Milliseconds): void {
		if (context.answered) return;
		switch (decision.kind) {
			case "relay":
				return this.#relay(context, decision, now);
			case "reply":
				return this.#reject(context, reply(decision), now);
			case "redirect":
				return this.#reject(context, redirection(decision), now);
			case "save":
				if (this.transactions.merged(context.server)) {
					this.#reject(context, { status: 482 }, now); // §8.2.2.2: it came by two ways.
					return;
				}
				return this.#reject(context, this.#port.register(context, decision.contacts, now), now);
			case "challenge":
				return this.#reject(context, this.#port.challenge(context, now), now);
			case "drop":
				return this.#drop(context, now);
		}
	}

	/** The addresses of a branch's next hop are known; none: nobody can be reached there. */
	located(branch: Branch, hops: readonly Hop[], now: Milliseconds): void {
		if (branch.state !== "waiting") return;
		branch.hops = reachable(hops, branch.target);
		this.#branches.forward(branch, now);
		this.#finishWhenDone(branch.context, now);
	}

	/** An ACK that no server transaction took: for a 2xx, it is routed like any request (§16.11). */
	ack(request: Request, flow: Flow, now: Milliseconds): void {
		const ack = ackRoute(request, flow, this.environment, this.#alive, now);
		if (ack === undefined) {
			this.#port.note("ack.dropped", { callId: request.head.callId, source: flow.host });
			return;
		}
		const waiting = { located: (hops: readonly Hop[]) => this.#sendAck(ack, hops) };
		const hops = this.#branches.hops(waiting, ack.route, ack.target);
		if (hops !== undefined) this.#sendAck(ack, hops);
	}

	/** §16.10. */
	cancel(
		server: ServerTransaction,
		invite: ServerTransaction | undefined,
		now: Milliseconds,
	): void {
		const context = invite?.user;
		if (!(context instanceof ResponseContext)) {
			this.#answer(server, { status: 481 }, now);
			return;
		}
		this.#answer(server, { status: 200 }, now, context);
		if (context.answered || context.cancelled) return;
		context.cancelled = true;
		this.#branches.cancel(context, reasonOf(server.request), now);
		if (!context.pending) this.#reject(context, { status: 487 }, now);
	}

	/** §16.7. */
	response(client: ClientTransaction, response: Response, now: Milliseconds): void {
		const branch = client.user;
		if (!(branch instanceof Branch)) return;
		const { context } = branch;
		if (response.status < 200) {
			this.#provisional(branch, response, now);
			return;
		}
		if (response.status === 503 && this.#branches.tryNext(branch, now)) return;

		this.#branches.end(branch);
		if (response.status < 300) {
			if (client.method !== "INVITE" && context.answered) return;
			this.#pass(branch, response, now);
			this.#branches.cancel(context, ANSWERED_ELSEWHERE, now);
			return;
		}
		context.collect(response.status, response, branch);
		if (response.status >= 600) this.#branches.cancel(context, refusedBy(response.status), now);
		this.#finishWhenDone(context, now);
	}

	/** A timeout is a 408, a transport failure is a 503 from that address (§16.7, §16.9). */
	failed(client: ClientTransaction, why: "timeout" | "transport", now: Milliseconds): void {
		const branch = client.user;
		if (!(branch instanceof Branch) || branch.client !== client || branch.state === "ended") return;
		const { context } = branch;
		// By the end of Timer F the sender of a non-INVITE has given up too.
		const late = why === "timeout" && client.method !== "INVITE";
		if (branch.state !== "calling" || late || !this.#branches.tryNext(branch, now)) {
			this.#branches.end(branch);
			const status = why === "transport" ? 503 : 408;
			context.collect(context.cancelled ? 487 : status, undefined, branch);
		}
		this.#finishWhenDone(context, now);
	}

	/** Timer H: nobody acknowledged our final response. There is nobody left to tell. */
	unacknowledged(server: ServerTransaction, _now: Milliseconds): void {
		this.#port.note("invite.unacknowledged", { callId: server.request.head.callId });
	}

	/** §16.9: a response that cannot be delivered is dropped; the branches go on. */
	undelivered(server: ServerTransaction, _now: Milliseconds): void {
		this.#port.note("response.undelivered", { callId: server.request.head.callId });
	}

	ended(transaction: ServerTransaction | ClientTransaction, _now: Milliseconds): void {
		const { user } = transaction;
		if (user instanceof ResponseContext) this.#port.ended(user);
	}

	#relay(
		context: ResponseContext,
		decision: Extract<Decision, { kind: "relay" }>,
		now: Milliseconds,
	): void {
		const targets = targetSet(decision, context.request, this.environment.directory, now);
		if ("status" in targets) {
			this.#reject(context, targets, now);
			return;
		}
		context.edits = decision.edits;
		this.#start(context, targets, now);
	}

	#start(context: ResponseContext, targets: readonly Target[], now: Milliseconds): void {
		for (const target of targets) context.branches.push(new Branch(context, target, this));
		for (const branch of context.branches) {
			const hops = context.route && this.#branches.hops(branch, context.route, branch.target);
			if (hops === undefined) continue;
			branch.hops = hops;
			this.#branches.forward(branch, now);
		}
		this.#finishWhenDone(context, now);
	}

	#sendAck(ack: AckRoute, hops: readonly Hop[]): void {
		const [hop] = reachable(hops, ack.target);
		const forwarded = hop && forwardAck(ack, hop, this.environment);
		if (forwarded !== undefined) this.transactions.send(forwarded.text, forwarded.flow);
	}

	/** §16.7 steps 2 and 5: 100 is ours to send, any other provisional response goes on at once. */
	#provisional(branch: Branch, response: Response, now: Milliseconds): void {
		if (branch.state === "ended") return;
		branch.state = "proceeding";
		if (response.status === 100) return;
		this.#branches.ring(branch, now);
		// RFC 4320 §4.1: nothing but 100 answers a non-INVITE provisionally.
		const { context } = branch;
		if (context.answered || context.request.method !== "INVITE") return;
		const text = forwardResponse(response, branch, []);
		this.transactions.respond(context.server, text, response.status, now);
	}

	/** A final response that goes to the caller. */
	#pass(branch: Branch, response: Response, now: Milliseconds): void {
		const { context } = branch;
		const text = forwardResponse(response, branch, context.candidates);
		context.answered = true;
		context.settle();
		this.transactions.respond(context.server, text, response.status, now);
	}

	/** Timer C: a branch that rings for too long is given up (§16.8). */
	timerC(branch: Branch, now: Milliseconds): void {
		if (branch.client !== undefined && branch.state !== "ended")
			this.transactions.cancel(branch.client, undefined, now);
	}

	/** §16.7 step 6: when every branch has ended without success, the best of their responses. */
	#finishWhenDone(context: ResponseContext, now: Milliseconds): void {
		if (context.answered || context.pending) return;
		const best = bestResponse(context.candidates);
		const status = best?.status ?? (context.cancelled ? 487 : 480);
		const shown = shownStatus(status);
		// RFC 4320 §4.2: a non-INVITE gets no 408, neither ours nor one from downstream.
		if (status === 408 && context.request.method !== "INVITE") this.#drop(context, now);
		else if (best?.response === undefined || shown !== status)
			this.#reject(context, { status: shown }, now);
		else this.#pass(best.branch, best.response, now);
	}

	#reject(context: ResponseContext, rejection: Rejection, now: Milliseconds): void {
		context.answered = true;
		this.#answer(context.server, rejection, now, context);
		context.settle();
	}

	/** A response of our own (§8.2.6). */
	#answer(
		server: ServerTransaction,
		rejection: Rejection,
		now: Milliseconds,
		context?: ResponseContext,
	): void {
		const make = () => this.environment.random.hex(TAG_DIGITS);
		const text = buildResponse(server.request, rejection.status, {
			...(rejection.reason === undefined ? {} : { reason: rejection.reason }),
			toTag: context?.toTag(make) ?? make(),
			headers: writable(rejection.headers ?? []),
		});
		if (text !== undefined) this.transactions.respond(server, text, rejection.status, now);
	}

	/** No answer at all: the server transaction goes with whatever would still come for it. */
	#drop(context: ResponseContext, now: Milliseconds): void {
		context.answered = true;
		this.transactions.drop(context.server, now);
	}
}

/** 64 bits: RFC 3261 §19.3 asks for at least 32. */
const TAG_DIGITS = 16;
