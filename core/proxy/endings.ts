/**
 * How a request ends: with the best response of its branches (RFC 3261 §16.7 step 6), with what the
 * script makes of their failure (failure.ts), or with the response that is forwarded at once (step 5).
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Response } from "../message/message.ts";
import { bestResponse, shownStatus } from "./best-response.ts";
import type { Branches, BranchesCore } from "./branches.ts";
import type { Decision, Pass } from "./decision.ts";
import { nextFailure } from "./failure.ts";
import type { KeptConnections } from "./kept-connections.ts";
import type { LateBindings } from "./late-bindings.ts";
import type { OwnAnswers } from "./own-answers.ts";
import type { ProxyPort } from "./proxy-port.ts";
import type { Rejection } from "./rejection.ts";
import type { Branch, ResponseContext } from "./response-context.ts";

type EndingsCore = Pick<BranchesCore, "transactions"> & {
	/** The script has decided. */
	decide(context: ResponseContext, decision: Decision, now: Milliseconds): void;
	readonly kept: KeptConnections;
};

export class Endings {
	readonly #core: EndingsCore;
	readonly #port: ProxyPort;
	readonly #branches: Branches;
	readonly #answers: OwnAnswers;
	readonly #late: LateBindings;

	constructor(
		core: EndingsCore,
		port: ProxyPort,
		branches: Branches,
		answers: OwnAnswers,
		late: LateBindings,
	) {
		this.#core = core;
		this.#port = port;
		this.#branches = branches;
		this.#answers = answers;
		this.#late = late;
	}

	/** §16.7 step 6: when every branch has ended without success, the best of their responses. */
	whenDone(context: ResponseContext, now: Milliseconds): void {
		if (context.answered) return;
		if (context.failures?.waiting) {
			// Nobody is being called: whoever hangs up now has its answer at once (§9.2).
			if (context.cancelled) this.#answers.reject(context, { status: 487 }, now);
			return;
		}
		context.fork?.callNext(now);
		if (!context.pending) this.nobody(context, undefined, now);
	}

	/** Nobody has taken the request. `rejection`: what its sender is told where there was nobody to call. */
	nobody(context: ResponseContext, rejection: Rejection | undefined, now: Milliseconds): void {
		const asks = !context.cancelled && this.#port.hears(context, "onFailure");
		const failure = asks ? nextFailure(context, rejection) : undefined;
		if (failure === undefined) {
			this.#best(context, rejection, now);
			return;
		}
		context.fork?.stop();
		context.fork = undefined;
		this.#late.forget(context);
		const answer = this.#port.failed(context, failure, now);
		if (answer !== undefined) this.decided(context, answer, now);
	}

	/** What the script makes of it. */
	decided(context: ResponseContext, answer: Decision | Pass, now: Milliseconds): void {
		const { failures } = context;
		if (context.answered || failures === undefined) return;
		failures.waiting = false;
		if (answer.kind === "pass" || (answer.kind === "relay" && context.closed)) {
			this.#best(context, failures.rejection, now);
			return;
		}
		failures.earlier = context.branches.length;
		this.#core.decide(context, answer, now);
	}

	/** A final response that goes to the caller. */
	pass(branch: Branch, response: Response, now: Milliseconds): void {
		const { context } = branch;
		if (response.status < 300) this.#keep(context, response, now);
		const text = this.#branches.forwarded(response, branch, context.candidates, now);
		if (response.status < 300) context.call?.answered(response.head);
		context.close();
		context.settle();
		this.#port.answered(context, response.status);
		this.#core.transactions.respond(context.server, text, response.status, now);
	}

	#keep({ request, server }: ResponseContext, response: Response, now: Milliseconds): void {
		const { flow } = server;
		if (request.method !== "REGISTER" || flow.connection === 0) return;
		// One that has closed meanwhile is never told of again.
		if (this.#port.alive(flow)) this.#core.kept.registered(flow.connection, response, now);
	}

	#best(context: ResponseContext, rejection: Rejection | undefined, now: Milliseconds): void {
		const best = bestResponse(context.candidates);
		const status = best?.status ?? rejection?.status ?? (context.cancelled ? 487 : 480);
		const alongFlow = context.route?.flow !== undefined;
		const shown = shownStatus(status, best?.branch.unresolved, alongFlow);
		// RFC 4320 §4.2: a non-INVITE gets no 408, neither ours nor one from downstream.
		if (status === 408 && context.request.method !== "INVITE") this.#answers.drop(context, now);
		else if (best === undefined && rejection !== undefined)
			this.#answers.reject(context, rejection, now);
		else if (best?.response === undefined || shown !== status)
			this.#answers.reject(context, best?.branch.script?.refused ?? { status: shown }, now);
		else this.pass(best.branch, best.response, now);
	}
}
