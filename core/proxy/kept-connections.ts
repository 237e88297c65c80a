/**
 * Connections on which phones registered with another registrar, through us: RFC 5626 §5. There is no
 * binding of ours that rests on them, so the registrar's answer says how long they are needed.
 */
import type { Milliseconds } from "../base/clock.ts";
import { readable } from "../leg/readable.ts";
import type { Response } from "../message/message.ts";
import { parseDeltaSeconds } from "../message/scalars.ts";

/** A binding that says no more of its end: an hour (RFC 3261 §10.2). */
const USUAL_SECONDS = 3600;
/** A registrar that grants more will hear from the phone before, or has lost it. */
const SECONDS_MAX = 604_800;

export class KeptConnections {
	/** By id; an entry goes with its connection. */
	readonly #until = new Map<number, Milliseconds>();

	/** The answer to a REGISTER: the bindings of its user, which of them is this phone's is the registrar's to know. */
	registered(connection: number, { head }: Response, now: Milliseconds): void {
		let seconds = 0;
		for (const { params } of readable(() => head.contacts))
			seconds = Math.max(seconds, secondsOf(params.get("expires")));
		if (seconds === 0) return;
		// Several users may share it: none of them ends what another has been granted.
		const until = now + 1000 * Math.min(seconds, SECONDS_MAX);
		this.#until.set(connection, Math.max(until, this.#until.get(connection) ?? 0));
	}

	/** Whether a phone is called along it. */
	has(connection: number, now: Milliseconds): boolean {
		return (this.#until.get(connection) ?? 0) > now;
	}

	closed(connection: number): void {
		this.#until.delete(connection);
	}
}

function secondsOf(expires: string | undefined): number {
	return parseDeltaSeconds(expires ?? "") ?? USUAL_SECONDS;
}
