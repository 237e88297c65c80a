/** The request as scripts see it: parsed when asked, by the engine's own parser. */
import type { Request } from "../../message/message.ts";
import { type NameAddress, parseNameAddress } from "../../message/name-addr.ts";
import { rereadRequest } from "../../message/parse-message.ts";
import { physicalLineEnd } from "../../message/scan-head.ts";
import { type RequestLine, readRequestLine } from "../../message/start-line.ts";
import { parseUri } from "../../message/uri.ts";
import type { BodyEdit, HeaderEdit } from "../../proxy/decision.ts";
import { bodyEdit } from "../../proxy/header-edits.ts";
import type * as Public from "../sipwright.d.ts";
import { ScriptHeaders } from "./headers.ts";
import type { Sender } from "./sender.ts";
import { fromWire } from "./text.ts";
import { ScriptAddress, ScriptContact, ScriptUri } from "./uri.ts";

export class ScriptRequest implements Public.Request {
	readonly #text: string;
	readonly #sender: Sender;
	/** What earlier hooks made of it. */
	readonly #earlier: readonly HeaderEdit[];
	readonly #line: RequestLine;
	#request: Request | undefined;
	#uri: ScriptUri | undefined;
	#from: ScriptAddress | undefined;
	#to: ScriptAddress | undefined;
	#contacts: readonly ScriptContact[] | undefined;
	#headers: ScriptHeaders | undefined;
	/** The one that the script put in the place of the one received. */
	#body: string | undefined;

	/** `text` is one that the engine has parsed. Throws ParseError for what is no request. */
	constructor(text: string, sender: Sender, earlier: readonly HeaderEdit[] = UNTOUCHED) {
		const end = physicalLineEnd(text, 0);
		if (typeof end !== "number") throw end;
		this.#text = text;
		this.#line = readRequestLine(text, end - 2);
		this.#sender = sender;
		this.#earlier = earlier;
	}

	get method(): string {
		return this.#line.method;
	}

	get uri(): ScriptUri {
		if (this.#uri === undefined) {
			const { uriStart, uriEnd } = this.#line;
			this.#uri = new ScriptUri(parseUri(this.#text.slice(uriStart, uriEnd)));
		}
		return this.#uri;
	}

	get ours(): boolean {
		return this.#sender.ours;
	}

	get from(): ScriptAddress {
		this.#from ??= new ScriptAddress(
			() => findAddress(this.#text, FROM) ?? this.#scanned.head.from,
		);
		return this.#from;
	}

	get to(): ScriptAddress {
		this.#to ??= new ScriptAddress(() => findAddress(this.#text, TO) ?? this.#scanned.head.to);
		return this.#to;
	}

	get contacts(): readonly ScriptContact[] {
		this.#contacts ??= Object.freeze(
			this.#scanned.head.contacts.map((contact) => new ScriptContact(() => contact)),
		);
		return this.#contacts;
	}

	get callId(): string {
		return fromWire(this.#scanned.head.callId);
	}

	get headers(): ScriptHeaders {
		if (this.#headers === undefined) {
			this.#headers = new ScriptHeaders(this.#scanned.head);
			this.#headers.begin(this.#earlier);
		}
		return this.#headers;
	}

	get body(): string {
		if (this.#body !== undefined) return this.#body;
		const earlier = bodyEdit(this.#earlier);
		if (earlier !== undefined) return fromWire(earlier.body);
		const { text, bodyStart, bodyEnd } = this.#scanned;
		return fromWire(text.slice(bodyStart, bodyEnd));
	}

	get source(): Public.Source {
		return this.#sender.source;
	}

	/** With every header line found. Few scripts look further than Request-URI and From. */
	get #scanned(): Request {
		this.#request ??= rereadRequest(this.#text);
		return this.#request;
	}

	/** Whether `setBody` may have it: what is not a request has no private field. */
	static is(value: unknown): value is ScriptRequest {
		return typeof value === "object" && value !== null && #text in value;
	}

	static replaceBody(request: ScriptRequest, body: string, edit: BodyEdit): void {
		request.headers.replaceBody(edit);
		request.#body = body;
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

const UNTOUCHED: readonly HeaderEdit[] = [];
const FROM = "\r\nFrom:";
const TO = "\r\nTo:";

/**
 * From or To, written as nearly everybody writes it and on one line; undefined when the lines have
 * to be scanned for it. The engine has refused a second one, whatever its spelling.
 */
function findAddress(text: string, name: typeof FROM | typeof TO): NameAddress | undefined {
	const line = text.indexOf(name);
	if (line === -1) return undefined;
	const start = line + name.length;
	const end = text.indexOf("\r\n", start);
	const next = text.charCodeAt(end + 2);
	const folded = next === 32 || next === 9;
	// Behind an empty line it would be a part of the body.
	if (end === -1 || folded || text.lastIndexOf("\r\n\r\n", line) !== -1) return undefined;
	return parseNameAddress(name.slice(2, -1), text, start, end);
}
