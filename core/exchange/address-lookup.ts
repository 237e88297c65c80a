/** Runs `locate` (RFC 3263 §4): an address literal is answered at once, a name when the DNS has answered. */

import type { Milliseconds } from "../base/clock.ts";
import type { Uri } from "../message/uri.ts";
import type { Environment } from "../proxy/environment.ts";
import type { Hop } from "../proxy/target-set.ts";
import type { DnsAnswer, DnsQuestion } from "../resolve/dns.ts";
import { type LocateOptions, locate } from "../resolve/locate.ts";
import { ResolveError } from "../resolve/resolve-error.ts";

/** Answers later, never from inside the call. The answer is an input: it says when it came. */
export type AskDns = (
	question: DnsQuestion,
	answer: (answer: DnsAnswer, now: Milliseconds) => void,
) => void;

/** Told when the hops are known. */
export type Located = (hops: readonly Hop[], now: Milliseconds) => void;

type Steps = Generator<DnsQuestion, readonly Hop[], DnsAnswer>;

/** One per environment: what can be sent on is looked at once, and not for every call. */
export class AddressLookup {
	readonly #options: LocateOptions;
	readonly #ask: AskDns;
	readonly #failed: (error: ResolveError) => void;

	/** `failed` is told of a URI that leads nowhere: the asker only hears that there is no hop. */
	constructor(
		{ random, listeners }: Pick<Environment, "random" | "listeners">,
		ask: AskDns,
		failed: (error: ResolveError) => void,
	) {
		const six = listeners.some(({ address }) => address.includes(":"));
		const four = listeners.some(({ address }) => !address.includes(":"));
		this.#options = {
			random,
			transports: [...new Set(listeners.map(({ transport }) => transport))],
			families: [...(four ? (["A"] as const) : []), ...(six ? (["AAAA"] as const) : [])],
			secure: false,
			srvSipsTls: false,
		};
		this.#ask = ask;
		this.#failed = failed;
	}

	/** The hops, or undefined when they are told to `later`. */
	find(uri: Uri, later: Located): readonly Hop[] | undefined {
		return this.#advance(locate(uri, this.#options), undefined, later);
	}

	#advance(
		steps: Steps,
		answer: DnsAnswer | undefined,
		later: Located,
	): readonly Hop[] | undefined {
		try {
			const step = answer === undefined ? steps.next() : steps.next(answer);
			if (step.done) return step.value;
			this.#ask(step.value, (records, now) => {
				const hops = this.#advance(steps, records, later);
				if (hops !== undefined) later(hops, now);
			});
			return undefined;
		} catch (error) {
			if (!(error instanceof ResolveError)) throw error;
			this.#failed(error);
			return [];
		}
	}
}
