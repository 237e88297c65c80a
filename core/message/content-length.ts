/** Content-Length: RFC 3261 §18.3, §20.14. Octets of the body; digits only. */
import type { Head } from "./head.ts";
import { ParseError } from "./parse-error.ts";
import type { Patch } from "./patch.ts";
import { parseUnsigned } from "./scalars.ts";

/** Undefined when the header is absent. */
export function readContentLength(head: Head): number | undefined {
	const line = head.first("content-length");
	return line === -1 ? undefined : parseContentLength(head.value(line), head.valueStart(line));
}

export function parseContentLength(value: string, offset: number): number {
	const length = parseUnsigned(value);
	if (length !== undefined) return length;
	throw new ParseError("expected a number", { field: "Content-Length", offset });
}

/** A message that goes out on a stream needs one (§16.6 step 9). */
export function addContentLength(patch: Patch): Patch {
	const { message } = patch;
	if (message.head.has("content-length")) return patch;
	return patch.append("Content-Length", String(message.bodyEnd - message.bodyStart));
}
