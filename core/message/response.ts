/**
 * A response of our own to a request: RFC 3261 §8.2.6. Via lines, From, Call-ID and CSeq are copied
 * as received, To too, with a tag where it has none.
 */

import { refuseInjection } from "./edit-error.ts";
import type { Head } from "./head.ts";
import type { HeaderName } from "./headers.ts";
import type { Malformed, Request } from "./message.ts";
import { ParseError } from "./parse-error.ts";
import { headerLine } from "./patch.ts";
import { unfold } from "./scanner.ts";
import { reasonPhrase } from "./statuses.ts";

export type ResponseOptions = {
	/** The registered phrase unless given. */
	readonly reason?: string;
	/** Goes to To when the request has none there; a 100 may do without (§8.2.6.2). */
	readonly toTag?: string;
	readonly headers?: readonly (readonly [string, string])[];
	readonly body?: string;
	/** Seconds between request and 100: added to a Timestamp that is echoed (§8.2.6.1). */
	readonly delaySeconds?: number;
};

/**
 * Undefined when no answer may or can be sent: to an ACK, to what is no request, and to one without
 * a Via (§17.1, RFC 4475 §3.3.1). Copies what there is of the rest.
 */
export function buildResponse(
	request: Request | Malformed,
	status: number,
	options: ResponseOptions = {},
): string | undefined {
	const { head, method } = request;
	if (head === undefined || method === undefined || method === "ACK" || !head.has("via"))
		return undefined;
	const reason = options.reason ?? reasonPhrase(status);
	refuseInjection("reason phrase", reason);

	let text = `SIP/2.0 ${status} ${reason}\r\n`;
	for (let line = head.first("via"); line !== -1; line = head.next(line)) text += copy(head, line);
	text += copyFirst(head, "from") + toLine(head, options.toTag);
	text += copyFirst(head, "call-id") + copyFirst(head, "cseq");
	if (status === 100) text += timestampLine(head, options.delaySeconds);
	for (const [name, value] of options.headers ?? []) text += headerLine(name, unfold(value));
	const body = options.body ?? "";
	return `${text}Content-Length: ${body.length}\r\n\r\n${body}`;
}

function copy(head: Head, line: number): string {
	return head.text.slice(head.lineStart(line), head.lineEnd(line));
}

function copyFirst(head: Head, name: HeaderName): string {
	const line = head.first(name);
	return line === -1 ? "" : copy(head, line);
}

function toLine(head: Head, tag: string | undefined): string {
	const line = head.first("to");
	if (line === -1) return "";
	if (tag === undefined || !lacksTag(head)) return copy(head, line);
	const valueEnd = head.valueEnd(line);
	return `${head.text.slice(head.lineStart(line), valueEnd)};tag=${tag}\r\n`;
}

/** A To that cannot be read is copied as it is: a tag behind it might fall into an open quote. */
function lacksTag(head: Head): boolean {
	try {
		return head.toTag === undefined;
	} catch (error) {
		if (error instanceof ParseError) return false;
		throw error;
	}
}

function timestampLine(head: Head, delay: number | undefined): string {
	const timestamp = head.text1("timestamp");
	if (timestamp === undefined) return "";
	const value = delay === undefined ? timestamp : `${timestamp.split(" ", 1)[0]} ${delay}`;
	return `Timestamp: ${value}\r\n`;
}
