/**
 * What a script has to do with one branch: the scheme of its leg, edits on its request alone
 * (RFC 3261 §16.6 steps 2 and 5), and edits on its responses (§16.7 step 9).
 */
import type { Milliseconds } from "../base/clock.ts";
import { own } from "../base/own-text.ts";
import type { Scheme } from "../base/scheme.ts";
import type { Response } from "../message/message.ts";
import type { HeaderEdit } from "./decision.ts";
import type { Environment } from "./environment.ts";
import { fitting, refusedScheme } from "./one-scheme.ts";
import type { ProxyPort } from "./proxy-port.ts";
import type { Rejection } from "./rejection.ts";
import type { Branch } from "./response-context.ts";
import { type BranchLeg, ScriptedBranch } from "./scripted-branch.ts";
import { sessionTimer } from "./session-timer.ts";
import type { Target } from "./target-set.ts";

/** The edits on a response, before it goes to the caller. */
export function responseEdits(
	branch: Branch,
	response: Response,
	port: ProxyPort,
	now: Milliseconds,
): readonly HeaderEdit[] {
	const { script } = branch;
	if (script === undefined) return NONE;
	const { head, status } = response;
	const success = status >= 200 && status < 300;
	const tag = success ? own(head.toTag ?? "") : "";
	if (success && script.answered?.tag === tag) return script.answered.edits;
	const { edits } = port.answering(branch, script.leg, response, now);
	if (success) script.answered = { tag, edits };
	return edits;
}

const NONE: readonly HeaderEdit[] = [];

/** Asks the script about a branch that is about to be made; false where that may not be. */
export function shape(
	branch: Branch,
	port: ProxyPort,
	environment: Environment,
	now: Milliseconds,
): boolean {
	const { context } = branch;
	const asks = port.hears(context, "onBranch");
	if (!asks && !port.hears(context, "onResponse")) return true;
	const before = legOf(branch);
	if (!asks) {
		branch.script = new ScriptedBranch(before);
		return true;
	}
	const { callee, edits } = port.branching(branch, before, now);
	const fits = callee === undefined ? undefined : inScheme(branch, callee, environment);
	if (fits !== undefined && !("status" in fits)) branch.target = fits;
	const script = new ScriptedBranch(legOf(branch));
	branch.script = script;
	if (edits.length > 0) script.timer = sessionTimer(context.request, [...context.edits, ...edits]);
	if (fits === undefined || !("status" in fits)) return true;
	script.refused = fits;
	return false;
}

function legOf({ context, target }: Branch): BranchLeg {
	const { device, uri, scheme } = target;
	return { device, uri: own(uri), scheme, attempt: context.branches.length };
}

/** What else its device has for an address keeps its scheme: it is a branch of its own. */
function inScheme(branch: Branch, callee: Scheme, environment: Environment): Target | Rejection {
	const { context, target } = branch;
	const { next, backup } = target;
	const { targets, refused } = fitting(
		[{ ...target, next: undefined }],
		callee,
		context,
		environment,
	);
	const [fits] = targets;
	if (fits === undefined) return refusedScheme(refused, context, environment);
	return { ...fits, next, backup };
}
