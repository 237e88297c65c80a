/** An OPTIONS of our own: whether anybody is there (RFC 3261 §11). */
import type { Random } from "../base/random.ts";
import { ownUri } from "../leg/record-route.ts";
import { parseUri } from "../message/uri.ts";
import { viaValue } from "./forward-request.ts";
import type { OutgoingLeg } from "./outgoing-leg.ts";
import type { Target } from "./target-set.ts";

/** All four places in the scheme of the leg, as in every request to the device (secure signaling G2). */
export function optionsRequest(
	{ uri, path }: Pick<Target, "uri" | "path">,
	leg: OutgoingLeg,
	branch: string,
	random: Random,
): string {
	const { scheme } = leg;
	const { host } = leg.listener;
	const to = parseUri(uri);
	const user = to.user === undefined ? "" : `${to.user}@`;
	return [
		`OPTIONS ${uri} SIP/2.0`,
		`Via: ${viaValue(leg, branch)}`,
		"Max-Forwards: 70",
		...path.map((value) => `Route: ${value}`),
		`From: <${scheme}:${host}>;tag=${random.hex(UNIQUE_DIGITS)}`,
		// Neither a port nor a transport belongs there (RFC 3261 §19.1.1, Table 1).
		`To: <${scheme}:${user}${to.host}>`,
		`Call-ID: ${random.hex(UNIQUE_DIGITS)}@${host}`,
		"CSeq: 1 OPTIONS",
		`Contact: <${ownUri(leg)}>`,
		"Accept: application/sdp",
		"Content-Length: 0",
		"",
		"",
	].join("\r\n");
}

/** Of what tells pings, and with them their answers, apart. */
export const UNIQUE_DIGITS = 16;
