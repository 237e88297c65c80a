/**
 * Loop detection: RFC 3261 §16.3 step 4 and §16.6 step 8, as RFC 5393 §4.2 has it. The second half
 * of our branch is a hash of what routing looks at: a request that comes back with the same hash
 * would be routed the same way again. One that comes back changed is a spiral, and passes.
 */
import type { Request } from "../message/message.ts";
import { ParseError } from "../message/parse-error.ts";
import { parseVia, type Via } from "../message/via.ts";
import type { Environment } from "./environment.ts";
import { fingerprint } from "./fingerprint.ts";

const COOKIE = "z9hG4bK";
const UNIQUE_DIGITS = 16;

/** A branch for a request that is forwarded statefully: unique, and telling of loops. */
export function statefulBranch(request: Request, { random }: Environment): string {
	return COOKIE + random.hex(UNIQUE_DIGITS) + loopHash(request);
}

/** A branch that a repeat of the request gets again (§16.11). */
export function statelessBranch(request: Request): string {
	const { via, fromTag, toTag, callId, cseq } = request.head;
	const parts = [via.text, fromTag ?? "", toTag ?? "", callId, String(cseq.number)];
	return COOKIE + fingerprint(parts) + loopHash(request);
}

/** Whether this request has been here before, and would go the same way again. */
export function isLoop(request: Request, { own }: Environment): boolean {
	let hash: string | undefined;
	for (const { start, end } of request.head.elements("via").slice(1)) {
		const via = readVia(request.text, start, end);
		if (via === undefined || !own.ownsSentBy(via.host, via.port, via.transport === "TLS")) continue;
		hash ??= loopHash(request);
		if (via.params.get("branch")?.endsWith(hash)) return true;
	}
	return false;
}

/** Undefined where it cannot be read: then it is not one of ours, and no reason to refuse (RFC 5393 §4.2.2). */
function readVia(text: string, start: number, end: number): Via | undefined {
	try {
		return parseVia(text, start, end);
	} catch (error) {
		if (error instanceof ParseError) return undefined;
		throw error;
	}
}

/** A `sip` and a `sips` form of one Request-URI are the same for routing here. */
function loopHash(request: Request): string {
	const { fromTag, toTag, callId, cseq } = request.head;
	const uri = request.uri.replace(/^sips:/i, "sip:");
	const routes = request.head.routes.map((route) => route.uri).join(",");
	return fingerprint([uri, fromTag ?? "", toTag ?? "", callId, String(cseq.number), routes]);
}
