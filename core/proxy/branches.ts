/**
 * The branches of a request: RFC 3261 §16.6. Each is sent to the addresses of its target in turn,
 * is timed by Timer C (§16.8), and can be cancelled (§16.10). What comes back is proxy.ts's affair.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { TimerWheel } from "../base/timer-wheel.ts";
import { forceUri, readUri } from "../leg/force-scheme.ts";
import { schemeOf } from "../leg/scheme-token.ts";
import { guardsKeys, hasKeys } from "../leg/sdes.ts";
import type { Response } from "../message/message.ts";
import type { ClientTransaction } from "../transaction/client-transaction.ts";
import type { TransactionTable } from "../transaction/transaction-table.ts";
import { identityEdits } from "./asserted-identity.ts";
import { responseEdits, shape } from "./branch-script.ts";
import type { Candidates } from "./candidates.ts";
import type { Environment } from "./environment.ts";
import type { ForkOwner } from "./fork.ts";
import { forwardRequest, nextHopUri } from "./forward-request.ts";
import { forwardResponse } from "./forward-response.ts";
import { bodyEdit } from "./header-edits.ts";
import { LargeRequests } from "./large-requests.ts";
import type { LegLinter } from "./leg-linter.ts";
import { statefulBranch } from "./loop.ts";
import { type OutgoingLeg, outgoingLeg } from "./outgoing-leg.ts";
import { passage } from "./passage.ts";
import type { ProxyPort } from "./proxy-port.ts";
import { referToEdit } from "./refer-to.ts";
import {
	Branch,
	type BranchOwner,
	type Candidate,
	leavesOpen,
	type ResponseContext,
} from "./response-context.ts";
import type { RouteInformation } from "./route-information.ts";
import { brokenStatus, type Hop, reachable, type Target } from "./target-set.ts";
import { UnavailableHosts } from "./unavailable-hosts.ts";
import type { Located, Waiting } from "./waiting.ts";

/** §16.6 step 11: more than three minutes. */
const TIMER_C: Milliseconds = 185_000;

/** The proxy core, as far as branches need it. */
export type BranchesCore = {
	/** Replaced as a whole on reload: it is read when it is needed. */
	readonly environment: Environment;
	readonly transactions: TransactionTable;
	readonly linter: LegLinter;
	readonly candidates: Candidates;
	/** A branch may have been the last to end. */
	finishWhenDone(context: ResponseContext, now: Milliseconds): void;
	/** A client transaction ended without a final response. */
	failed(client: ClientTransaction, why: "timeout" | "transport", now: Milliseconds): void;
};

/** What came of a branch that reached nobody. */
export type Unreachable = {
	readonly status: number;
	/** For the log. */
	readonly reason: string;
	readonly response?: Response;
	readonly late?: boolean;
};

export class Branches implements BranchOwner, ForkOwner {
	/** Servers that asked to be left alone for a while. */
	readonly unavailable = new UnavailableHosts();
	readonly large = new LargeRequests();
	readonly #core: BranchesCore;
	readonly #port: ProxyPort;
	readonly #wheel: TimerWheel;

	constructor(core: BranchesCore, port: ProxyPort, wheel: TimerWheel) {
		this.#core = core;
		this.#port = port;
		this.#wheel = wheel;
	}

	/** Makes a branch and sends the request on it, or has its address looked up first; false where the target is passed over. */
	call(
		context: ResponseContext,
		target: Target,
		breadth: number | undefined,
		now: Milliseconds,
	): boolean {
		const { candidates } = this.#core;
		if (!candidates.admits(target, context, now)) return false;
		const branch = new Branch(context, target, this);
		branch.breadth = breadth;
		context.branches = [...context.branches, branch];
		if (!shape(branch, this.#port, this.#core.environment, now)) {
			this.end(branch);
			context.collect(480, undefined, branch);
			return true;
		}
		branch.call = candidates.called(target, context, now);
		this.#tellCrossing(branch, now);
		const located = context.route && this.hops(branch, context.route, branch.target, now);
		if (located !== undefined) this.#begin(branch, located, now);
		return true;
	}

	#tellCrossing({ context, target }: Branch, now: Milliseconds): void {
		const { callerScheme } = context;
		if (callerScheme !== undefined && callerScheme !== target.scheme && !target.oneScheme)
			this.#port.crossing(context, target, now);
	}

	failover(): void {
		this.#core.candidates.failover();
	}

	/**
	 * Nobody can be reached there: the branch ends. Another address of its device is called where it
	 * has one, unless it is the fork that goes on; without, that is what came of it. `late`: by now the
	 * sender has given up.
	 */
	unreachable(
		branch: Branch,
		{ status, reason, response, late }: Unreachable,
		now: Milliseconds,
	): void {
		const { context, target } = branch;
		const { next } = target;
		this.end(branch);
		this.#core.candidates.lost(target, reason, now);
		const over = late === true || context.answered || context.closed || branch.unanswered;
		const failover = context.fork?.options.forking.order === "failover";
		const flow = next?.instance !== undefined;
		// An instance that has answered is not asked again (RFC 5626 §7).
		const stays = flow ? response !== undefined && !leavesOpen(status) : failover;
		if (next === undefined || over || stays) {
			if (late && failover) context.fork?.stop();
			const gone = context.cancelled && response === undefined;
			context.collect(gone ? 487 : status, response, branch);
			return;
		}
		this.failover();
		this.call(context, next, branch.breadth, now);
	}

	/** The addresses of a branch's next hop are known; none: nobody can be reached there. */
	located(branch: Branch, located: Located, now: Milliseconds): void {
		if (branch.state !== "waiting") return;
		this.#begin(branch, located, now);
		this.#core.finishWhenDone(branch.context, now);
	}

	/** The next hops (§16.6 step 7): a flow, or what the top Route or the Request-URI resolves to. */
	hops(
		waiting: Waiting,
		route: RouteInformation,
		target: Target,
		now: Milliseconds,
	): Located | undefined {
		const { flow, alongFlow } = target;
		if (flow !== undefined && this.#port.alive(flow)) return [flow];
		if (alongFlow) return [];
		const scheme = target.overTls ? "sips" : target.scheme;
		const next = nextHopUri(route, target);
		const said = schemeOf(next);
		// A sips leg is resolved as sips whatever the Route says, a sips Route whatever the leg is
		// (RFC 5630 §5.1.1). A URI that is sips has to mean it.
		const meant = said === scheme || (said === "sips" && next !== target.uri);
		const uri = readUri(meant ? next : forceUri(next, scheme, "contact").uri);
		return uri === undefined ? [] : this.#port.locate(waiting, uri, now);
	}

	/** Another address, as long as nothing but a 503 was heard (RFC 3263 §4.3); false when none is left. */
	tryNext(branch: Branch, now: Milliseconds): boolean {
		const { context } = branch;
		if (context.answered || context.closed || branch.unanswered) return false;
		if (branch.nextHop >= branch.hops.length) return false;
		this.#disarm(branch);
		branch.state = "waiting";
		this.#forward(branch, now);
		return true;
	}

	/** A response as it goes on to the caller. `others`: what the other branches of the context brought. */
	forwarded(
		response: Response,
		branch: Branch,
		others: readonly Candidate[],
		now: Milliseconds,
	): string {
		const { directory } = this.#core.environment;
		const edits = responseEdits(branch, response, this.#port, now);
		const text = forwardResponse(response, branch, others, directory, edits);
		this.#core.linter.response(text, branch);
		return text;
	}

	end(branch: Branch): void {
		branch.state = "ended";
		branch.call?.settle();
		branch.call = undefined;
		// After a final response nothing more is told of a transaction that is no INVITE.
		if (branch.client !== undefined && branch.client.method !== "INVITE")
			branch.client.user = undefined;
		this.#disarm(branch);
		branch.context.settle();
	}

	/** What a large request found out about TCP; where there is none, UDP is what is tried next (§18.1.1). */
	triedTcp(branch: Branch, taken: boolean, now: Milliseconds): void {
		if (branch.oversized === undefined) return;
		this.large.learn(branch.oversized, taken, now);
		branch.oversized = undefined;
		if (!taken) branch.nextHop -= 1;
	}

	/** §16.7 step 2: it begins anew with every 101 to 199. */
	ring(branch: Branch, now: Milliseconds): void {
		if (branch.timerC === undefined) return;
		this.#wheel.disarm(branch.timerC);
		branch.timerC = this.#wheel.arm(branch, "C", now + TIMER_C);
	}

	/** A branch that rings for too long is given up; one that has said nothing counts as a 408 (§16.8). */
	timerC(branch: Branch, now: Milliseconds): void {
		const { client } = branch;
		if (client === undefined || branch.state === "ended") return;
		if (branch.state === "proceeding") {
			this.#core.transactions.cancel(client, undefined, now);
			return;
		}
		this.#core.transactions.abandon(client);
		this.#core.failed(client, "timeout", now);
	}

	/** The time of those that were called together is up (`Forking.timeout`). */
	unanswered(context: ResponseContext, now: Milliseconds): void {
		for (const branch of context.branches) branch.unanswered = branch.state !== "ended";
		this.cancel(context, undefined, now);
		this.#core.finishWhenDone(context, now);
	}

	/** §16.7 step 10, §9.1. A branch that waits for its address is simply not started. */
	cancel(context: ResponseContext, reason: string | undefined, now: Milliseconds): void {
		for (const branch of context.branches) {
			if (branch.state === "ended") continue;
			if (branch.client === undefined || branch.state === "waiting") this.end(branch);
			else if (branch.client.method === "INVITE")
				this.#core.transactions.cancel(branch.client, reason, now);
		}
	}

	#begin(branch: Branch, located: Located, now: Milliseconds): void {
		if (typeof located === "number") branch.unresolved = located;
		else branch.hops = reachable(located, branch.target);
		this.#forward(branch, now);
	}

	/** Sends a branch to its next address; when none is left it counts as a 503 (§16.9). */
	#forward(branch: Branch, now: Milliseconds): void {
		const { context, target } = branch;
		const { route } = context;
		const hop = this.#nextHop(branch, now);
		const { environment } = this.#core;
		const outgoing = hop && outgoingLeg(hop, target.scheme, target.policy, environment);
		const told = target.oneScheme ? target.scheme : context.callerScheme;
		const way =
			outgoing && route && passage(route, context.server.flow, outgoing, environment, told);
		if (hop === undefined || outgoing === undefined || way === undefined || route === undefined) {
			this.#giveUp(branch, hop, now);
			return;
		}
		const { request } = route;
		if (guardsKeys(way.legs) && hasKeys(request, bodyEdit(branch.edits))) {
			this.#refuse(branch, 488);
			return;
		}
		const { consumed, server } = context;
		const { directory } = environment;
		const edits = identityEdits(request.head, server.flow, outgoing.flow, directory, branch.edits);
		// What is changed for this branch alone decides nothing of where it goes: it tells of no spiral.
		const id = statefulBranch(request, { uri: target.uri, edits: context.edits }, environment);
		const { breadth } = branch;
		const refers = request.method === "REFER";
		const referTo = refers ? referToEdit(request, way.legs, environment, now) : undefined;
		const parts = {
			route,
			target,
			outgoing,
			passage: way,
			edits,
			referTo,
			consumed,
			breadth,
			branch: id,
		};
		const plain = forwardRequest(parts);
		const tcp = this.#overTcp(plain, outgoing, hop, now);
		// Our Record-Route stays as it is for UDP: the size is this one request's (RFC 5658 §5).
		const text = tcp === undefined ? plain : forwardRequest({ ...parts, outgoing: tcp });
		const { flow } = tcp ?? outgoing;
		this.#core.linter.request(text, flow, way, parts);
		branch.state = "calling";
		branch.passage = way;
		branch.oversized = tcp && hop;
		const transactions = this.#core.transactions;
		branch.client = transactions.request(text, request.method, id, flow, branch, now);
		if (request.method === "INVITE") branch.timerC = this.#wheel.arm(branch, "C", now + TIMER_C);
	}

	#overTcp(
		{ length }: string,
		outgoing: OutgoingLeg,
		hop: Hop,
		now: Milliseconds,
	): OutgoingLeg | undefined {
		const { environment } = this.#core;
		if (length <= environment.udpRequestMax || outgoing.flow.transport !== "udp") return undefined;
		const tcp = this.large.leg(length, outgoing, hop, environment, now);
		const { host, port } = hop;
		this.#port.note("request.large", { octets: length, host, port, by: tcp ? "tcp" : "udp" });
		return tcp;
	}

	/** Past the servers that want nothing new now (§21.5.4). */
	#nextHop(branch: Branch, now: Milliseconds): Hop | undefined {
		const anew = branch.context.route?.dialog === undefined;
		for (;;) {
			const hop = branch.hops[branch.nextHop];
			branch.nextHop += 1;
			if (hop === undefined || !anew || !this.unavailable.avoids(hop, now)) return hop;
		}
	}

	/** SDES keys would go in clear what is to be kept from that (secure signaling §3.6). */
	#refuse(branch: Branch, status: number): void {
		const { context } = branch;
		this.end(branch);
		context.collect(context.cancelled ? 487 : status, undefined, branch);
		this.#port.note("sdes.refused", { callId: context.request.head.callId });
	}

	/** No address is left; the flow of a dialog that nothing replaces has failed (RFC 5626 §5.3.1). */
	#giveUp(branch: Branch, hop: Hop | undefined, now: Milliseconds): void {
		const status = branch.target.host === undefined ? brokenStatus(branch.target) : 430;
		this.unreachable(branch, { status, reason: "no address" }, now);
		if (hop !== undefined) this.#port.note("branch.no-listener", { transport: hop.transport });
	}

	#disarm(branch: Branch): void {
		if (branch.timerC === undefined) return;
		this.#wheel.disarm(branch.timerC);
		branch.timerC = undefined;
	}
}
