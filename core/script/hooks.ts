/** The hooks a script can define: plain ECMAScript, shared by the host and the isolate. */
import type { Decision, Pass } from "../proxy/decision.ts";

export const HOOKS = [
	"onRequest",
	"onFailure",
	"onBranch",
	"onResponse",
	"onInDialog",
	"onTimer",
	"onStart",
] as const;

export type HookName = (typeof HOOKS)[number];

/** What each of them decides. */
export type Answers = {
	readonly onRequest: Decision;
	readonly onFailure: Extract<Decision, { kind: "relay" | "reply" | "redirect" }> | Pass;
	readonly onBranch: Pass;
	readonly onResponse: Pass;
	readonly onInDialog: Extract<Decision, { kind: "reply" | "redirect" | "drop" }> | Pass;
	readonly onTimer: Pass;
	readonly onStart: Pass;
};

/** Those that a request is asked about first. The others hear of what became of it. */
export const REQUEST_HOOKS: readonly HookName[] = ["onRequest", "onInDialog"];

/** Those that may await host calls. The others answer at once. */
export const WAITING_HOOKS: readonly HookName[] = [
	"onRequest",
	"onFailure",
	"onInDialog",
	"onTimer",
	"onStart",
];

/** Whether a text from an isolate names a hook. */
export function isHook(name: unknown): name is HookName {
	return (HOOKS as readonly unknown[]).includes(name);
}

/** What a hook is asked: as few texts as it needs, since each that crosses costs. */
export type HookArguments = [text: string, sender: string, more?: string, record?: string];
