/** The SIP version on the way through: compared without case, sent in upper case (RFC 3261 §7.1). */
import type { Patch } from "./patch.ts";

const VERSION = "SIP/2.0";

export function writeVersion(patch: Patch): Patch {
	const { message } = patch;
	const { text } = message;
	if (message.kind === "request") {
		const start = message.uriEnd + 1;
		if (text.startsWith("SIP/2.0\r\n", start)) return patch;
		return patch.replace(start, text.indexOf("\r\n", start), VERSION);
	}
	return text.startsWith("SIP/2.0 ") ? patch : patch.replace(0, text.indexOf(" "), VERSION);
}
