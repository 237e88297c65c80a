/**
 * What an operator is told of schemes: a call that changes between `sip` and `sips` (RFC 5630 §5.3
 * forbids what secure signaling D1 and D2 ask for), and traffic that is not what a device's entry
 * says (G19, G20). Counted each time; logged once per device or pair of devices in ten minutes, and
 * not faster than can be read.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { Log } from "../base/log.ts";
import type { Scheme } from "../base/scheme.ts";
import { Told, type ToldOptions } from "../base/told.ts";
import type { Verdict } from "../leg/mismatch.ts";

/** Devices, and pairs of devices, that the log has. */
const TOLD_MAX = 1_000;
/** Of each kind, in ten seconds. */
const LINES_MAX = 100;
const BOUNDS: ToldOptions = {
	again: 600_000,
	remembered: TOLD_MAX,
	lines: LINES_MAX,
	within: 10_000,
};

export type Crossing = {
	readonly caller: Scheme;
	readonly callee: Scheme;
	/** Names of devices, or the address where there is none. */
	readonly from: string;
	readonly to: string;
	readonly method: string;
	readonly callId: string;
	/** What becomes of an Identity header field, which may hold no longer (RFC 8224 §8.5); left out where there is none. */
	readonly identity: "keep" | "drop" | undefined;
};

export class SchemeLog {
	readonly counters = { mismatches: 0, sipsDowngrades: 0, sipsUpgrades: 0, contactsLost: 0 };
	readonly #log: Log;
	readonly #mismatches = new Told("mismatches told", BOUNDS);
	readonly #crossings = new Told("crossings told", BOUNDS);
	readonly #contacts = new Told("lost contacts told", BOUNDS);

	constructor(log: Log) {
		this.#log = log;
	}

	/** `device`: its name, where it is known who sent it. Nothing, where everything matches. */
	mismatch(verdict: Verdict, device: string | undefined, flow: Flow, now: Milliseconds): void {
		const { mismatch, seen, configured, scheme, refused } = verdict;
		if (mismatch === undefined) return;
		this.counters.mismatches += 1;
		const done = refused === undefined ? "followed" : "refused";
		const who = device ?? flow.host;
		const leftOut = this.#mismatches.tell(`${who} ${mismatch} ${done}`, now);
		if (leftOut === undefined) return;
		const told = { mismatch, device, source: flow.host, seen, configured, leg: scheme, done };
		this.#log.warn(
			{ event: "sips.mismatch", ...told, ...untold(leftOut) },
			`${who}: ${mismatch}, ${done}`,
		);
	}

	crossing(crossing: Crossing, now: Milliseconds): void {
		const { caller, callee, from, to } = crossing;
		const event = caller === "sips" ? "sips.downgrade" : "sips.upgrade";
		this.counters[caller === "sips" ? "sipsDowngrades" : "sipsUpgrades"] += 1;
		const leftOut = this.#crossings.tell(`${event} ${from} ${to}`, now);
		if (leftOut === undefined) return;
		const fields = { event, ...crossing, ...untold(leftOut) };
		this.#log.info(fields, `${from} (${caller}) to ${to} (${callee})`);
	}

	/** A device has sent back the Contact that it was shown without what rode in it: `contact-state: user` helps. */
	contactLost(device: string, callId: string, now: Milliseconds): void {
		this.counters.contactsLost += 1;
		const leftOut = this.#contacts.tell(device, now);
		if (leftOut === undefined) return;
		const fields = { event: "contact-state.lost", device, callId, ...untold(leftOut) };
		this.#log.warn(fields, `${device} drops URI parameters: set contact-state: user for it`);
	}
}

/** Lines that the bound kept out of the log before this one. */
function untold(leftOut: number): object {
	return leftOut === 0 ? {} : { leftOut };
}
