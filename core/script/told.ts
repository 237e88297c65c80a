/** What a hook is told besides its message: it crosses as JSON. URIs are as they stand on the wire. */
import type { Scheme } from "../base/scheme.ts";
import type { Side } from "../leg/leg.ts";
import type { HeaderEdit } from "../proxy/decision.ts";

/** One branch, in the scheme of its leg. */
export type ToldLeg = {
	/** Name of a device. */
	readonly device: string | undefined;
	readonly uri: string;
	readonly scheme: Scheme;
	/** Which branch of its request it is, from 1. */
	readonly attempt: number;
};

/** `edits`: those that earlier hooks made on the request. */
export type ToldBranch = ToldLeg & { readonly edits: readonly HeaderEdit[] };

export type ToldFailure = {
	readonly status: number;
	readonly reason: "response" | "timeout" | "unreachable";
	/** Which failure of its request it is, from 1. */
	readonly attempt: number;
	readonly targets: readonly (Pick<ToldLeg, "device" | "uri"> & { readonly status: number })[];
	/** The best response, where one came. */
	readonly response: string | undefined;
	readonly edits: readonly HeaderEdit[];
};

export type ToldDialog = {
	readonly from: Side;
	readonly caller: Scheme;
	readonly callee: Scheme;
};
