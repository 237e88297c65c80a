/**
 * When a generation has shown that it is not good: rules, counts in and a verdict out.
 *
 * Two things are held against it. The share of the requests it was asked about on which the script itself
 * failed: a good script fails on none. And, for one that serves beside another, the share of its requests
 * that ended with a 5xx, or that it failed on for want of an answer from outside, against that of the other
 * in the same time: peers answer 5xx and HTTP hosts die whatever the script does, so only what the other
 * does not have counts, and only what is no chance. What has taken over has no other beside it: when an HTTP
 * host dies it goes on, since the scripts before it may need that host as well.
 */
import type { Counts } from "./track-record.ts";

export type ProbationRules = {
	/** Percent of the requests asked about that may fail; Infinity: it is never rolled back. */
	readonly failed: number;
	/** Requests before anything is said. */
	readonly asked: number;
	/** How long it is on probation. */
	readonly seconds: number;
};

export const NO_PROBATION: ProbationRules = { failed: Infinity, asked: Infinity, seconds: 0 };

export type Verdict = {
	readonly because: "failed" | "server-errors";
	/** `12 of 60 requests failed`. */
	readonly reason: string;
};

/** Standard deviations: by chance, one comparison in some thousand is further apart. */
const BEYOND_CHANCE = 3;

/** Undefined: nothing against it so far. `beside` is what serves beside a candidate, in the same time. */
export function judge(
	own: Counts,
	beside: Counts | undefined,
	rules: ProbationRules,
): Verdict | undefined {
	const failed = ownFailures(own);
	if (own.asked >= rules.asked && failed * 100 > rules.failed * own.asked)
		return { because: "failed", reason: `${failed} of ${own.asked} requests failed` };
	if (beside === undefined) return undefined;
	const ended = [own.serverErrors, own.answered, beside.serverErrors, beside.answered] as const;
	if (isWorse(ended, rules))
		return { because: "server-errors", reason: compared("requests ended with a 5xx", ended) };
	const outside = [own.outside, own.asked, beside.outside, beside.asked] as const;
	if (isWorse(outside, rules))
		return {
			because: "failed",
			reason: compared("requests failed for want of an answer from outside", outside),
		};
	return undefined;
}

/** The script was asked often enough, and failed on more than it may: what was replaced meanwhile. */
export function isBad(counts: Counts, rules: ProbationRules): boolean {
	return counts.asked > 0 && ownFailures(counts) * 100 > rules.failed * counts.asked;
}

/** Of the scripts themselves. */
function ownFailures({ failed, outside }: Counts): number {
	return failed - outside;
}

/** How many, of how many; and the same of the generation beside it. */
type Compared = readonly [own: number, n: number, beside: number, m: number];

function compared(what: string, [own, n, beside, m]: Compared): string {
	return `${own} of ${n} ${what}, and ${beside} of ${m} of the generation beside it`;
}

function isWorse([own, n, beside, m]: Compared, rules: ProbationRules): boolean {
	if (n < rules.asked || m < rules.asked) return false;
	const apart = own / n - beside / m;
	if (apart * 100 <= rules.failed) return false;
	const share = (own + beside) / (n + m);
	return apart > BEYOND_CHANCE * Math.sqrt(share * (1 - share) * (1 / n + 1 / m));
}
