/** What the host calls: one function per question, strings in, one string out. */
import { LegError } from "../../leg/leg-error.ts";
import { ParseError } from "../../message/parse-error.ts";
import type { Decision } from "../../proxy/decision.ts";
import type { HookName } from "../hooks.ts";
import { STACK_LENGTH_MAX } from "../limits.ts";
import type * as Public from "../sipwright.d.ts";
import { ScriptCall } from "./call.ts";
import { Choice } from "./choice.ts";
import { isRoutes } from "./define-routes.ts";
import { type Log, takeLog } from "./log.ts";
import { ScriptRequest } from "./request.ts";
import { senderOf } from "./sender.ts";

/** What crosses back, as JSON. */
export type Answer = {
	readonly decision?: Decision;
	readonly failure?: Failure;
	readonly log?: Log;
};
export type Failure = {
	readonly code: "SCRIPT_THREW" | "SCRIPT_DECISION";
	readonly reason: string;
	/** Of the bundle; "" when there is none. */
	readonly stack: string;
};

export type AskHook = (text: string, sender: string) => string;
export type Runtime = {
	/** Answers a hook with the JSON of an Answer. `sender` is a `contextText` (ask-context.ts). */
	readonly ask: Readonly<Record<HookName, AskHook>>;
	/** Why the default export is no script; undefined when it is one. */
	fault(): string | undefined;
	/** The JSON of a Log with what was written and not yet taken; undefined for nothing. */
	log(): string | undefined;
	/** Whether that many octets more fit into the heap: V8 collects its garbage to find out. */
	fits(octets: number): boolean;
};

/** Kept from before the script runs, which may well patch its own globals. */
const { parse, stringify } = JSON;
const Buffer = ArrayBuffer;
const { transfer } = ArrayBuffer.prototype;
const { slice } = String.prototype;
const { apply } = Reflect;
/** When not even a failure can be told. */
const UNTOLD = stringify({
	failure: {
		code: "SCRIPT_THREW",
		reason: "a built-in that the answer is made with was changed, and threw",
		stack: "",
	},
} satisfies Answer);

export function openRuntime(script: { readonly default?: unknown }): Runtime {
	const routes = script.default;
	return {
		ask: { onRequest: (text, sender) => ask(routes as Public.Routes, "onRequest", text, sender) },
		fault: () => exportFault(script),
		log: () => stringify(takeLog()),
		fits: (octets) => {
			try {
				// Detached at once, so that nothing of that size waits for the next collection.
				apply(transfer, new Buffer(octets), [0]);
				return true;
			} catch {
				return false;
			}
		},
	};
}

/** Nothing is thrown across. */
function ask(routes: Public.Routes, hook: HookName, text: string, sender: string): string {
	try {
		return answer(routes, hook, text, sender);
	} catch (error) {
		try {
			return stringify(failed(error));
		} catch {
			return UNTOLD;
		}
	}
}

function exportFault(script: { readonly default?: unknown }): string | undefined {
	if (!("default" in script))
		return "the script has no default export; write export default defineRoutes({ … })";
	if (!isRoutes(script.default))
		return "the default export is not made by defineRoutes; write export default defineRoutes({ … })";
	return undefined;
}

function answer(routes: Public.Routes, hook: HookName, text: string, sender: string): string {
	let result: string | Answer;
	try {
		result = decide(routes, hook, text, sender);
	} catch (error) {
		result = failed(error);
	}
	const log = takeLog();
	if (log === undefined) return typeof result === "string" ? result : stringify(result);
	return stringify(typeof result === "string" ? { ...parse(result), log } : { ...result, log });
}

/** An Answer, or the JSON of one that was given before. */
function decide(
	routes: Public.Routes,
	hook: HookName,
	text: string,
	sender: string,
): string | Answer {
	const from = senderOf(sender);
	const request = new ScriptRequest(text, from);
	const call = new ScriptCall(from.caller);
	const value: unknown = routes[hook](request, call);
	if (!Choice.is(value)) return refused(noDecision(hook, value));
	const draft = Choice.draft(value);
	if (draft.kind === "save" && request.method !== "REGISTER")
		return refused(`save() answers a REGISTER, not ${request.method}`);
	if (draft.kind === "save")
		return { decision: { kind: "save", contacts: ScriptRequest.contacts(request) } };
	if (draft.kind !== "relay") return Choice.usual(value);
	const { scheme } = call.callee;
	const edits = ScriptRequest.edits(request);
	if (scheme === undefined && edits.length === 0) return Choice.usual(value);
	return { decision: { ...draft, callee: scheme, edits } };
}

function refused(reason: string): Answer {
	return { failure: { code: "SCRIPT_DECISION", reason, stack: "" } };
}

function noDecision(hook: HookName, value: unknown): string {
	if (isThenable(value))
		return `${hook} returned a Promise: hooks answer at once, host calls that wait come later`;
	const got = value === undefined ? "nothing" : `a value of type ${typeof value}`;
	return `${hook} returned ${got}; return relay(…), reply(404) or another decision`;
}

function isThenable(value: unknown): boolean {
	return typeof value === "object" && value !== null && "then" in value;
}

/** The peer's fault is answered with its status; anything else that was thrown is the script's. */
function failed(error: unknown): Answer {
	if (error instanceof ParseError || error instanceof LegError)
		return { decision: { kind: "reply", status: error.status, reason: undefined, edits: [] } };
	const [reason, stack] = describe(error);
	return {
		failure: { code: "SCRIPT_THREW", reason, stack: apply(slice, stack, [0, STACK_LENGTH_MAX]) },
	};
}

function describe(error: unknown): [reason: string, stack: string] {
	try {
		if (error instanceof Error) return [`${error.name}: ${error.message}`, String(error.stack)];
		return [`threw ${String(error)}`, ""];
	} catch {
		return ["threw a value that cannot be shown", ""];
	}
}
