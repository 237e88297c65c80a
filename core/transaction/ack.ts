/** The ACK for a final response of 300 and above: RFC 3261 §17.1.1.3. */
import type { Response } from "../message/message.ts";
import { sentHead, sentRoutes, sentUri } from "./sent-head.ts";

/**
 * From the INVITE as it was sent on this hop, and the response as it was received: before anything
 * upstream rewrites either.
 */
export function buildAck(invite: string, response: Response): string | undefined {
	const head = sentHead(invite);
	if (head === undefined) return undefined;
	return (
		`ACK ${sentUri(invite)} SIP/2.0\r\n` +
		`Via: ${head.via.text}\r\n` +
		`Max-Forwards: ${head.text1("max-forwards") ?? "70"}\r\n` +
		`From: ${head.text1("from") ?? ""}\r\n` +
		`To: ${response.head.text1("to") ?? ""}\r\n` +
		`Call-ID: ${head.callId}\r\n` +
		`CSeq: ${head.cseq.number} ACK\r\n` +
		`${sentRoutes(head)}Content-Length: 0\r\n\r\n`
	);
}
