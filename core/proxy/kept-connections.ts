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
		const contacts = readable(() => head.contacts);
		if (contacts.length === 0) {
			this.#until.delete(connection);
			return;
		}
		const seconds = contacts.map(({ params }) => secondsOf(params.get("expires")));
		this.#until.set(connection, now + 1000 * Math.min(Math.max(...seconds), SECONDS_MAX));
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
