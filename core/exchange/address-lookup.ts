/** Runs `locate` (RFC 3263 §4): an address literal is answered at once, a name when the DNS has answered. */

import type { Milliseconds } from "../base/clock.ts";
import type { TransportName } from "../base/flow.ts";
import type { Random } from "../base/random.ts";
import type { Uri } from "../message/uri.ts";
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

export type LookupOptions = {
	readonly random: Random;
	readonly transports: readonly TransportName[];
	readonly families: readonly ("A" | "AAAA")[];
	readonly ask: AskDns;
	/** A URI that leads nowhere: empty for the asker, the reason for the log. */
	failed(error: ResolveError): void;
};

type Steps = Generator<DnsQuestion, readonly Hop[], DnsAnswer>;

/** The hops, or undefined when they are told to `later`. */
export function lookUp(
	uri: Uri,
	options: LookupOptions,
	later: Located,
): readonly Hop[] | undefined {
	const { random, transports, families } = options;
	const rules: LocateOptions = {
		random,
		transports,
		families,
		secure: false,
		large: false,
		srvSipsTls: false,
	};
	const steps: Steps = locate(uri, rules);
	return advance(steps, undefined, options, later);
}

function advance(
	steps: Steps,
	answer: DnsAnswer | undefined,
	options: LookupOptions,
	later: Located,
): readonly Hop[] | undefined {
	try {
		const step = answer === undefined ? steps.next() : steps.next(answer);
		if (step.done) return step.value;
		options.ask(step.value, (records, now) => {
			const hops = advance(steps, records, options, later);
			if (hops !== undefined) later(hops, now);
		});
		return undefined;
	} catch (error) {
		if (!(error instanceof ResolveError)) throw error;
		options.failed(error);
		return [];
	}
}
