/** One question to the script: what its hook gets, and what becomes of what the hook returns. */
import type { Answer as Decided, HeaderEdit, Pass } from "../../proxy/decision.ts";
import type { HookName } from "../hooks.ts";
import type * as Public from "../sipwright.d.ts";
import type { Counted } from "./counted.ts";
import type { Log } from "./log.ts";

/** What crosses back, as JSON. */
export type Answer = {
	readonly decision?: Decided;
	readonly failure?: Failure;
	readonly log?: Log | undefined;
	readonly metrics?: Counted | undefined;
	/** Of a hook that has called the host: it waits if there is neither decision nor failure. */
	readonly ticket?: number | undefined;
};

export type Failure = {
	readonly code: "SCRIPT_THREW" | "SCRIPT_DECISION";
	readonly reason: string;
	/** Of the bundle; "" when there is none. */
	readonly stack: string;
	/** What it threw is that nobody outside has answered. */
	readonly outside?: true;
};

export interface Asked {
	/** Calls the hook. Throws what it throws. */
	run(routes: Public.Routes): unknown;
	/** An Answer, or the JSON of one that was given before. */
	answer(value: unknown): string | Answer;
}

/** `sender` is a `contextText` (ask-context.ts); `more` what the hook is told besides, JSON or "". */
export type Ask = (text: string, sender: string, more: string) => Asked;

export function refused(reason: string): Answer {
	return { failure: { code: "SCRIPT_DECISION", reason, stack: "" } };
}

export function noDecision(hook: HookName, value: unknown, expected: string): Answer {
	const got = value === undefined ? "nothing" : `a value of type ${typeof value}`;
	return refused(`${hook} returned ${got}; return ${expected}`);
}

/** The answer of a hook that leaves things as they are. */
export function passed(callee: Pass["callee"], edits: readonly HeaderEdit[]): string | Answer {
	if (callee === undefined && edits.length === 0) return NOTHING_CHANGED;
	return { decision: { kind: "pass", callee, edits } };
}

const NOTHING_CHANGED = JSON.stringify({
	decision: { kind: "pass", callee: undefined, edits: [] },
} satisfies Answer);
