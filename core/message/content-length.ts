/** Content-Length: RFC 3261 §18.3, §20.14. Octets of the body; digits only. */
import type { Head } from "./head.ts";
import { CONTENT_LENGTH } from "./headers.ts";
import { ParseError } from "./parse-error.ts";
import type { Patch } from "./patch.ts";
import { parseUnsigned } from "./scalars.ts";
import { unsignedAt } from "./scanner.ts";

/** Undefined when the header is absent. */
export function readContentLength(head: Head): number | undefined {
	const line = head.firstOf(CONTENT_LENGTH);
	if (line === -1) return undefined;
	const start = head.valueStart(line);
	const length = unsignedAt(head.text, start, head.valueEnd(line));
	return length === -1 ? parseContentLength(head.value(line), start) : length;
}

export function parseContentLength(value: string, offset: number): number {
	const length = parseUnsigned(value);
	if (length !== undefined) return length;
	throw new ParseError("expected a number", { field: "Content-Length", offset });
}

/** A message that goes out on a stream needs one (§16.6 step 9). */
export function addContentLength(patch: Patch): Patch {
	const { message } = patch;
	if (message.head.has("content-length") || patch.hasOtherBody) return patch;
	return patch.append("Content-Length", String(message.bodyEnd - message.bodyStart));
}
