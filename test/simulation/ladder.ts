/** The messages of a run, to be read as the ladder of one call. Kept only when a seed is repeated to be looked at. */
import type { Milliseconds } from "../../core/base/clock.ts";
import type { Sip } from "./sip.ts";

type Step = {
	readonly at: Milliseconds;
	readonly from: string;
	readonly to: string;
	readonly sip: Sip;
};

export class Ladder {
	readonly #steps: Step[] = [];

	note(at: Milliseconds, from: string, to: string, sip: Sip): void {
		this.#steps.push({ at, from, to, sip });
	}

	/** Every message that moved, as text. */
	all(): string {
		return this.#steps
			.map(({ at, from, to, sip }) => `${at} ${from} ${to}\n${sip.text}`)
			.join("\n");
	}

	/** `<ms> <from> -> <to> <message> <CSeq> <branch>`, a line each; the whole texts with `full`. */
	ofCall(callId: string, full = false): string {
		return this.#steps
			.filter(({ sip }) => sip.callId === callId)
			.map(({ at, from, to, sip }) => {
				const line = `${String(at).padStart(8)} ${from.padStart(6)} -> ${to.padEnd(6)} ${sip.inShort}`;
				const more = `  cseq ${sip.cseq} branch ${sip.branch} to-tag ${sip.toTag || "-"}`;
				return full ? `${line}${more}\n${sip.text}` : line + more;
			})
			.join("\n");
	}
}
