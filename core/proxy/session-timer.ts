/**
 * Session timers that a script asks for: RFC 4028 §8. Whatever it sets in Session-Expires and Min-SE, what goes
 * out keeps to what a proxy may do, so that both ends can agree. Without such an edit everything passes as it is.
 */
import type { Head } from "../message/head.ts";
import type { Request, Response } from "../message/message.ts";
import { ParseError } from "../message/parse-error.ts";
import type { Patch } from "../message/patch.ts";
import { parseDeltaSeconds } from "../message/scalars.ts";
import type { HeaderEdit } from "./decision.ts";
import { longName } from "./header-edits.ts";

export type SessionTimer = {
	readonly edits: readonly HeaderEdit[];
	/** Seconds, where a timer was asked for and the caller can do it: what a 2xx that has none is told (§8.2). */
	readonly interval: number | undefined;
};

/** Seconds that count without a Min-SE, and the least that one may say (§4, §5). */
const MIN_SE = 90;

export function sessionTimer(request: Request, edits: readonly HeaderEdit[]): SessionTimer {
	const expires = edits.findLast(({ name }) => longName(name) === "session-expires");
	const least = edits.findLast(({ name }) => longName(name) === "min-se");
	if ((expires ?? least) === undefined || request.method !== "INVITE")
		return { edits, interval: undefined };

	const { head } = request;
	const supported = names(head, "supported") === true;
	const kept = edits.filter(({ name }) => !TIMER_HEADERS.includes(longName(name)));
	const received = seconds(head.text1("min-se")) ?? MIN_SE;
	// §8.1: a caller that supports timers says itself what it can bear.
	const raised = supported ? undefined : seconds(least?.value);
	const minimum = Math.max(received, raised ?? 0);
	if (raised !== undefined) kept.push({ op: "set", name: "Min-SE", value: String(minimum) });
	if (expires?.op === "remove") return { edits: [...kept, expires], interval: undefined };

	const value = head.text1("session-expires");
	const interval = intervalOf(seconds(value), seconds(expires?.value), minimum);
	if (interval === undefined) return { edits: kept, interval: undefined };
	kept.push({ op: "set", name: "Session-Expires", value: `${interval}${parameters(value)}` });
	return { edits: kept, interval: supported ? interval : undefined };
}

/** §8.2: nobody further down has answered for the timer, so the caller is told of it. */
export function answerTimer(patch: Patch, { head }: Response, interval: number): void {
	if (head.has("session-expires")) return;
	patch.append("Session-Expires", `${interval};refresher=uac`);
	const line = head.first("require");
	const required = names(head, "require");
	if (line === -1 || required === undefined) patch.append("Require", "timer");
	else if (!required) patch.replace(head.valueEnd(line), head.valueEnd(line), ", timer");
}

/** Whether a list of option tags has this one; undefined where it is no list: it was not checked on arrival. */
function names(head: Head, header: "supported" | "require"): boolean | undefined {
	try {
		return head.tokens(header).includes("timer");
	} catch (error) {
		if (error instanceof ParseError) return undefined;
		throw error;
	}
}

/** §8.1: added, or made shorter; never below the minimum, and never longer but to reach it. */
function intervalOf(
	received: number | undefined,
	wanted: number | undefined,
	minimum: number,
): number | undefined {
	if (received === undefined) return wanted === undefined ? undefined : Math.max(wanted, minimum);
	return Math.max(Math.min(wanted ?? received, received), minimum);
}

function seconds(value: string | undefined): number | undefined {
	return value === undefined ? undefined : parseDeltaSeconds(value.split(";")[0]?.trim() ?? "");
}

/** Who refreshes is not ours to say: `;refresher=uas` stays as it came. */
function parameters(value = ""): string {
	const at = value.indexOf(";");
	// A quoted parameter may hold a NUL, which cannot be written anew.
	return at === -1 || value.includes("\0") ? "" : value.slice(at);
}

const TIMER_HEADERS: readonly string[] = ["session-expires", "min-se"];
