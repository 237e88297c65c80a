/**
 * Which messages of a recording are new requests to us: those that scripts are asked about. What was
 * sent again, and what a proxy sent on, has the Call-ID, CSeq and tag of what came first.
 */
import { BoundedMap } from "../base/bounded-map.ts";
import type { Milliseconds } from "../base/clock.ts";
import { bounded, type Flow, type TransportName } from "../base/flow.ts";
import { canonicalAddress } from "../base/ip-address.ts";
import type { Request } from "../message/message.ts";
import { parseMessage } from "../message/parse-message.ts";
import { type Captured, looksLikeSip, type Place, type Tally } from "./captured.ts";
import { REQUESTS_KNOWN } from "./limits.ts";

export type NewRequest = {
	readonly time: Milliseconds;
	readonly transport: TransportName;
	readonly source: Place;
	readonly destination: Place | undefined;
	readonly request: Request;
};

/** Of documentation (RFC 5737): whoever sent a message that does not say from where. */
const NOBODY: Place = { host: "192.0.2.255", port: 5060 };

/** `ours`: hosts that are known to be; where some are in the recording, what went elsewhere is not to us. */
export function newRequests(
	messages: Iterable<Captured>,
	ours: ReadonlySet<string>,
	tally: Tally,
	now: Milliseconds,
): readonly NewRequest[] {
	const known = new BoundedMap<string, true>("requests", REQUESTS_KNOWN);
	const found: NewRequest[] = [];
	let time = now;
	for (const captured of messages) {
		time = captured.time ?? time;
		const request = requestOf(captured, tally);
		const why = request && oldOrUnasked(request, known);
		if (why !== undefined) tally.add(why);
		else if (request !== undefined) found.push({ ...placed(captured, request), time, request });
	}
	return toUs(found, ours, tally);
}

/** Why the scripts are not asked about it. */
function oldOrUnasked(
	{ head, method }: Request,
	known: BoundedMap<string, true>,
): string | undefined {
	const { callId, cseq, from, toTag } = head;
	const key = `${callId} ${cseq.number} ${method} ${from.params.get("tag") ?? ""}`;
	const again = known.has(key);
	known.push(key, true);
	if (again) return "requests that were sent again, or on";
	if (toTag !== undefined) return "requests in a dialog";
	return method === "ACK" || method === "CANCEL" ? "ACK and CANCEL requests" : undefined;
}

function requestOf({ text, transport }: Captured, tally: Tally): Request | undefined {
	if (!looksLikeSip(text)) return undefined;
	const message = parseMessage(text, bounded(transport) ? "datagram" : "stream");
	if (message.kind === "request") return message;
	tally.add(message.kind === "response" ? "responses" : "messages that are malformed");
	return undefined;
}

function placed(
	{ transport, source, destination }: Captured,
	{ head }: Request,
): Pick<NewRequest, "transport" | "source" | "destination"> {
	if (source !== undefined) return { transport, source, destination };
	const { host, port = 5060, params, transport: said } = head.via;
	const address = canonicalAddress(params.get("received") ?? host);
	const name = said.toLowerCase();
	const told = TRANSPORTS.find((one) => one === name) ?? transport;
	const from = address === undefined ? NOBODY : { host: address, port };
	return { transport: told, source: from, destination };
}

const TRANSPORTS: readonly TransportName[] = ["udp", "tcp", "tls", "ws", "wss"];

function toUs(
	found: readonly NewRequest[],
	ours: ReadonlySet<string>,
	tally: Tally,
): readonly NewRequest[] {
	const isOurs = ({ destination }: NewRequest) =>
		destination === undefined || ours.has(destination.host);
	if (!found.some((one) => one.destination !== undefined && isOurs(one))) return found;
	const kept = found.filter(isOurs);
	tally.add("requests to others", found.length - kept.length);
	return kept;
}

/** As the transports would say where it came from. */
export function flowOf({ transport, source }: NewRequest, listener: number): Flow {
	const connection = transport === "udp" ? 0 : 1;
	return { transport, listener, connection, ...source, serverName: undefined };
}
