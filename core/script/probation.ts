/**
 * When a generation has shown that it is not good: rules, counts in and a verdict out.
 *
 * Two things are held against it. The share of the requests it was asked about on which the script itself
 * failed: a good script fails on none. And, for one that serves beside another, the share of its requests
 * that ended with a 5xx, against that of the other in the same time: peers answer 5xx whatever the script
 * does, so only what the other does not have counts, and only what is no chance.
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
	if (own.asked >= rules.asked && own.failed * 100 > rules.failed * own.asked)
		return { because: "failed", reason: `${own.failed} of ${own.asked} requests failed` };
	if (beside === undefined || !isWorse(own, beside, rules)) return undefined;
	const theirs = `${beside.serverErrors} of ${beside.answered} of the generation beside it`;
	return {
		because: "server-errors",
		reason: `${own.serverErrors} of ${own.answered} requests ended with a 5xx, and ${theirs}`,
	};
}

/** The script was asked often enough, and failed on more than it may: what was replaced meanwhile. */
export function isBad({ asked, failed }: Counts, rules: ProbationRules): boolean {
	return asked > 0 && failed * 100 > rules.failed * asked;
}

function isWorse(own: Counts, beside: Counts, rules: ProbationRules): boolean {
	const [n, m] = [own.answered, beside.answered];
	if (n < rules.asked || m < rules.asked) return false;
	const apart = own.serverErrors / n - beside.serverErrors / m;
	if (apart * 100 <= rules.failed) return false;
	const share = (own.serverErrors + beside.serverErrors) / (n + m);
	return apart > BEYOND_CHANCE * Math.sqrt(share * (1 - share) * (1 / n + 1 / m));
}
