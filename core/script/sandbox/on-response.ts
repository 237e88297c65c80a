/** `onResponse`: a response goes back to the caller (RFC 3261 §16.7 step 9). */
import type * as Public from "../sipwright.d.ts";
import { type Answer, type Asked, noDecision, passed } from "./asked.ts";
import { ScriptResponseLeg } from "./leg.ts";
import { ScriptResponse } from "./response.ts";

/** Kept from before the script runs. */
const { parse } = JSON;

export class OnResponse implements Asked {
	readonly #response: ScriptResponse;
	readonly #leg: ScriptResponseLeg;

	constructor(text: string, more: string) {
		this.#response = new ScriptResponse(text);
		this.#leg = new ScriptResponseLeg(parse(more));
	}

	run(routes: Public.Routes): unknown {
		return routes.onResponse?.(this.#response, this.#leg);
	}

	answer(value: unknown): string | Answer {
		if (value !== undefined) return noDecision("onResponse", value, "nothing");
		return passed(undefined, ScriptResponse.edits(this.#response));
	}
}
