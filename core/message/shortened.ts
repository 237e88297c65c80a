/** A request in short, for who has answered it and keeps it: what tells it from others, and where its answers go. */
import { own } from "../base/own-text.ts";
import { CALL_ID, CSEQ, FROM, TO, VIA } from "./headers.ts";
import type { Request } from "./message.ts";

/**
 * The text of the request without its body and without header lines other than the first Via, From, To,
 * Call-ID and CSeq (RFC 3261 §8.1.1): for `rereadRequest`. A string of its own.
 */
export function shortened({ head }: Request): string {
	const { text } = head;
	const parts = [text.slice(0, head.lineStart(0))];
	for (const id of KEPT) {
		const line = head.firstOf(id);
		if (line !== -1) parts.push(text.slice(head.lineStart(line), head.lineEnd(line)));
	}
	parts.push("\r\n");
	return own(parts.join(""));
}

const KEPT = [VIA, FROM, TO, CALL_ID, CSEQ];
