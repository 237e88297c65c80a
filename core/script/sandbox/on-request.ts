/** `onRequest`: a new request asks where it goes. */
import type * as Public from "../sipwright.d.ts";
import { type Answer, type Asked, noDecision, refused } from "./asked.ts";
import { ScriptCall } from "./call.ts";
import { Choice } from "./choice.ts";
import { withAdditions } from "./forwarded.ts";
import { ScriptRequest } from "./request.ts";
import { senderOf } from "./sender.ts";

export class OnRequest implements Asked {
	readonly #request: ScriptRequest;
	readonly #call: ScriptCall;

	constructor(text: string, sender: string) {
		const from = senderOf(sender);
		this.#request = new ScriptRequest(text, from);
		this.#call = new ScriptCall(from.caller);
	}

	run(routes: Public.Routes): unknown {
		return routes.onRequest(this.#request, this.#call);
	}

	answer(value: unknown): string | Answer {
		const request = this.#request;
		if (!Choice.is(value))
			return noDecision("onRequest", value, "relay(…), reply(404) or another decision");
		const draft = Choice.draft(value);
		if (draft.kind === "save" && request.method !== "REGISTER")
			return refused(`save() answers a REGISTER, not ${request.method}`);
		if (draft.kind === "save")
			return { decision: { kind: "save", contacts: ScriptRequest.contacts(request) } };
		return withAdditions(value, this.#call.callee, ScriptRequest.edits(request));
	}
}
