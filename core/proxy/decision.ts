/** What a hook's answer means to the proxy: made by script/ from what the isolate returned, taken here. */
import type { Milliseconds } from "../base/clock.ts";
import type { Scheme } from "../base/scheme.ts";
import type { Secret } from "../base/user.ts";

/** What the script changes on what is forwarded or answered. */
export type HeaderEdit =
	/** A header field that it set, added or removed. */
	| {
			readonly op: "set" | "add" | "remove";
			readonly name: string;
			/** Empty for `remove`. */
			readonly value: string;
	  }
	| BodyEdit;

/** Another body in the place of the one received: the last one counts. */
export type BodyEdit = {
	readonly op: "body";
	readonly name: "Content-Type";
	/** Of Content-Type; empty to leave it as it is, or where there is no body any more. */
	readonly value: string;
	/** One character per octet. */
	readonly body: string;
};

/** Where a script wants a request to go: RFC 3261 §16.5. */
export type TargetChoice =
	/**
	 * A configured device, at its contact or its bindings. `number` replaces the dialled one; `exact`:
	 * the one in its contact or binding, too. `turns`: a trunk that takes turns with those of its kind
	 * next to it, which serve the number as well.
	 */
	| {
			readonly kind: "device";
			readonly name: string;
			readonly number: string | undefined;
			readonly exact?: true | undefined;
			readonly turns?: true | undefined;
	  }
	| { readonly kind: "uri"; readonly uri: string }
	/** Wherever the Request-URI points to. */
	| { readonly kind: "request-uri" };

/** In which order targets are called, and for how long: RFC 3261 §16.6. */
export type Forking = {
	/**
	 * By q: the highest first, equal ones at once. Or all at once; or one after the other, as listed.
	 * failover: as serial, but only until one of them can be reached, whatever it answers.
	 */
	readonly order: "q" | "parallel" | "serial" | "failover";
	/** What those that are called together have to answer an INVITE, under failover to ring; undefined: until Timer C. */
	readonly timeout: Milliseconds | undefined;
	/** Whether the Contacts of a 3xx are called in place of whoever sent it (§16.7 step 4). */
	readonly recurse: boolean;
	/** Whether bindings that its devices register meanwhile are called as well (§16.5). */
	readonly late?: boolean | undefined;
};

/** What a script gets that asks for nothing else. */
export const DEFAULT_FORKING: Forking = { order: "q", timeout: undefined, recurse: false };

export type Decision =
	/** Several targets are a fork (§16.6). */
	| {
			readonly kind: "relay";
			readonly targets: readonly TargetChoice[];
			/** Absent: by q, and no 3xx is followed. */
			readonly fork?: Forking;
			/** The scheme that `forceSips` or `forceSip` gave every callee leg. */
			readonly callee: Scheme | undefined;
			readonly edits: readonly HeaderEdit[];
	  }
	| {
			readonly kind: "reply";
			readonly status: number;
			readonly reason: string | undefined;
			readonly edits: readonly HeaderEdit[];
	  }
	| { readonly kind: "redirect"; readonly status: number; readonly contacts: readonly string[] }
	/** Bind the Contacts of a REGISTER: as edited by the script, in the order of the request. */
	| { readonly kind: "save"; readonly contacts: readonly string[] | undefined }
	| ChallengeDecision
	/** No answer at all. */
	| { readonly kind: "drop" };

/** 401 for a REGISTER, 407 for anything else (RFC 3261 §22.1). */
export type ChallengeDecision = {
	readonly kind: "challenge";
	/** Absent: for the users of the configuration. */
	readonly login?: Login | undefined;
};

/** What a script knows of the user that the request names. */
export type Login = {
	/** Octets; undefined: that of the configuration. */
	readonly realm?: string | undefined;
	/** Undefined: there is no such user. */
	readonly secret?: Secret | undefined;
	/** The name of the user's device; undefined: that of the user. */
	readonly device?: string | undefined;
};

/** A hook that may leave things as they are did so: the request or response goes on. */
export type Pass = {
	readonly kind: "pass";
	/** The scheme that `forceSips` or `forceSip` gave the leg. */
	readonly callee: Scheme | undefined;
	readonly edits: readonly HeaderEdit[];
};

/** What a hook may answer, whichever it is. */
export type Answer = Decision | Pass;
