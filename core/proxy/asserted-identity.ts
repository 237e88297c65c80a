/**
 * Who somebody says to be, where the network vouches for it: RFC 3325 §5 to §7. P-Asserted-Identity counts among those we
 * trust: the `trusted` networks, trunks and services. From anybody else it is a claim, and is taken out.
 */
import type { Flow } from "../base/flow.ts";
import type { Head } from "../message/head.ts";
import type { HeaderEdit } from "./decision.ts";
import type { Directory } from "./directory.ts";
import { longName } from "./header-edits.ts";

/**
 * The edits on a message that came along one flow and leaves along another: those given, and what
 * has to go. Nothing is made where nothing is asserted.
 */
export function identityEdits(
	head: Head,
	came: Flow,
	leaves: Flow,
	directory: Directory,
	edits: readonly HeaderEdit[],
): readonly HeaderEdit[] {
	const asserted = head.has("p-asserted-identity");
	const preferred = head.has("p-preferred-identity");
	const ours = lastOf(edits, "p-asserted-identity");
	if (!asserted && !preferred && ours === undefined) return edits;

	const before: HeaderEdit[] = [];
	// §6: a hint to the first proxy, and to no other.
	if (preferred) before.push(removal("P-Preferred-Identity"));
	if (asserted && !isTrusted(came, directory)) before.push(removal("P-Asserted-Identity"));
	const hidden = wantsPrivacy(head, edits) && !isTrusted(leaves, directory);
	const after = hidden ? [removal("P-Asserted-Identity")] : [];
	return before.length + after.length === 0 ? edits : [...before, ...edits, ...after];
}

/** §9.3. What a script sets is what is sent. */
function wantsPrivacy(head: Head, edits: readonly HeaderEdit[]): boolean {
	const ours = lastOf(edits, "privacy");
	if (ours !== undefined) return asksForId(ours.value);
	for (let line = head.first("privacy"); line !== -1; line = head.next(line))
		if (asksForId(head.value(line))) return true;
	return false;
}

function asksForId(privacy: string): boolean {
	return privacy.split(/[;,]/).some((value) => value.trim().toLowerCase() === "id");
}

function isTrusted(flow: Flow, directory: Directory): boolean {
	if (directory.trusted(flow.host)) return true;
	return VOUCH_FOR_OTHERS.includes(directory.deviceAt(flow)?.type ?? "");
}

/** They bring calls of others, and say whose. */
const VOUCH_FOR_OTHERS: readonly string[] = ["Trunk", "Voice over IP Service"];

function lastOf(edits: readonly HeaderEdit[], name: string): HeaderEdit | undefined {
	return edits.length === 0 ? undefined : edits.findLast((edit) => longName(edit.name) === name);
}

function removal(name: string): HeaderEdit {
	return { op: "remove", name, value: "" };
}
