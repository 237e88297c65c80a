/** What `parseMessage` returns: RFC 3261 §7. Messages are not changed; see patch.ts for how one becomes another. */
import type { Head } from "./head.ts";
import type { ParseError } from "./parse-error.ts";
import { parseUri, type Uri } from "./uri.ts";

export class Request {
	readonly kind = "request";
	readonly method: string;
	readonly uriStart: number;
	readonly uriEnd: number;
	readonly head: Head;
	#uri: string | undefined;
	#parsedUri: Uri | undefined;

	constructor(method: string, uriStart: number, uriEnd: number, head: Head) {
		this.method = method;
		this.uriStart = uriStart;
		this.uriEnd = uriEnd;
		this.head = head;
		this.#uri = undefined;
		this.#parsedUri = undefined;
	}

	/** The whole message and nothing else, one character per octet. */
	get text(): string {
		return this.head.text;
	}

	get bodyStart(): number {
		return this.head.end + 2;
	}

	get bodyEnd(): number {
		return this.head.text.length;
	}

	/** The Request-URI as sent. */
	get uri(): string {
		this.#uri ??= this.head.text.slice(this.uriStart, this.uriEnd);
		return this.#uri;
	}

	get parsedUri(): Uri {
		this.#parsedUri ??= parseUri(this.uri);
		return this.#parsedUri;
	}
}

export class Response {
	readonly kind = "response";
	readonly status: number;
	readonly reason: string;
	readonly head: Head;

	constructor(status: number, reason: string, head: Head) {
		this.status = status;
		this.reason = reason;
		this.head = head;
	}

	/** The whole message and nothing else, one character per octet. */
	get text(): string {
		return this.head.text;
	}

	get bodyStart(): number {
		return this.head.end + 2;
	}

	get bodyEnd(): number {
		return this.head.text.length;
	}
}

export type Message = Request | Response;

/**
 * What could not be accepted as SIP. `method` is set when it is a request whose method could be
 * read, `head` when there are header lines: with both, `buildResponse` can answer it.
 */
export type Malformed = {
	readonly kind: "malformed";
	readonly error: ParseError;
	readonly text: string;
	readonly method: string | undefined;
	readonly head: Head | undefined;
};
