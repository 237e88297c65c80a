/** The hooks a script can define: plain ECMAScript, shared by the host and the isolate. */
export const HOOKS = ["onRequest"] as const;

export type HookName = (typeof HOOKS)[number];

/** Names that are planned: refused with a message of their own. */
export const LATER_HOOKS: readonly string[] = [
	"onBranch",
	"onResponse",
	"onFailure",
	"onInDialog",
	"onStart",
	"onTimer",
];
