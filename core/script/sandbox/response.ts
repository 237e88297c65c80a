/** A response as scripts see it: parsed when asked, by the engine's own parser. */
import type { Response } from "../../message/message.ts";
import { rereadResponse } from "../../message/parse-message.ts";
import type { HeaderEdit } from "../../proxy/decision.ts";
import type * as Public from "../sipwright.d.ts";
import { ScriptHeaders } from "./headers.ts";
import { fromWire } from "./text.ts";
import { ScriptAddress } from "./uri.ts";

export class ScriptResponse implements Public.Response {
	readonly #response: Response;
	#headers: ScriptHeaders | undefined;

	/** `text` is one that the engine has parsed. Throws ParseError for what is no response. */
	constructor(text: string) {
		this.#response = rereadResponse(text);
	}

	get status(): number {
		return this.#response.status;
	}

	get reason(): string {
		return fromWire(this.#response.reason);
	}

	get method(): string {
		return this.#response.head.cseq.method;
	}

	get from(): ScriptAddress {
		return new ScriptAddress(() => this.#response.head.from);
	}

	get to(): ScriptAddress {
		return new ScriptAddress(() => this.#response.head.to);
	}

	get callId(): string {
		return fromWire(this.#response.head.callId);
	}

	get headers(): ScriptHeaders {
		this.#headers ??= new ScriptHeaders(this.#response.head, timerFault);
		return this.#headers;
	}

	get body(): string {
		const { text, bodyStart, bodyEnd } = this.#response;
		return fromWire(text.slice(bodyStart, bodyEnd));
	}

	/** What the script made of it, as far as it looked. */
	static edits(response: ScriptResponse): readonly HeaderEdit[] {
		return response.#headers?.edits ?? [];
	}
}

/** RFC 4028 §8.2: the session timer of a response is what the callee agreed to. */
function timerFault(name: string): string | undefined {
	if (name !== "session-expires" && name !== "min-se") return undefined;
	return `${name}: the session timer of a response is for the endpoints to agree on`;
}
