/** The header lines of a request that we sent, to build its ACK or CANCEL from: RFC 3261 §9.1, §17.1.1.3. */
import { Head } from "../message/head.ts";
import { ParseError } from "../message/parse-error.ts";
import { physicalLineEnd, scanHead } from "../message/scan-head.ts";

/** Undefined when what an ACK and a CANCEL repeat cannot be read: an edit of the user broke it. */
export function sentHead(text: string): Head | undefined {
	const start = physicalLineEnd(text, 0);
	if (typeof start !== "number") return undefined;
	const { lines, count, end } = scanHead(text, start);
	const head = new Head(text, lines, count, end);
	return isReadable(head) ? head : undefined;
}

/** The start line's Request-URI. */
export function sentUri(text: string): string {
	const start = text.indexOf(" ") + 1;
	return text.slice(start, text.indexOf(" ", start));
}

/** The lines that every request of the hop repeats: Route, as sent, in order. */
export function sentRoutes(head: Head): string {
	let text = "";
	for (let line = head.first("route"); line !== -1; line = head.next(line))
		text += `Route: ${head.value(line)}\r\n`;
	return text;
}

function isReadable(head: Head): boolean {
	try {
		return head.via !== undefined && head.callId !== "" && head.cseq !== undefined;
	} catch (error) {
		if (error instanceof ParseError) return false;
		throw error;
	}
}
