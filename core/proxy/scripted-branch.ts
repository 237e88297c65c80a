/** What a branch keeps where the script has a say in it (branch-script.ts). */
import type { Scheme } from "../base/scheme.ts";
import type { HeaderEdit } from "./decision.ts";
import type { Rejection } from "./rejection.ts";
import type { SessionTimer } from "./session-timer.ts";

/** As the script is told of it: kept beyond the request. */
export type BranchLeg = {
	readonly device: string | undefined;
	readonly uri: string;
	readonly scheme: Scheme;
	/** Which branch of its request it is, from 1. */
	readonly attempt: number;
};

export class ScriptedBranch {
	readonly leg: BranchLeg;
	/** What goes out on this branch, where it is not what goes out on all. */
	timer: SessionTimer | undefined;
	/** Why it is not made. */
	refused: Rejection | undefined;
	/** The last 2xx and what the script did to it: a repeat of it is made the same. */
	answered: { readonly tag: string; readonly edits: readonly HeaderEdit[] } | undefined;

	constructor(leg: BranchLeg) {
		this.leg = leg;
	}

	/** The request was sent, and is not sent again. */
	settle(): void {
		if (this.timer !== undefined) this.timer = { ...this.timer, edits: NONE };
	}
}

const NONE: readonly HeaderEdit[] = [];
