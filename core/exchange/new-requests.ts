/**
 * `onRequest`: who sends a new request, and what the script says where it goes. A script that fails
 * costs this request what is configured, and nobody else anything.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Decision } from "../proxy/decision.ts";
import type { Environment } from "../proxy/environment.ts";
import type { ResponseContext } from "../proxy/response-context.ts";
import { ScriptError } from "../script/script-error.ts";
import type { Outcome } from "../script/waiting-hook.ts";
import { judgeArrival, refusal } from "./arrival.ts";
import type { Asking, Question } from "./asking.ts";
import { badCredentials, type Caller, callerOf } from "./caller.ts";
import type { Logins } from "./logins.ts";
import type { RouteGeneration, RouteScripts } from "./route-generation.ts";
import type { SchemeLog } from "./scheme-log.ts";
import { type Asked, askedOf, contextOf } from "./script-hooks.ts";

/** The exchange, as far as this needs it. */
export type RequestsOwner = {
	/** Replaced as a whole on reload. */
	settings(): {
		readonly environment: Environment;
		/** Asked in place of a script that failed. */
		readonly fallback: RouteGeneration | undefined;
	};
	readonly scripts: RouteScripts;
	readonly asking: Asking;
	readonly logins: Logins;
	readonly schemes: SchemeLog;
	failed(error: ScriptError): void;
	/** A hook that waited has answered. */
	decide(context: ResponseContext, decision: Decision, now: Milliseconds): void;
};

export class NewRequests {
	readonly #owner: RequestsOwner;

	constructor(owner: RequestsOwner) {
		this.#owner = owner;
	}

	/** Undefined where the hook waits. */
	ask(context: ResponseContext, now: Milliseconds): Decision | undefined {
		const { request, server, route } = context;
		if (route === undefined) return undefined;
		const caller = this.#owner.logins.identify({ request, flow: server.flow }, now);
		return badCredentials(caller) ?? this.#askFor(context, caller, now);
	}

	/** Asked a second time when it has said what proves the caller: then for whom that is. */
	#askFor(context: ResponseContext, caller: Caller, now: Milliseconds): Decision | undefined {
		const { request, server, route } = context;
		const { environment } = this.#owner.settings();
		if (route === undefined) return undefined;
		const received = { request, flow: server.flow };
		if (caller.authenticated) context.consumed = this.#owner.logins.own(received);
		context.caller = caller.device;
		context.vouched = caller.authenticated || caller.device !== undefined;
		const verdict = judgeArrival(route, server.flow, caller.device, environment, now);
		this.#owner.schemes.mismatch(verdict, caller.device, server.flow, now);
		if (verdict.refused !== undefined) return refusal(verdict.refused, server.flow, environment);

		context.callerScheme = verdict.scheme;
		const generation = askedOf(context)?.generation ?? this.#generationFor(context, caller);
		context.asked = { caller, generation, answered: false } satisfies Asked;
		const question = {
			generation,
			hook: "onRequest",
			owner: context,
			text: request.text,
			context: contextOf(context, caller, environment),
		} as const;
		const decided = (outcome: Outcome, at: Milliseconds) => {
			const decision = this.#settle(context, this.#orFallback(question, outcome, at), at);
			if (decision !== undefined) this.#owner.decide(context, decision, at);
		};
		const outcome = this.#owner.asking.ask(question, decided, now);
		return outcome && this.#settle(context, this.#orFallback(question, outcome, now), now);
	}

	/**
	 * A proxy has chosen where it goes (RFC 5626 §5.3.1), so `onRequest` is not asked. Edits of its branch
	 * and its responses are welcome all the same; how it ends is nothing that the scripts have decided.
	 */
	alongFlow(context: ResponseContext, now: Milliseconds): void {
		const { request, server } = context;
		const { directory } = this.#owner.settings().environment;
		const caller = callerOf(request, server.flow, directory, undefined, now);
		const generation = this.#generationFor(context, caller);
		context.asked = { caller, generation, answered: true } satisfies Asked;
	}

	#generationFor({ request, server }: ResponseContext, { device }: Caller): RouteGeneration {
		const generation = this.#owner.scripts.generationFor(request, device, server.flow.host);
		generation.retain();
		return generation;
	}

	/** A challenge may bring along what the caller's credentials are good against. */
	#settle(context: ResponseContext, decision: Decision, now: Milliseconds): Decision | undefined {
		const asked = askedOf(context);
		if (decision.kind !== "challenge" || asked === undefined) return decision;
		const { request, server } = context;
		const received = { request, flow: server.flow };
		const caller = this.#owner.logins.prove(received, asked.caller, decision, now);
		if (caller === undefined) return decision;
		context.asked = { ...asked, caller } satisfies Asked;
		const refused = badCredentials(caller);
		if (refused !== undefined || !caller.authenticated) return refused ?? decision;
		return this.#askFor(context, caller, now);
	}

	#orFallback(question: Question, outcome: Outcome, now: Milliseconds): Decision {
		if (!(outcome instanceof ScriptError) && outcome.kind !== "pass") return outcome;
		if (outcome instanceof ScriptError) this.#owner.failed(outcome);
		const generation = this.#owner.settings().fallback;
		const second = generation && this.#owner.asking.ask({ ...question, generation }, () => {}, now);
		if (second === undefined || second instanceof ScriptError || second.kind === "pass")
			return { kind: "reply", status: 500, reason: undefined, edits: [] };
		return second;
	}
}
