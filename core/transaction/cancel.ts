/** The CANCEL for a request that we sent: RFC 3261 §9.1, with the Reason of RFC 3326 §2. */
import { sentHead, sentRoutes, sentUri } from "./sent-head.ts";

export function buildCancel(invite: string, reason: string | undefined): string | undefined {
	const head = sentHead(invite);
	if (head === undefined) return undefined;
	return (
		`CANCEL ${sentUri(invite)} SIP/2.0\r\n` +
		`Via: ${head.via.text}\r\n` +
		`Max-Forwards: ${head.text1("max-forwards") ?? "70"}\r\n` +
		`From: ${head.text1("from") ?? ""}\r\n` +
		`To: ${head.text1("to") ?? ""}\r\n` +
		`Call-ID: ${head.callId}\r\n` +
		`CSeq: ${head.cseq.number} CANCEL\r\n` +
		sentRoutes(head) +
		(reason === undefined || breaksLine(reason) ? "" : `Reason: ${reason}\r\n`) +
		"Content-Length: 0\r\n\r\n"
	);
}

/** A Reason copied from another message may hold anything; without it the CANCEL is as good. */
function breaksLine(value: string): boolean {
	return value.includes("\r") || value.includes("\n") || value.includes("\0");
}
