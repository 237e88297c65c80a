/**
 * The hooks of a route script, what each of them is told and what it may answer. Exported by the
 * module "sipwright", whose functions are in sipwright.d.ts.
 */

import type {
	Address,
	Call,
	Device,
	Headers,
	Method,
	ReadHeaders,
	Request,
	Scheme,
	Uri,
} from "./sipwright-types.d.ts";

declare const decision: unique symbol;

/**
 * The answer of a hook. Made by `relay`, `fork`, `reply`, `redirect`, `save`, `challenge` and `drop`.
 *
 * @example
 * const closed = (): Decision => reply(403);
 */
export interface Decision {
	readonly [decision]: "forward" | "reply" | "save" | "challenge" | "drop";
}

/**
 * The request goes on: made by `relay` and `fork`.
 *
 * @example
 * const voicemail = (): Forward => relay("sip:vm@192.0.2.7");
 */
export interface Forward extends Decision {
	readonly [decision]: "forward";
}

/**
 * The request is answered: made by `reply` and `redirect`.
 *
 * @example
 * const busy = (): Reply => reply(486);
 */
export interface Reply extends Decision {
	readonly [decision]: "reply";
}

/**
 * The Contacts of a REGISTER are bound: made by `save`.
 *
 * @example
 * const bind = (): Save => save();
 */
export interface Save extends Decision {
	readonly [decision]: "save";
}

/**
 * The sender is asked for credentials: made by `challenge`.
 *
 * @example
 * const ask = (): Challenge => challenge();
 */
export interface Challenge extends Decision {
	readonly [decision]: "challenge";
}

/**
 * The request is not answered: made by `drop`.
 *
 * @example
 * const ignore = (): Drop => drop();
 */
export interface Drop extends Decision {
	readonly [decision]: "drop";
}

/**
 * Somebody who was called, and what came of it.
 *
 * @example
 * const tried = failure.targets.map(({ uri, status }) => `${uri.text} ${status}`);
 */
export interface TriedTarget {
	readonly device: Device | undefined;
	/** The Request-URI that it was called by. */
	readonly uri: Uri;
	/** Its final response; 408 without any, 503 when nobody could be reached there. */
	readonly status: number;
}

/**
 * Everybody who was called has failed.
 *
 * @example
 * if (failure.status === 486) return relay("sip:vm@192.0.2.7");
 */
export interface Failure {
	/** The request; edits of its headers are made on what is sent from now on. */
	readonly request: Request;
	/**
	 * Of the best of the responses so far (RFC 3261 §16.7). 408 when nobody answered in time, 503 when
	 * nobody could be reached, 480 when there was nobody to call.
	 */
	readonly status: number;
	/** Whether that is a response, or what came instead of one. */
	readonly reason: "response" | "timeout" | "unreachable";
	/** Of that response; undefined without one. */
	readonly headers: ReadHeaders | undefined;
	/** In the order in which they were called; empty when there was nobody to call. */
	readonly targets: readonly TriedTarget[];
	/** How often this request has failed: 1 the first time, 8 at most. */
	readonly attempt: number;
}

/**
 * The leg of one branch: the way to one target.
 *
 * @example
 * if (leg.device?.type === "Trunk") forceSip(leg);
 */
export interface BranchLeg {
	readonly side: "callee";
	/** That of the target, or what `forceSips` and `forceSip` made it. */
	readonly scheme: Scheme;
	readonly device: Device | undefined;
	/** The Request-URI, before the scheme of the leg is applied. */
	readonly uri: Uri;
	/** Which branch of its request it is, from 1. */
	readonly attempt: number;
}

/**
 * The leg that a response came on.
 *
 * @example
 * const carrier = leg.device?.type === "Trunk";
 */
export interface ResponseLeg {
	readonly device: Device | undefined;
	/** The Request-URI that was called. */
	readonly uri: Uri;
	readonly scheme: Scheme;
}

/**
 * A response, 101 to 699, on its way back to the caller.
 *
 * @example
 * if (response.status === 183) response.headers.remove("P-Early-Media");
 */
export interface Response {
	readonly status: number;
	/** The reason phrase. */
	readonly reason: string;
	/** Of the request that it answers. */
	readonly method: Method;
	readonly from: Address;
	readonly to: Address;
	readonly callId: string;
	/** Edits are made on what the caller gets. Session-Expires and Min-SE are for the endpoints to agree on. */
	readonly headers: Headers;
	/** "" when there is none. */
	readonly body: string;
}

/**
 * The dialog that a request belongs to.
 *
 * @example
 * const fromCallee = dialog.from === "callee";
 */
export interface Dialog {
	/** Whose request it is: of the side that began the dialog, or of the other. */
	readonly from: "caller" | "callee";
	readonly caller: { readonly scheme: Scheme };
	readonly callee: { readonly scheme: Scheme };
}

/**
 * One of the script's `timers` has come round.
 *
 * @example
 * if (timer.name === "sweep") await kv.delete("today");
 */
export interface Timer {
	readonly name: string;
}

/**
 * How often `onTimer` is asked.
 *
 * @example
 * const hourly: TimerOptions = { every: 3600 };
 */
export interface TimerOptions {
	/** Seconds, 1 to 86,400. */
	readonly every: number;
}

/**
 * The scripts are about to serve.
 *
 * @example
 * if (start.generation === 1) await kv.set("closed", false);
 */
export interface Start {
	/** As log and status number it. Those of number 1 are the first since the process began: `kv` is empty. */
	readonly generation: number;
}

/**
 * The hooks of a script. A hook is a question; what it returns is the answer. All but `onRequest` may
 * be left out. One that fails, but for `onRequest`, lets things go on as if it were not there.
 *
 * @example
 * const routes: Routes = { onRequest: () => reply(404) };
 */
export interface Routes {
	/**
	 * A new request: where does it go? It may wait for `kv` and the like: `async onRequest(…)`. Not asked
	 * about what a registrar sends to a phone along our Path: `onBranch` and `onResponse` are.
	 */
	onRequest(request: Request, call: Call): Decision | Promise<Decision>;
	/**
	 * Everybody who was called has failed, and the caller has not given up: who is called now, or what
	 * is answered? Undefined: the best response goes to the caller. After a 6xx nobody else may be
	 * called, nor where the Request-URI is not ours; no URI is called twice. It may wait.
	 */
	onFailure?(
		failure: Failure,
		call: Call,
	): Forward | Reply | undefined | Promise<Forward | Reply | undefined>;
	/**
	 * A branch is about to be made: the scheme of its leg, and edits of `request.headers` on this branch
	 * alone. Asked before the target's address is looked up; it cannot wait.
	 */
	onBranch?(request: Request, leg: BranchLeg): undefined;
	/** A response goes back to the caller of a new request: edits of its headers. It cannot wait. */
	onResponse?(response: Response, leg: ResponseLeg): undefined;
	/**
	 * A request within a dialog, but ACK and CANCEL: it goes on, with edits of its headers, unless it is
	 * answered or dropped. Asked of the scripts that serve now. It may wait.
	 */
	onInDialog?(
		request: Request,
		dialog: Dialog,
	): Reply | Drop | undefined | Promise<Reply | Drop | undefined>;
	/** What `onTimer` is asked about, by name: 16 at most. */
	readonly timers?: Readonly<Record<string, TimerOptions>>;
	/**
	 * A timer has come round: first `every` seconds after the scripts begin to serve, and as long as they
	 * do. It may wait; a turn that comes while the one before still waits is left out.
	 */
	onTimer?(timer: Timer): void | Promise<void>;
	/**
	 * Asked once, before the scripts serve: what it throws keeps them from serving, and so does a deadline
	 * that passes. It may wait. What it keeps in variables is there for every hook.
	 */
	onStart?(start: Start): void | Promise<void>;
}

// biome-ignore lint/complexity/noUselessEmptyExport: without it, what does not say export is exported too
export {};
