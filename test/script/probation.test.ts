/** When a generation has shown that it is not good: counts in, verdict out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isBad, judge, type ProbationRules } from "../../core/script/probation.ts";
import { type Counts, NOTHING_YET, since } from "../../core/script/track-record.ts";

const RULES: ProbationRules = { failed: 10, asked: 20, seconds: 600 };

type Row = readonly [
	asked: number,
	failed: number,
	answered: number,
	serverErrors: number,
	outside?: number,
];

const counts = ([asked, failed, answered, serverErrors, outside = 0]: Row): Counts => ({
	asked,
	failed,
	outside,
	answered,
	serverErrors,
});

// biome-ignore format: the rows stay aligned so that they can be read as a table
const TABLE: readonly { says: string; own: Row; beside?: Row; because: string | undefined; rules?: Partial<ProbationRules> }[] = [
	{ says: "nothing was asked",                own: [0, 0, 0, 0],             because: undefined },
	{ says: "one too few to say",               own: [19, 19, 19, 0],          because: undefined },
	{ says: "all of the least number",          own: [20, 20, 20, 0],          because: "failed" },
	{ says: "as many as may",                   own: [20, 2, 20, 0],           because: undefined },
	{ says: "one more",                         own: [20, 3, 20, 0],           because: "failed" },
	{ says: "one more, of many",                own: [1000, 101, 900, 0],      because: "failed" },
	{ says: "a first failure late",             own: [10_000, 1, 9_000, 0],    because: undefined },
	{ says: "no share is too much",             own: [90, 90, 90, 0],          because: undefined, rules: { failed: Infinity } },
	{ says: "5xx with nothing beside it",       own: [100, 0, 100, 100],       because: undefined },
	{ says: "5xx that the other has too",       own: [100, 0, 100, 60], beside: [900, 0, 900, 540], because: undefined },
	{ says: "5xx that the other has not",       own: [100, 0, 100, 60], beside: [900, 0, 900, 9],   because: "server-errors" },
	{ says: "the other has had too few",        own: [100, 0, 100, 60], beside: [19, 0, 19, 0],     because: undefined },
	{ says: "it has had too few itself",        own: [19, 0, 19, 19],   beside: [900, 0, 900, 0],   because: undefined },
	{ says: "asked often, answered seldom",     own: [900, 0, 19, 19],  beside: [900, 0, 900, 0],   because: undefined },
	{ says: "more, within the share",           own: [5000, 0, 5000, 500], beside: [5000, 0, 5000, 0], because: undefined },
	{ says: "more, as chance has it",           own: [20, 0, 20, 3],    beside: [20, 0, 20, 0],     because: undefined },
	{ says: "more than chance has it",          own: [20, 0, 20, 10],   beside: [20, 0, 20, 0],     because: "server-errors" },
	{ says: "better than the other",            own: [100, 0, 100, 0],  beside: [100, 0, 100, 90],  because: undefined },
	{ says: "everything ends with 5xx at both", own: [100, 0, 100, 100], beside: [100, 0, 100, 100], because: undefined },
	{ says: "an HTTP host is dead",             own: [100, 100, 100, 0, 100],  because: undefined },
	{ says: "a dead host, and its own failures", own: [100, 100, 100, 0, 89],  because: "failed" },
	{ says: "the host of both is dead",         own: [100, 60, 100, 0, 60], beside: [900, 540, 900, 0, 540], because: undefined },
	{ says: "a host that the other does not need", own: [100, 60, 100, 0, 60], beside: [900, 9, 900, 0, 9],  because: "failed" },
];

test("architecture §5: a generation is given up for a share of failures of at least so many requests, or for 5xx that the one beside it has not", () => {
	for (const { says, own, beside, because, rules } of TABLE) {
		const verdict = judge(counts(own), beside && counts(beside), { ...RULES, ...rules });
		assert.equal(verdict?.because, because, says);
	}
});

test("architecture §5: a verdict says what it rests on", () => {
	const failed = judge(counts([60, 12, 50, 0]), undefined, RULES);
	assert.equal(failed?.reason, "12 of 60 requests failed");
	const errors = judge(counts([100, 0, 100, 60]), counts([900, 0, 900, 9]), RULES);
	assert.equal(
		errors?.reason,
		"60 of 100 requests ended with a 5xx, and 9 of 900 of the generation beside it",
	);
	const outside = judge(counts([100, 60, 100, 0, 60]), counts([900, 9, 900, 0, 9]), RULES);
	assert.equal(
		outside?.reason,
		"60 of 100 requests failed for want of an answer from outside, and 9 of 900 of the generation beside it",
	);
});

test("scripts that were replaced early are good to go back to unless they failed on more than they may", () => {
	assert.equal(isBad(counts([0, 0, 0, 0]), RULES), false);
	assert.equal(isBad(counts([10, 1, 10, 0]), RULES), false);
	assert.equal(isBad(counts([1, 1, 1, 0]), RULES), true);
	assert.equal(isBad(counts([1, 1, 1, 0]), { ...RULES, failed: Infinity }), false);
	assert.equal(isBad(counts([9, 9, 9, 0, 9]), RULES), false);
});

test("what counts is what came since the probation began", () => {
	const before = counts([100, 50, 90, 9]);
	assert.deepEqual(since(before, counts([120, 50, 110, 9])), counts([20, 0, 20, 0]));
	assert.deepEqual(since(NOTHING_YET, before), before);
});
