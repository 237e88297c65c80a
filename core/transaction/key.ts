/**
 * What belongs to one transaction: RFC 3261 §17.1.3 (responses), §17.2.3 (requests) and §9.2.
 *
 * Keys are strings of their own, never slices of a message: a slice would keep the whole message.
 * Branches and hosts are compared without case (§7.3.1, §19.1.4).
 */
import { flat } from "../base/own-text.ts";
import type { Request } from "../message/message.ts";
import type { Via } from "../message/via.ts";

/** Key of the client transaction that a Via branch and a CSeq method belong to (§17.1.3). */
export function clientKey(branch: string, method: string): string {
	const folded = branch.toLowerCase();
	return method === CANCEL ? cancelKey(folded) : folded;
}

/**
 * Key of the server transaction that a request belongs to, its method left out: so an ACK and a
 * CANCEL have the key of their INVITE (§9.2), and a CANCEL's own transaction has `cancelKey` of it.
 */
export function serverKey(request: Request): string {
	const { via } = request.head;
	const branch = via.params.get("branch");
	if (!hasCookie(branch)) return legacyKey(request, via);
	return flat(`${branch.toLowerCase()} ${via.host.toLowerCase()}:${via.port ?? ""}`);
}

export function cancelKey(key: string): string {
	return flat(`${key} ${CANCEL}`);
}

/** The key of a request whose `serverKey` is taken by one that it does not match. */
export function secondKey(key: string, request: Request): string {
	return `${key} ${request.method} ${request.head.toTag ?? ""}`;
}

/** Whether the branch is unique by RFC 3261: the cookie alone is no identifier (RFC 4475 §3.2.1). */
export function hasCookie(branch: string | undefined): branch is string {
	if (branch === undefined || branch.length <= COOKIE.length) return false;
	return branch.startsWith("z9hG4bK") || branch.slice(0, COOKIE.length).toLowerCase() === COOKIE;
}

/**
 * §17.2.3 for a client of RFC 2543, without the To tag, in which an ACK differs from its INVITE:
 * the transaction compares that itself.
 */
function legacyKey(request: Request, via: Via): string {
	const { fromTag, callId, cseq } = request.head;
	return flat(`${request.uri} ${fromTag ?? ""} ${callId} ${cseq.number} ${viaAsSent(via)}`);
}

/** The Via as the client sent it: we may have added `received` and `rport` (§17.2.3, §18.2.1). */
function viaAsSent(via: Via): string {
	let text = `${via.transport} ${via.host.toLowerCase()}:${via.port ?? ""}`;
	for (const [name, value] of via.params)
		if (name !== "received" && name !== "rport") text += `;${name}=${value ?? ""}`;
	return text;
}

const CANCEL = "CANCEL";
const COOKIE = "z9hg4bk";
