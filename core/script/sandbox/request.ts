/** The request as scripts see it: parsed when asked, by the engine's own parser. */
import type { Request } from "../../message/message.ts";
import { rereadRequest } from "../../message/parse-message.ts";
import type { AskContext } from "../ask-context.ts";
import type * as Public from "../sipwright.d.ts";
import { namedDevice } from "./devices.ts";
import { ScriptHeaders } from "./headers.ts";
import { fromWire } from "./text.ts";
import { ScriptAddress, ScriptContact, ScriptUri } from "./uri.ts";

export class ScriptRequest implements Public.Request {
	readonly #request: Request;
	readonly #context: AskContext;
	#uri: ScriptUri | undefined;
	#from: ScriptAddress | undefined;
	#to: ScriptAddress | undefined;
	#contacts: readonly ScriptContact[] | undefined;
	#headers: ScriptHeaders | undefined;
	#source: Public.Source | undefined;

	/** `text` is one that the engine has parsed. Throws ParseError for what is no request. */
	constructor(text: string, context: AskContext) {
		this.#request = rereadRequest(text);
		this.#context = context;
	}

	get method(): string {
		return this.#request.method;
	}

	get uri(): ScriptUri {
		this.#uri ??= new ScriptUri(this.#request.parsedUri);
		return this.#uri;
	}

	get ours(): boolean {
		return this.#context.ours;
	}

	get from(): ScriptAddress {
		this.#from ??= new ScriptAddress(this.#request.head.from);
		return this.#from;
	}

	get to(): ScriptAddress {
		this.#to ??= new ScriptAddress(this.#request.head.to);
		return this.#to;
	}

	get contacts(): readonly ScriptContact[] {
		this.#contacts ??= Object.freeze(
			this.#request.head.contacts.map((contact) => new ScriptContact(contact)),
		);
		return this.#contacts;
	}

	get callId(): string {
		return fromWire(this.#request.head.callId);
	}

	get headers(): ScriptHeaders {
		this.#headers ??= new ScriptHeaders(this.#request.head);
		return this.#headers;
	}

	get body(): string {
		const { text, bodyStart, bodyEnd } = this.#request;
		return fromWire(text.slice(bodyStart, bodyEnd));
	}

	get source(): Public.Source {
		const { source } = this.#context;
		this.#source ??= Object.freeze({
			...source,
			device: namedDevice(source.device),
			identities: Object.freeze([...(source.identities ?? [])]),
		});
		return this.#source;
	}

	/** What the script made of it, as far as it looked. */
	static edits(request: ScriptRequest) {
		return request.#headers?.edits ?? [];
	}

	/** Undefined when no Contact was edited. */
	static contacts(request: ScriptRequest): readonly string[] | undefined {
		const contacts = request.#contacts;
		if (!contacts?.some(({ edited }) => edited)) return undefined;
		return contacts.map(({ text }) => text);
	}
}
