/** `onFailure`: everybody who was called has failed (RFC 3261 §16.7 step 6). */
import type * as Public from "../sipwright.d.ts";
import type { ToldFailure } from "../told.ts";
import { type Answer, type Asked, noDecision, passed, refused } from "./asked.ts";
import { ScriptCall } from "./call.ts";
import { Choice } from "./choice.ts";
import { withAdditions } from "./forwarded.ts";
import type { ScriptHeaders } from "./headers.ts";
import { ScriptTriedTarget } from "./leg.ts";
import { ScriptRequest } from "./request.ts";
import { ScriptResponse } from "./response.ts";
import { senderOf } from "./sender.ts";

/** Kept from before the script runs. */
const { parse } = JSON;

class ScriptFailure implements Public.Failure {
	readonly request: ScriptRequest;
	readonly status: number;
	readonly reason: Public.Failure["reason"];
	readonly attempt: number;
	readonly targets: readonly ScriptTriedTarget[];
	readonly #response: ScriptResponse | undefined;

	constructor(request: ScriptRequest, told: ToldFailure) {
		this.request = request;
		this.status = told.status;
		this.reason = told.reason;
		this.attempt = told.attempt;
		this.targets = Object.freeze(told.targets.map((target) => new ScriptTriedTarget(target)));
		this.#response = told.response === undefined ? undefined : new ScriptResponse(told.response);
	}

	get headers(): ScriptHeaders | undefined {
		return this.#response?.headers;
	}
}

export class OnFailure implements Asked {
	readonly #failure: ScriptFailure;
	readonly #call: ScriptCall;

	constructor(text: string, sender: string, more: string) {
		const from = senderOf(sender);
		const told: ToldFailure = parse(more);
		this.#failure = new ScriptFailure(new ScriptRequest(text, from, told.edits), told);
		this.#call = new ScriptCall(from.caller);
	}

	run(routes: Public.Routes): unknown {
		return routes.onFailure?.(this.#failure, this.#call);
	}

	answer(value: unknown): string | Answer {
		if (value === undefined) return passed(undefined, []);
		if (!Choice.is(value))
			return noDecision("onFailure", value, "relay(…), fork(…), reply(…), redirect(…) or nothing");
		const { request, status } = this.#failure;
		const relays = Choice.draft(value).kind === "relay";
		if (relays && status >= 600)
			return refused(`nobody else may be called after ${status} (RFC 3261 §16.7)`);
		if (relays && !request.ours)
			return refused("nobody else may be called: the Request-URI is not ours (RFC 3261 §16.5)");
		return withAdditions(value, this.#call.callee, ScriptRequest.edits(request));
	}
}
