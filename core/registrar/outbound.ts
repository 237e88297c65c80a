/** Whether the rules of RFC 5626 apply to a REGISTER: §6. */
import type { Head } from "../message/head.ts";
import { uriParam } from "../message/uri.ts";
import type { PathValue } from "./path.ts";

/**
 * Whether reg-id is about a flow that is kept: we hold it ourselves, or the proxy next to the device
 * does and says so. That one wrote the last Path value: §5.1 lets nobody else write `ob`.
 */
export function firstHopTakesPart(head: Head, path: readonly PathValue[]): boolean {
	if (head.elements("via").length === 1) return true;
	const nearest = path.at(-1);
	return nearest !== undefined && uriParam(nearest.uri, "ob") !== undefined;
}

export function supportsOutbound(head: Head): boolean {
	return head.tokens("supported").includes("outbound");
}
