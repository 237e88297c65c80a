/**
 * The proxy core: RFC 3261 §16, the transaction user of every transaction.
 *
 * Requests: validate (§16.3), route information (§16.4), then the dialog decides or the script
 * does; targets (§16.5), forwarding (§16.6). Responses: the response context (§16.7 to §16.9).
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { TimerWheel } from "../base/timer-wheel.ts";
import { incomingMaxBreadth } from "../message/max-breadth.ts";
import type { Request, Response } from "../message/message.ts";
import type { ClientTransaction } from "../transaction/client-transaction.ts";
import type { Send } from "../transaction/send.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { TIMING } from "../transaction/timers.ts";
import { TransactionTable } from "../transaction/transaction-table.ts";
import type { TransactionUser } from "../transaction/transaction-user.ts";
import { Acks } from "./acks.ts";
import { targetsAlongFlow } from "./along-flow.ts";
import { Branches } from "./branches.ts";
import { Candidates } from "./candidates.ts";
import { DEFAULT_FORKING, type Decision, type Pass } from "./decision.ts";
import { knows } from "./directory.ts";
import { Endings } from "./endings.ts";
import type { Environment } from "./environment.ts";
import { Fork } from "./fork.ts";
import { InDialog } from "./in-dialog.ts";
import { KeptConnections } from "./kept-connections.ts";
import { LateBindings } from "./late-bindings.ts";
import { LegLinter } from "./leg-linter.ts";
import { earlierWays, isLoop } from "./loop.ts";
import { targetsToCall } from "./one-scheme.ts";
import { OwnAnswers } from "./own-answers.ts";
import type { ProxyPort } from "./proxy-port.ts";
import { ANSWERED_ELSEWHERE, reasonOf, refusedBy } from "./reason.ts";
import { followRedirection } from "./recursion.ts";
import { redirection } from "./redirection.ts";
import { refuseWithoutPath } from "./register-path.ts";
import type { Rejection } from "./rejection.ts";
import { reply } from "./reply.ts";
import { Branch, leavesOpen, ResponseContext } from "./response-context.ts";
import { anotherWay } from "./response-fallback.ts";
import { type RouteInformation, routeInformation } from "./route-information.ts";
import { Ping } from "./service-check.ts";
import { brokenStatus, type Target } from "./target-set.ts";
import { validate } from "./validate.ts";

export type ProxyCoreOptions = {
	readonly port: ProxyPort;
	readonly environment: Environment;
	readonly wheel: TimerWheel;
	readonly send: Send;
	/** Transactions at most; a request beyond is answered 503 without state. */
	readonly transactionsMax: number;
	/** Octets of memory that they may take: likewise. */
	readonly transactionMemory: number;
	readonly now: Milliseconds;
};

type Saved = Extract<Decision, { kind: "save" }>["contacts"];

export class ProxyCore implements TransactionUser {
	readonly transactions: TransactionTable;
	readonly linter: LegLinter;
	readonly kept = new KeptConnections();
	readonly late = new LateBindings();
	/** Whom it may call. */
	readonly candidates: Candidates;
	/** Replaced as a whole when the configuration is reloaded. */
	environment: Environment;
	readonly #port: ProxyPort;
	readonly #wheel: TimerWheel;
	readonly #branches: Branches;
	readonly #acks: Acks;
	readonly #answers: OwnAnswers;
	readonly #endings: Endings;
	readonly #dialogs: InDialog;

	constructor(options: ProxyCoreOptions) {
		this.#port = options.port;
		this.#wheel = options.wheel;
		this.environment = options.environment;
		this.transactions = new TransactionTable({
			user: this,
			send: options.send,
			wheel: options.wheel,
			random: options.environment.random,
			limit: options.transactionsMax,
			memory: options.transactionMemory,
			timing: () => this.environment.timing ?? TIMING,
			knows: (flow) => knows(this.environment.directory, flow),
			own: (via) => this.environment.own.ownsSentBy(via.host, via.port, via.transport === "TLS"),
		});
		this.linter = new LegLinter(this, options.port);
		this.candidates = new Candidates(this, options.port, options.wheel);
		this.candidates.configure(options.environment, options.now);
		this.#branches = new Branches(this, options.port, options.wheel);
		this.#acks = new Acks(this, options.port, this.#branches);
		this.#answers = new OwnAnswers(this, options.port);
		this.#endings = new Endings(this, options.port, this.#branches, this.#answers, this.late);
		this.#dialogs = new InDialog(this, options.port, this.#answers);
	}

	/** Counts since the start. */
	get counters(): Readonly<Record<string, number>> {
		const { large } = this.#branches;
		return { ...large.counters, ...this.linter.counters, ...this.candidates.counters };
	}

	/** The configuration was reloaded. */
	configure(environment: Environment, now: Milliseconds): void {
		this.environment = environment;
		this.candidates.configure(environment, now);
	}

	/** A new request, neither ACK nor CANCEL. */
	request(server: ServerTransaction, now: Milliseconds): void {
		const context = new ResponseContext(server);
		server.user = context;
		const rejection = validate(server.request);
		if (rejection !== undefined) {
			this.#answers.reject(context, rejection, now);
			return;
		}

		const route = routeInformation(server.request, server.flow, this.environment);
		if ("status" in route) {
			if (route.status === 481) this.#port.contactLost(server.request, server.flow, now);
			this.#answers.reject(context, route, now);
			return;
		}
		context.route = route;
		if (route.dialog !== undefined) {
			context.vouched = true;
			context.consumed = this.#port.ownCredentials(route.request, server.flow);
			this.#dialogs.request(context, route, route.dialog, now);
			return;
		}
		if (route.flow !== undefined) {
			this.#alongFlow(context, route, now);
			return;
		}

		const decision = this.#port.ask(context, now);
		if (decision !== undefined) this.decide(context, decision, now);
	}

	/** RFC 5626 §5.3.1: whoever sent it has chosen its target, so no script is asked. */
	#alongFlow(context: ResponseContext, route: RouteInformation, now: Milliseconds): void {
		const targets = targetsAlongFlow(context, route, this.environment, this.#port, now);
		if ("status" in targets) this.#answers.reject(context, targets, now);
		else this.call(context, targets, now);
	}

	/** The script lets a request of a dialog go on, or answers it. */
	decideInDialog(context: ResponseContext, answer: Decision | Pass, now: Milliseconds): void {
		this.#dialogs.decided(context, answer, now);
	}

	/** The script has decided. */
	decide(context: ResponseContext, decision: Decision, now: Milliseconds): void {
		if (context.answered) return;
		switch (decision.kind) {
			case "relay":
				return this.#relay(context, decision, now);
			case "reply":
				return this.#answers.reject(context, reply(decision), now);
			case "redirect":
				return this.#answers.reject(context, redirection(decision), now);
			case "save":
				return this.#save(context, decision.contacts, now);
			case "challenge":
				return this.#answers.refuse(context, this.#port.challenge(context, decision, now));
			case "drop":
				return this.#answers.drop(context, now);
		}
	}

	/** An ACK that no server transaction took. */
	ack(request: Request, flow: Flow, now: Milliseconds): void {
		this.#acks.forward(request, flow, now);
	}

	/**
	 * Deviates from RFC 3261 §16.10: a CANCEL that matches nothing gets 481 and is not forwarded, since
	 * an answer to it would find no transaction and be dropped (RFC 6026). Test: RFC 3261 §9.2 PX-70.
	 */
	cancel(
		server: ServerTransaction,
		invite: ServerTransaction | undefined,
		now: Milliseconds,
	): void {
		const context = invite?.user instanceof ResponseContext ? invite.user : undefined;
		this.#answers.cancel(server, context, now);
		if (context === undefined || context.answered || context.cancelled) return;
		context.cancelled = true;
		this.#stop(context, reasonOf(server.request), now);
		this.finishWhenDone(context, now);
	}

	/** §16.7. */
	response(client: ClientTransaction, response: Response, now: Milliseconds): void {
		const branch = client.user;
		if (!(branch instanceof Branch)) {
			if (branch instanceof Ping) branch.response(client, response, now);
			return;
		}
		this.candidates.heard(branch.target, response.status, now);
		if (branch.oversized !== undefined) this.#branches.triedTcp(branch, true, now);
		if (response.status < 200) this.#provisional(branch, response, now);
		else this.#final(branch, client, response, now);
	}

	#final(branch: Branch, client: ClientTransaction, response: Response, now: Milliseconds): void {
		const { context } = branch;
		if (response.status === 503 && this.#another(branch, response, now)) {
			this.finishWhenDone(context, now);
			return;
		}
		if (response.status < 300) branch.call?.answered(response.head);
		this.#branches.end(branch);
		if (response.status < 300) {
			if (client.method !== "INVITE" && context.answered) return;
			this.#endings.pass(branch, response, now);
			this.#stop(context, ANSWERED_ELSEWHERE, now);
			return;
		}
		if (context.answered) return;
		this.#failure(branch, response, now);
		this.finishWhenDone(context, now);
	}

	/** A timeout is a 408, a transport failure is a 503 from that address (§16.7, §16.9). */
	failed(client: ClientTransaction, why: "timeout" | "transport", now: Milliseconds): void {
		const branch = client.user;
		if (branch instanceof Ping) branch.failed(client, why, now);
		if (!(branch instanceof Branch) || branch.client !== client || branch.state === "ended") return;
		const { context } = branch;
		// By the end of Timer F the sender of a non-INVITE has given up too.
		const late = why === "timeout" && client.method !== "INVITE";
		if (why === "transport") this.#branches.triedTcp(branch, false, now);
		const status = why === "transport" ? brokenStatus(branch.target) : 408;
		if (branch.state !== "calling") {
			this.#branches.end(branch);
			context.found();
			context.collect(context.cancelled ? 487 : status, undefined, branch);
		} else if (late || !this.#branches.tryNext(branch, now))
			this.#branches.unreachable(branch, { status, reason: why, late }, now);
		this.finishWhenDone(context, now);
	}

	/** Timer H: nobody acknowledged our final response. There is nobody left to tell. */
	unacknowledged(server: ServerTransaction, _now: Milliseconds): void {
		this.#port.note("invite.unacknowledged", { callId: server.request.head.callId });
	}

	/** RFC 3263 §5: another way, or else the response is dropped; the branches go on (RFC 3261 §16.9). */
	undelivered(server: ServerTransaction, now: Milliseconds): void {
		anotherWay(server, this, this.#port, now);
	}

	ended(transaction: ServerTransaction | ClientTransaction, _now: Milliseconds): void {
		const { user } = transaction;
		if (!(user instanceof ResponseContext)) return;
		this.late.forget(user);
		this.#port.ended(user);
	}

	#relay(
		context: ResponseContext,
		decision: Extract<Decision, { kind: "relay" }>,
		now: Milliseconds,
	): void {
		context.edit(decision.edits);
		const targets = this.#targets(decision, context, now);
		if ("status" in targets) {
			this.#endings.nobody(context, targets, now);
			return;
		}
		context.call ??= this.candidates.counted(context.caller, context.request, now);
		if (targets.length === 1 && decision.fork === undefined) {
			this.call(context, targets, now);
			return;
		}
		const { fork: forking = DEFAULT_FORKING, callee } = decision;
		const breadth = incomingMaxBreadth(context.request.head);
		// RFC 5393 §5.3.3: it would fit serially, but that is not what the script wants.
		if (forking.order === "parallel" && targets.length > breadth) {
			this.#endings.nobody(context, { status: 440 }, now);
			return;
		}
		const options = { forking, breadth, callee, wheel: this.#wheel, owner: this.#branches };
		context.fork = new Fork(context, targets, options);
		if (forking.late === true) this.late.watch(context, targets, this.environment);
		this.call(context, targets, now);
	}

	#targets(
		decision: Extract<Decision, { kind: "relay" }>,
		context: ResponseContext,
		now: Milliseconds,
	): readonly Target[] | Rejection {
		const refused = refuseWithoutPath(context.request, this.environment);
		if (refused !== undefined) return refused;
		const chosen = targetsToCall(decision, context, this.environment, now);
		const targets = "status" in chosen ? chosen : context.notYetCalled(chosen);
		if ("status" in targets || decision.fork?.order !== "failover") return targets;
		return this.candidates.turns.order(targets, this.environment.directory);
	}

	#save(context: ResponseContext, contacts: Saved, now: Milliseconds): void {
		const twice = this.transactions.merged(context.server); // §8.2.2.2: it came by two ways.
		const answer = twice ? { status: 482 } : this.#port.register(context, contacts, now);
		this.#answers.reject(context, answer, now);
		if (answer.status !== 200) return;
		this.candidates.registered(context.request, now);
		for (const calling of this.late.registered(context.request, this.environment, now))
			this.finishWhenDone(calling, now);
	}

	/** Another node has changed the bindings of a device. */
	bindingsChanged(device: string, now: Milliseconds): void {
		for (const calling of this.late.changed(device, this.environment, now))
			this.finishWhenDone(calling, now);
	}

	/** Calls these. Where it would loop, it goes nowhere (RFC 5393 §4.2.2). */
	call(context: ResponseContext, targets: readonly Target[], now: Milliseconds): void {
		const { request, edits } = context;
		const earlier = earlierWays(request, this.environment);
		if (targets.some(({ uri }) => isLoop(earlier, request, { uri, edits }))) {
			this.#answers.reject(context, { status: 482 }, now);
			return;
		}
		if (context.fork === undefined)
			for (const target of targets) this.#branches.call(context, target, undefined, now);
		this.finishWhenDone(context, now);
	}

	/** §16.7 steps 2 and 5: 100 is ours to send, any other provisional response goes on at once. */
	#provisional(branch: Branch, response: Response, now: Milliseconds): void {
		if (branch.state === "ended") return;
		branch.state = "proceeding";
		if (response.status === 100) return;
		this.#branches.ring(branch, now);
		branch.context.fork?.rang();
		// RFC 4320 §4.1: nothing but 100 answers a non-INVITE provisionally.
		const { context } = branch;
		if (context.answered || context.request.method !== "INVITE") return;
		const text = this.#branches.forwarded(response, branch, [], now);
		this.transactions.respond(context.server, text, response.status, now);
	}

	/** RFC 3263 §4.3: another address of the target, where there is one; this one may want a pause (RFC 3261 §21.5.4). */
	#another(branch: Branch, response: Response, now: Milliseconds): boolean {
		const { client } = branch;
		if (client !== undefined) this.#branches.unavailable.note(client.flow, response, now);
		return this.#branches.tryNext(branch, now);
	}

	/** A final response that is no success: §16.7 steps 4 and 5. */
	#failure(branch: Branch, response: Response, now: Milliseconds): void {
		const { context } = branch;
		const { status } = response;
		if (status === 487 && branch.unanswered) {
			context.collect(408, undefined, branch);
			return;
		}
		const otherFlow = leavesOpen(status) && branch.target.next?.instance !== undefined;
		if (status === 503 || status === 430 || otherFlow) {
			this.#branches.unreachable(branch, { status, reason: String(status), response }, now);
			return;
		}
		const rest = followRedirection(response, branch, this.environment, now);
		if (rest === response) context.found();
		if (rest !== undefined) context.collect(status, rest, branch);
		if (status < 600) return;
		context.refused = true;
		this.#stop(context, refusedBy(status), now);
	}

	/** Nobody else is called, and those that ring stop (§16.7 step 10, §16.10). */
	#stop(context: ResponseContext, reason: string | undefined, now: Milliseconds): void {
		context.fork?.stop();
		this.#branches.cancel(context, reason, now);
	}

	/** §16.7 step 6: when every branch has ended without success, the best of their responses. */
	finishWhenDone(context: ResponseContext, now: Milliseconds): void {
		this.#endings.whenDone(context, now);
	}

	/** The script was told that nobody has taken the request, and has answered. */
	decideFailure(context: ResponseContext, answer: Decision | Pass, now: Milliseconds): void {
		this.#endings.decided(context, answer, now);
	}
}
