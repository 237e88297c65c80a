/**
 * Loop detection: RFC 3261 §16.3 step 4 and §16.6 step 8, as RFC 5393 §4.2 has it. The second half
 * of our branch is a hash of what the request says to routing, and of what routing answered: the
 * target and the edits of the script. A script may decide on anything, a header or where the request
 * came from; whatever it was, it shows in its decision. So a request that is about to take a way that
 * it has taken before loops, and one that comes back and goes elsewhere is a spiral, and passes.
 */
import { tokenLength } from "../leg/scheme-token.ts";
import type { Head } from "../message/head.ts";
import type { Element } from "../message/list.ts";
import type { Request } from "../message/message.ts";
import { ParseError } from "../message/parse-error.ts";
import { parseVia, type Via } from "../message/via.ts";
import { isOnlyVia } from "../message/via-stack.ts";
import type { HeaderEdit } from "./decision.ts";
import type { Environment } from "./environment.ts";
import { Fingerprint } from "./fingerprint.ts";

const COOKIE = "z9hG4bK";
const UNIQUE_DIGITS = 16;
const HASH_DIGITS = 16;

/** Where a request is about to go, and what the script changes on it. */
export type Way = { readonly uri: string; readonly edits: readonly HeaderEdit[] };

/** A branch for a request that is forwarded statefully: unique, and telling of loops. */
export function statefulBranch(request: Request, way: Way, { random }: Environment): string {
	return COOKIE + random.hex(UNIQUE_DIGITS) + loopHash(request, way);
}

/** A branch that a repeat of the request gets again (§16.11). */
export function statelessBranch(request: Request): string {
	const { head } = request;
	return COOKIE + ofCall(head).add(head.via.text).hex() + loopHash(request, NOWHERE);
}

/** The second halves of the branches that the request got from us when it was here before; hardly ever any. */
export function earlierWays(request: Request, { own }: Environment): readonly string[] {
	if (isOnlyVia(request.head)) return NONE;
	const elements = request.head.elements("via");
	let found: string[] | undefined;
	for (let at = 1; at < elements.length; at += 1) {
		const { start, end } = elements[at] as Element;
		const via = readVia(request.text, start, end);
		if (via === undefined || !own.ownsSentBy(via.host, via.port, via.transport === "TLS")) continue;
		found ??= [];
		found.push((via.params.get("branch") ?? "").slice(-HASH_DIGITS));
	}
	return found ?? NONE;
}

/** Whether it went this way before, and nothing that routing looks at has changed since. */
export function isLoop(earlier: readonly string[], request: Request, way: Way): boolean {
	return earlier.length > 0 && earlier.includes(loopHash(request, way));
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

/** A `sip` and a `sips` form of one URI are the same for routing here. The method does not count (RFC 5393 §4.2.1). */
function loopHash(request: Request, { uri, edits }: Way): string {
	const { head } = request;
	const hash = ofCall(head).add(request.uri, tokenLength(request.uri, 0));
	for (const route of head.routes) hash.add(route.uri);
	hash.add(uri, tokenLength(uri, 0)).addNumber(head.routes.length);
	for (const { op, name, value } of edits) hash.add(op).add(name).add(value);
	return hash.hex();
}

function ofCall({ fromTag, toTag, callId, cseq }: Head): Fingerprint {
	return new Fingerprint()
		.add(fromTag ?? "")
		.add(toTag ?? "")
		.add(callId)
		.addNumber(cseq.number);
}

const NONE: readonly string[] = [];
const NOWHERE: Way = { uri: "", edits: [] };
