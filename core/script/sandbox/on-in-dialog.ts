/** `onInDialog`: a request within a dialog is about to go on (RFC 3261 §12.2, §16.6). */
import type { Scheme } from "../../base/scheme.ts";
import type * as Public from "../sipwright.d.ts";
import type { ToldDialog } from "../told.ts";
import { type Answer, type Asked, noDecision, passed } from "./asked.ts";
import { Choice } from "./choice.ts";
import { ScriptRequest } from "./request.ts";
import { senderOf } from "./sender.ts";

/** Kept from before the script runs. */
const { parse } = JSON;

class ScriptDialog implements Public.Dialog {
	readonly from: "caller" | "callee";
	readonly caller: { readonly scheme: Scheme };
	readonly callee: { readonly scheme: Scheme };

	constructor({ from, caller, callee }: ToldDialog) {
		this.from = from;
		this.caller = Object.freeze({ scheme: caller });
		this.callee = Object.freeze({ scheme: callee });
		Object.freeze(this);
	}
}

export class OnInDialog implements Asked {
	readonly #request: ScriptRequest;
	readonly #dialog: ScriptDialog;

	constructor(text: string, sender: string, more: string) {
		this.#request = new ScriptRequest(text, senderOf(sender));
		this.#dialog = new ScriptDialog(parse(more));
	}

	run(routes: Public.Routes): unknown {
		return routes.onInDialog?.(this.#request, this.#dialog);
	}

	answer(value: unknown): string | Answer {
		if (value === undefined) return passed(undefined, ScriptRequest.edits(this.#request));
		if (Choice.is(value)) return Choice.usual(value);
		return noDecision("onInDialog", value, "reply(…), redirect(…), drop() or nothing");
	}
}
