/**
 * What the proxy core asks of the world. The engine connects it.
 *
 * A port never calls back into the core. A question that can be answered at once is answered by
 * the return value; one that has to wait returns undefined, and the answer is a new input later:
 * `Proxy.decide`, `Proxy.decideFailure`, `Waiting.located`.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { Request, Response } from "../message/message.ts";
import type { Uri } from "../message/uri.ts";
import type { ChallengeDecision, Decision, Pass } from "./decision.ts";
import type { Failure } from "./failure.ts";
import type { Rejection } from "./rejection.ts";
import type { Branch, ResponseContext } from "./response-context.ts";
import type { BranchLeg } from "./scripted-branch.ts";
import type { ServiceStatus } from "./service-state.ts";
import type { Target } from "./target-set.ts";
import type { Located, Waiting } from "./waiting.ts";

/** What the script that routed a request may want to have a say in. */
export type RequestHook = "onFailure" | "onBranch" | "onResponse";

export type ProxyPort = {
	/** Where does this request go? Answered by the route script. */
	ask(context: ResponseContext, now: Milliseconds): Decision | undefined;
	/** A proxy has asked for the flow that this request goes along: no script routes it, and some may look on. */
	alongFlow(context: ResponseContext, now: Milliseconds): void;
	/** Whether the script that routed this request, or looks on, has something to say there. */
	hears(context: ResponseContext, hook: RequestHook): boolean;
	/** Nobody has taken the request. Who is called now? Undefined: `Proxy.decideFailure` is told later. */
	failed(
		context: ResponseContext,
		failure: Failure,
		now: Milliseconds,
	): Decision | Pass | undefined;
	/** What a new branch is to be like. */
	branching(branch: Branch, leg: BranchLeg, now: Milliseconds): Pass;
	/** A response goes to the caller: what is changed on it? */
	answering(branch: Branch, leg: BranchLeg, response: Response, now: Milliseconds): Pass;
	/** A request of a dialog may go on. Does it? Undefined: `Proxy.decideInDialog` is told later. */
	inDialog(context: ResponseContext, now: Milliseconds): Decision | Pass | undefined;
	/** Which addresses does this URI stand for (RFC 3263)? Undefined: `waiting` is told later. */
	locate(waiting: Waiting, uri: Uri, now: Milliseconds): Located | undefined;
	/** Whether a message can still be sent along this flow: an open connection, or UDP. */
	alive(flow: Flow): boolean;
	/** Binds the Contacts of a REGISTER and says what to answer (RFC 3261 §10.3). */
	register(
		context: ResponseContext,
		contacts: readonly string[] | undefined,
		now: Milliseconds,
	): Rejection;
	/** The challenge for a request without good credentials (RFC 3261 §22). */
	challenge(context: ResponseContext, decision: ChallengeDecision, now: Milliseconds): Rejection;
	/** The header lines with credentials that were meant for us: they go no further (RFC 3261 §22.3). */
	ownCredentials(request: Request, flow: Flow): readonly number[];
	/** A request of a dialog came in clear from its `sips` side: the answer, where that is refused. */
	inClear(request: Request, flow: Flow, now: Milliseconds): Rejection | undefined;
	/** A new request goes to a target whose scheme is not the caller's. */
	crossing(context: ResponseContext, target: Target, now: Milliseconds): void;
	/** An in-dialog request has come back without what its sender's view of the other Contact carried. */
	contactLost(request: Request, flow: Flow, now: Milliseconds): void;
	/** The final response of a new request goes out. */
	answered(context: ResponseContext, status: number): void;
	/** The context answers no more and expects nothing: what the engine kept for it can go. */
	ended(context: ResponseContext): void;
	/** A device went out of service, or came back. */
	serviceChanged(status: ServiceStatus): void;
	/** Something that an operator may want to see. */
	note(event: string, fields: object): void;
};
