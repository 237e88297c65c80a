/** Response forwarding: RFC 3261 §16.7 steps 3, 7, 8 and 9. */
import { reliable } from "../base/flow.ts";
import { restoreResponse } from "../leg/apply-leg.ts";
import { other } from "../leg/leg.ts";
import { addContentLength } from "../message/content-length.ts";
import type { Response } from "../message/message.ts";
import { ParseError } from "../message/parse-error.ts";
import { Patch } from "../message/patch.ts";
import { writeVersion } from "../message/version.ts";
import { popVia } from "../message/via-stack.ts";
import { identityEdits } from "./asserted-identity.ts";
import type { HeaderEdit } from "./decision.ts";
import type { Directory } from "./directory.ts";
import { applyEdits } from "./header-edits.ts";
import { onLeg } from "./leg-edits.ts";
import type { Branch, Candidate } from "./response-context.ts";
import { isPing } from "./service-check.ts";
import { answerTimer } from "./session-timer.ts";

/**
 * Whether the caller's Via stands below ours and can be told apart from it (§16.7 step 3). The
 * answer to a CANCEL or a ping of ours has no other, and goes nowhere.
 */
export function canForward({ head }: Response): boolean {
	if (head.cseq.method === "CANCEL") return true;
	const line = head.first("via");
	if (head.via.end === head.valueEnd(line)) return head.next(line) !== -1 || isPing(head.via);
	try {
		return head.elements("via").length > 1;
	} catch (error) {
		if (error instanceof ParseError) return false;
		throw error;
	}
}

/** The response as the caller gets it. `others`: what the other branches of the context brought. `edits`: the script's. */
export function forwardResponse(
	response: Response,
	branch: Branch,
	others: readonly Candidate[],
	directory: Directory,
	edits: readonly HeaderEdit[],
): string {
	const patch = popVia(writeVersion(new Patch(response)));
	const { context, passage, client, sessionInterval } = branch;
	const { request, flow } = context.server;
	if (passage !== undefined) {
		const { legs, state, entries } = passage;
		restoreResponse(patch, response, request, legs, state, entries);
	}
	if (client !== undefined) {
		const made =
			passage === undefined ? edits : onLeg(edits, passage.legs, other(passage.legs.toward));
		applyEdits(patch, identityEdits(response.head, client.flow, flow, directory, made));
	}
	if (sessionInterval !== undefined && response.status >= 200 && response.status < 300)
		answerTimer(patch, response, sessionInterval);
	if (response.status === 401 || response.status === 407) addChallenges(patch, response, others);
	// The callee may have answered over UDP, where it can be left out (§18.3, §20.14).
	if (reliable(flow.transport)) addContentLength(patch);
	return patch.text();
}

/** Step 7: the caller answers the challenges of all branches at once. */
function addChallenges(patch: Patch, chosen: Response, others: readonly Candidate[]): void {
	for (const { status, response } of others) {
		if (response === undefined || response === chosen || (status !== 401 && status !== 407))
			continue;
		for (const [name, spelling] of CHALLENGES)
			for (const { line } of response.head.elements(name))
				append(patch, spelling, response.head.value(line));
	}
}

/** A value with a NUL, which a quoted string may hold, cannot be written into another message. */
function append(patch: Patch, name: string, value: string): void {
	if (!value.includes("\0")) patch.append(name, value);
}

const CHALLENGES = [
	["www-authenticate", "WWW-Authenticate"],
	["proxy-authenticate", "Proxy-Authenticate"],
] as const;
