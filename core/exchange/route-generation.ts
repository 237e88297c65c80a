/** The route scripts as the exchange asks them. */
import type { Request } from "../message/message.ts";
import type { Answer } from "../proxy/decision.ts";
import type { AskContext } from "../script/ask-context.ts";
import type { TimerOfScript } from "../script/defined.ts";
import type { HookName } from "../script/hooks.ts";
import type { HostCall, HostResult } from "../script/host-call.ts";
import type { ScriptError } from "../script/script-error.ts";
import type { WaitingHook } from "../script/waiting-hook.ts";

/** The generation that a new request gets serves it to its end. */
export type RouteScripts = {
	generationFor(request: Request, device: string | undefined, address: string): RouteGeneration;
	/** Those that new requests get: more than one while others are tried. */
	readonly serving: readonly RouteGeneration[];
};

export type RouteGeneration = {
	defines(hook: HookName): boolean;
	/** `onTimer` is asked about these while it serves. */
	readonly timers: readonly TimerOfScript[];
	/** `more`: what the hook is told besides. One that waits decides later: `nextDecided`. */
	ask(
		hook: HookName,
		text: string,
		context: AskContext,
		more?: string,
	): Answer | ScriptError | WaitingHook;
	/** A host call or a decision is there to be fetched. */
	readonly busy: boolean;
	nextCall(): HostCall | undefined;
	nextDecided(): WaitingHook | undefined;
	answer(call: HostCall, result: HostResult): void;
	/** Its decision is not wanted any more; what it called goes on until `endCalls`. */
	abandon(hook: WaitingHook, reason?: string): ScriptError | undefined;
	endCalls(hook: WaitingHook): void;
	readonly limits: { readonly deadlineMs: number };
	retain(): void;
	/** The request has its final response. */
	answered(status: number): void;
	release(): void;
};
