/** `onBranch`: a branch is about to be made (RFC 3261 §16.6). */
import type * as Public from "../sipwright.d.ts";
import type { ToldBranch } from "../told.ts";
import { type Answer, type Asked, noDecision, passed } from "./asked.ts";
import { ScriptBranchLeg } from "./leg.ts";
import { ScriptRequest } from "./request.ts";
import { senderOf } from "./sender.ts";

/** Kept from before the script runs. */
const { parse } = JSON;

export class OnBranch implements Asked {
	readonly #request: ScriptRequest;
	readonly #leg: ScriptBranchLeg;

	constructor(text: string, sender: string, more: string) {
		const told: ToldBranch = parse(more);
		this.#request = new ScriptRequest(text, senderOf(sender), told.edits);
		this.#leg = new ScriptBranchLeg(told);
	}

	run(routes: Public.Routes): unknown {
		return routes.onBranch?.(this.#request, this.#leg);
	}

	answer(value: unknown): string | Answer {
		if (value !== undefined) return noDecision("onBranch", value, "nothing");
		return passed(ScriptBranchLeg.forced(this.#leg), ScriptRequest.edits(this.#request));
	}
}
