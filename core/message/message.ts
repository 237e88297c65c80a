/** What `parseMessage` returns: RFC 3261 §7. Messages are not changed; see patch.ts for how one becomes another. */
import type { Head } from "./head.ts";
import type { ParseError } from "./parse-error.ts";
import { parseUri, type Uri } from "./uri.ts";

export class Request {
	readonly kind = "request";
	/** The whole message and nothing else, one character per octet. */
	readonly text: string;
	readonly method: string;
	/** The Request-URI as sent. */
	readonly uri: string;
	readonly uriStart: number;
	readonly uriEnd: number;
	readonly head: Head;
	readonly bodyStart: number;
	readonly bodyEnd: number;
	#parsedUri: Uri | undefined;

	constructor(method: string, uriStart: number, uriEnd: number, head: Head) {
		this.text = head.text;
		this.method = method;
		this.uri = head.text.slice(uriStart, uriEnd);
		this.uriStart = uriStart;
		this.uriEnd = uriEnd;
		this.head = head;
		this.bodyStart = head.end + 2;
		this.bodyEnd = head.text.length;
	}

	get parsedUri(): Uri {
		this.#parsedUri ??= parseUri(this.uri);
		return this.#parsedUri;
	}
}

export class Response {
	readonly kind = "response";
	/** The whole message and nothing else, one character per octet. */
	readonly text: string;
	readonly status: number;
	readonly reason: string;
	readonly head: Head;
	readonly bodyStart: number;
	readonly bodyEnd: number;

	constructor(status: number, reason: string, head: Head) {
		this.text = head.text;
		this.status = status;
		this.reason = reason;
		this.head = head;
		this.bodyStart = head.end + 2;
		this.bodyEnd = head.text.length;
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
