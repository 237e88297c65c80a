/**
 * What the scripts are asked besides where a request goes: about its branches, its responses and its
 * failure, by the generation that routed it. A hook that fails lets things go on as if it were not there.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { schemeOfSide } from "../leg/cookie.ts";
import type { Response } from "../message/message.ts";
import type { Decision, Pass } from "../proxy/decision.ts";
import { deviceNamed } from "../proxy/directory.ts";
import type { Environment } from "../proxy/environment.ts";
import type { Failure } from "../proxy/failure.ts";
import { hasForeignRoute } from "../proxy/forward-request.ts";
import type { RequestHook } from "../proxy/proxy-port.ts";
import type { Branch, ResponseContext } from "../proxy/response-context.ts";
import type { BranchLeg } from "../proxy/scripted-branch.ts";
import type { AskContext } from "../script/ask-context.ts";
import { ScriptError } from "../script/script-error.ts";
import type { ToldBranch, ToldDialog, ToldFailure } from "../script/told.ts";
import type { Outcome } from "../script/waiting-hook.ts";
import type { Asking } from "./asking.ts";
import type { Caller } from "./caller.ts";
import type { RouteGeneration, RouteScripts } from "./route-generation.ts";

/** What a context keeps of its request's script until it has ended. */
export type Asked = {
	readonly caller: Caller;
	readonly generation: RouteGeneration;
	/** The request has its final response: an INVITE may get several 2xx (RFC 3261 §16.7 step 5). */
	answered: boolean;
};

/** The exchange, as far as this needs it. */
export type HooksOwner = {
	readonly log: Log;
	readonly scripts: RouteScripts;
	/** Replaced as a whole on reload. */
	environment(): Environment;
	/** A hook that waited has answered. */
	decideFailure(context: ResponseContext, answer: Decision | Pass, now: Milliseconds): void;
	decideInDialog(context: ResponseContext, answer: Decision | Pass, now: Milliseconds): void;
};

export class ScriptHooks {
	readonly #asking: Asking;
	readonly #owner: HooksOwner;
	#errors = 0;

	constructor(asking: Asking, owner: HooksOwner) {
		this.#asking = asking;
		this.#owner = owner;
	}

	/** Hooks that failed. */
	get errors(): number {
		return this.#errors;
	}

	scriptFailed(outcome: ScriptError): void {
		this.#errors += 1;
		const { code, script, generation, message } = outcome;
		this.#owner.log.error({ event: "script.failed", code, script, generation }, message);
	}

	hears(context: ResponseContext, hook: RequestHook): boolean {
		// Whoever asked for a flow knows what to do when it has failed.
		if (hook === "onFailure" && context.route?.flow !== undefined) return false;
		return askedOf(context)?.generation.defines(hook) === true;
	}

	failed(
		context: ResponseContext,
		failure: Failure,
		now: Milliseconds,
	): Decision | Pass | undefined {
		const { status, reason, attempt, targets, response } = failure;
		const told: ToldFailure = {
			status,
			reason,
			attempt,
			targets: targets.map((one) => {
				const { device, uri } = one.branch.target;
				return { device, uri, status: one.status };
			}),
			response: response?.text,
			edits: context.edits,
		};
		const decided = (outcome: Outcome, at: Milliseconds) =>
			this.#owner.decideFailure(context, this.#orPass(outcome), at);
		const { text } = context.request;
		const outcome = this.#ask(context, "onFailure", { text, told, decided }, now);
		return outcome === undefined ? undefined : this.#orPass(outcome);
	}

	branching({ context }: Branch, leg: BranchLeg, now: Milliseconds): Pass {
		const told: ToldBranch = { ...leg, edits: context.edits };
		return this.#atOnce(context, "onBranch", context.request.text, told, now);
	}

	answering({ context }: Branch, leg: BranchLeg, response: Response, now: Milliseconds): Pass {
		if (!this.hears(context, "onResponse")) return UNTOUCHED;
		return this.#atOnce(context, "onResponse", response.text, leg, now);
	}

	/** A dialog has no memory: whoever would be asked about a new request of its call is asked now. */
	inDialog(context: ResponseContext, now: Milliseconds): Decision | Pass | undefined {
		const { request, route, server } = context;
		const { flow } = server;
		const dialog = route?.dialog;
		const generation = this.#owner.scripts.generationFor(request, undefined, flow.host);
		if (dialog === undefined || !generation.defines("onInDialog")) return UNTOUCHED;
		const { from, cookie } = dialog;
		const { directory } = this.#owner.environment();
		const device = (deviceNamed(request.head.from.uri, directory) ?? directory.deviceAt(flow))
			?.name;
		const caller = { device, authenticated: false, trusted: directory.trusted(flow.host) };
		const told: ToldDialog = { from, caller: cookie.caller, callee: cookie.callee };
		const question = {
			generation,
			hook: "onInDialog",
			text: request.text,
			context: {
				...contextOf(context, caller, this.#owner.environment()),
				callerScheme: schemeOfSide(cookie, from),
			},
			more: JSON.stringify(told),
			owner: context,
		} as const;
		const decided = (outcome: Outcome, at: Milliseconds) =>
			this.#owner.decideInDialog(context, this.#orPass(outcome), at);
		const outcome = this.#asking.ask(question, decided, now);
		return outcome && this.#orPass(outcome);
	}

	#atOnce(
		context: ResponseContext,
		hook: RequestHook,
		text: string,
		told: object,
		now: Milliseconds,
	): Pass {
		const outcome = this.#ask(context, hook, { text, told, decided: () => undefined }, now);
		const answer = outcome === undefined ? UNTOUCHED : this.#orPass(outcome);
		return answer.kind === "pass" ? answer : UNTOUCHED;
	}

	#ask(
		context: ResponseContext,
		hook: RequestHook,
		{ text, told, decided }: Telling,
		now: Milliseconds,
	): Outcome | undefined {
		const asked = askedOf(context);
		if (asked === undefined) return UNTOUCHED;
		const { generation, caller } = asked;
		const askContext = contextOf(context, caller, this.#owner.environment());
		const more = JSON.stringify(told);
		const question = { generation, hook, text, context: askContext, more, owner: context };
		return this.#asking.ask(question, decided, now);
	}

	#orPass(outcome: Outcome): Decision | Pass {
		if (!(outcome instanceof ScriptError)) return outcome;
		this.scriptFailed(outcome);
		return UNTOUCHED;
	}
}

type Telling = {
	/** The message that the hook is asked about. */
	readonly text: string;
	/** One of told.ts. */
	readonly told: object;
	readonly decided: (outcome: Outcome, now: Milliseconds) => void;
};

const UNTOUCHED: Pass = { kind: "pass", callee: undefined, edits: [] };

/** Undefined where no script was asked where the request goes. */
export function askedOf(context: ResponseContext): Asked | undefined {
	return context.asked as Asked | undefined;
}

/** For the record of its generation: each request counts once. */
export function noteAnswer(context: ResponseContext, status: number): void {
	const asked = askedOf(context);
	if (asked === undefined || asked.answered) return;
	asked.answered = true;
	asked.generation.answered(status);
}

/** Where a request came from, for every hook that is asked about it. */
export function contextOf(
	context: ResponseContext,
	caller: Omit<Caller, "verdict">,
	{ own }: Environment,
): AskContext {
	const { request, route, server } = context;
	const { host: address, port, transport, identities, handshake } = server.flow;
	const { device, authenticated, trusted, claim } = caller;
	const source = { address, port, transport, trusted, device, authenticated };
	const plain = identities === undefined && handshake === undefined;
	const proven = plain ? source : { ...source, identities, handshake };
	return {
		source: claim === undefined ? proven : { ...proven, credentials: claim },
		callerScheme: context.callerScheme ?? "sip",
		ours: own.owns(request.parsedUri) && !(route !== undefined && hasForeignRoute(route)),
	};
}
