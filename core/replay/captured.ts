/** What a recording holds: messages, where they came from and when. */
import type { Milliseconds } from "../base/clock.ts";
import type { TransportName } from "../base/flow.ts";

export type Place = {
	/** IP address, without brackets. */
	readonly host: string;
	readonly port: number;
};

export type Captured = {
	/** Of the epoch; undefined where a text does not say. */
	readonly time: Milliseconds | undefined;
	readonly transport: TransportName;
	/** Undefined where a text does not say: the message itself does, in its Via. */
	readonly source: Place | undefined;
	readonly destination: Place | undefined;
	/** One character per octet. */
	readonly text: string;
};

/** The recording cannot be read: whoever gave it has to give another. */
export class CaptureError extends Error {
	override readonly name = "CaptureError";
	readonly code = "REPLAY_FILE";
	readonly fix: string;

	constructor(message: string, fix: string) {
		super(message);
		this.fix = fix;
	}
}

/** What was found and is no message for the scripts, by name. */
export class Tally {
	readonly #counts = new Map<string, number>();

	add(what: string, number = 1): void {
		if (number > 0) this.#counts.set(what, (this.#counts.get(what) ?? 0) + number);
	}

	get counts(): ReadonlyMap<string, number> {
		return this.#counts;
	}
}

/** Whether a text begins as a SIP message does: a request line, or a status line (RFC 3261 §7.1, §7.2). */
export function looksLikeSip(text: string): boolean {
	const end = text.indexOf("\n");
	const line = end === -1 ? text : text.slice(0, end);
	return /^SIP\/2\.0 \d{3} |^[!-~]{1,32} \S+ SIP\/2\.0\r?$/.test(line.slice(0, LINE_LOOKED_AT));
}

const LINE_LOOKED_AT = 8_192;
