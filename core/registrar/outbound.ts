/** Whether the rules of RFC 5626 apply to a REGISTER: §6, §11.6. */
import type { Head } from "../message/head.ts";
import { uriParam } from "../message/uri.ts";
import type { Candidate } from "./contact.ts";
import type { PathValue } from "./path.ts";
import type { Refusal } from "./refusal.ts";

/**
 * Whether reg-id is about a flow that is kept: we hold it ourselves, or the proxy next to the device
 * does and says so. That one wrote the last Path value: §5.1 lets nobody else write `ob`.
 */
export function firstHopTakesPart(head: Head, path: readonly PathValue[]): boolean {
	if (head.elements("via").length === 1) return true;
	const nearest = path.at(-1);
	return nearest !== undefined && uriParam(nearest.uri, "ob") !== undefined;
}

/** A device that counts on outbound has to hear that it gets none. */
export function refuseFirstHop(head: Head, candidates: readonly Candidate[]): Refusal | undefined {
	const lacking = candidates.some(
		({ flowAsked, binding }) => flowAsked && binding.regId === undefined,
	);
	if (!lacking || !supportsOutbound(head)) return undefined;
	return { status: 439, reason: "First Hop Lacks Outbound Support" };
}

export function supportsOutbound(head: Head): boolean {
	return head.tokens("supported").includes("outbound");
}
