/** Runs `locate` (RFC 3263 §4): an address literal is answered at once, a name when the DNS has answered. */

import type { Milliseconds } from "../base/clock.ts";
import { leadsOut } from "../base/flow.ts";
import { type Expiring, NO_TIMER, type TimerHandle, type TimerWheel } from "../base/timer-wheel.ts";
import type { Uri } from "../message/uri.ts";
import type { Directory } from "../proxy/directory.ts";
import type { Environment } from "../proxy/environment.ts";
import type { Located } from "../proxy/waiting.ts";
import type { DnsAnswer, DnsQuestion } from "../resolve/dns.ts";
import type { Hop } from "../resolve/hop.ts";
import { type LocateOptions, locate } from "../resolve/locate.ts";
import { ResolveError } from "../resolve/resolve-error.ts";

/** Answers later, never from inside the call. The answer is an input: it says when it came. */
export type AskDns = (
	question: DnsQuestion,
	answer: (answer: DnsAnswer, now: Milliseconds) => void,
) => void;

/** Told what was found. */
export type Later = (located: Located, now: Milliseconds) => void;

export type LookupOptions = {
	readonly environment: Pick<Environment, "random" | "listeners"> & {
		readonly directory: Pick<Directory, "srvSipsTls">;
	};
	readonly wheel: TimerWheel;
	readonly ask: AskDns;
	/** Told of a URI that leads nowhere, for the log. */
	failed(error: ResolveError): void;
};

type Steps = Generator<DnsQuestion, readonly Hop[], DnsAnswer>;

/** For all questions of one look-up together: the sender waits 32 s at most, and other addresses want their time. */
const LOOKUP_MS: Milliseconds = 20_000;

/** One per environment: what can be sent on is looked at once, and not for every call. */
export class AddressLookup {
	readonly #options: LookupOptions;
	readonly #locate: LocateOptions;
	readonly #srvSipsTls: LocateOptions;

	constructor(options: LookupOptions) {
		const { random, listeners } = options.environment;
		const leaving = listeners.filter(leadsOut);
		this.#options = options;
		this.#locate = {
			random,
			transports: [...new Set(leaving.map(({ transport }) => transport))],
			families: familiesOf(leaving.map(({ address }) => address)),
			secure: false,
			srvSipsTls: false,
		};
		this.#srvSipsTls = { ...this.#locate, srvSipsTls: true };
	}

	/** What was found, or undefined when it is told to `later`. */
	find(uri: Uri, now: Milliseconds, later: Later): Located | undefined {
		const more = this.#options.environment.directory.srvSipsTls(uri.host);
		const steps = locate(uri, more ? this.#srvSipsTls : this.#locate);
		return new Lookup(this.#options, uri, steps, later).begin(now);
	}
}

/** RFC 7984 §3, RFC 6724 §6: IPv6 first, where we have more of it than this machine alone. */
function familiesOf(addresses: readonly string[]): readonly ("A" | "AAAA")[] {
	const six = addresses.filter((address) => address.includes(":"));
	const four = addresses.length > six.length;
	const wide = six.some((address) => address !== "::1" && !address.startsWith("fe80:"));
	if (six.length === 0) return ["A"];
	if (!four) return ["AAAA"];
	return wide ? ["AAAA", "A"] : ["A", "AAAA"];
}

/** The questions of one URI, one after the other. */
class Lookup implements Expiring {
	readonly #options: LookupOptions;
	readonly #uri: Uri;
	readonly #steps: Steps;
	readonly #later: Later;
	#timer: TimerHandle = NO_TIMER;
	#over = false;

	constructor(options: LookupOptions, uri: Uri, steps: Steps, later: Later) {
		this.#options = options;
		this.#uri = uri;
		this.#steps = steps;
		this.#later = later;
	}

	begin(now: Milliseconds): Located | undefined {
		const located = this.#advance(undefined);
		if (located === undefined)
			this.#timer = this.#options.wheel.arm(this, "look-up", now + LOOKUP_MS);
		return located;
	}

	/** The name servers have had their time: an answer that comes now is nobody's. */
	expire(_tag: string, now: Milliseconds): void {
		this.#over = true;
		this.#later(this.#fail(new ResolveError("RESOLVE_DNS_FAILED", this.#uri.text)), now);
	}

	#answered(answer: DnsAnswer, now: Milliseconds): void {
		if (this.#over) return;
		const located = this.#advance(answer);
		if (located === undefined) return;
		this.#over = true;
		this.#options.wheel.disarm(this.#timer);
		this.#later(located, now);
	}

	#advance(answer: DnsAnswer | undefined): Located | undefined {
		try {
			const step = answer === undefined ? this.#steps.next() : this.#steps.next(answer);
			if (step.done) return step.value;
			this.#options.ask(step.value, (records, now) => this.#answered(records, now));
			return undefined;
		} catch (error) {
			if (!(error instanceof ResolveError)) throw error;
			return this.#fail(error);
		}
	}

	#fail(error: ResolveError): Located {
		this.#options.failed(error);
		return error.status;
	}
}
