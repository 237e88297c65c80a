/** The messages of one call, or of all, as a ladder. Kept only when a run is repeated to be looked at. */
import type { Milliseconds } from "../../core/base/clock.ts";
import type { Sip } from "./sip.ts";

export class Ladder {
	readonly #callId: string | undefined;
	readonly #full: boolean;
	readonly #steps: string[] = [];

	/** Of every call unless one is named; whole texts with `full`. */
	constructor(callId?: string, full = false) {
		this.#callId = callId;
		this.#full = full;
	}

	note(at: Milliseconds, from: string, to: string, sip: Sip): void {
		if (this.#callId !== undefined && sip.callId !== this.#callId) return;
		const way = `${String(at).padStart(9)} ${from.padStart(6)} -> ${to.padEnd(6)}`;
		const which = `cseq ${sip.cseq} branch ${sip.branch} to-tag ${sip.toTag || "-"}`;
		this.#steps.push(`${way} ${sip.inShort}  ${which}${this.#full ? `\n${sip.text}` : ""}`);
	}

	/** `<ms> <from> -> <to> <message> <CSeq> <branch> <tag>`, a line each; on the proxy's side of the network `proxy`. */
	get text(): string {
		return this.#steps.join("\n");
	}
}
