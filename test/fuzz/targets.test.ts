/** A small share of what `npm run fuzz` does, always with the same seed; and that a broken rule is found, made small, and told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../support/seeded.ts";
import { failure, fuzz, repeating } from "./fuzz.ts";
import { minimise } from "./minimise.ts";
import { demand, keyOf, target } from "./target.ts";
import { targets } from "./targets.ts";

const SEED = 20_261_124;

/** Inputs of each target: together they take about three seconds. */
const INPUTS: Readonly<Record<string, number>> = {
	message: 6_000,
	uri: 12_000,
	value: 12_000,
	framing: 2_000,
	leg: 2_000,
	transaction: 2_000,
	exchange: 200,
};

const RULES: Readonly<Record<string, string>> = {
	message:
		"RFC 3261 §7, §16.6: a message is refused with our error, or leaves with nothing changed but what was edited",
	uri: "RFC 3261 §19.1: the parts of a URI make up its text, and comparison does not depend on the side",
	value:
		"RFC 3261 §20, §25.1: a header value says the same alone, inside a message, and written anew",
	framing: "RFC 3261 §18.3: a stream gives the same messages and the same error however it is cut",
	leg: "RFC 3261 §12.1.1: a URI written in the scheme of another leg comes back as it was",
	transaction:
		"RFC 3261 §17: whatever comes and whatever its user does, each transaction ends, and is told so once",
	exchange:
		"RFC 3261 §16, §17: whatever comes in, nothing throws, one final response goes out, and nothing is left behind",
};

for (const one of targets)
	test(`${RULES[one.name]} (${INPUTS[one.name]} random inputs)`, () => {
		const inputs = INPUTS[one.name] ?? 0;
		assert.ok(inputs > 0, one.name);
		const found = fuzz(one, { seed: SEED, from: 0, inputs });
		assert.deepEqual(
			found.map((each) => [each.key, each.input, repeating(each)]),
			[],
		);
	});

test("fuzzing: shares add up to a thousand", () => {
	assert.equal(
		targets.reduce((sum, { share }) => sum + share, 0),
		1_000,
	);
});

type Letters = { readonly kind: string; readonly list: readonly { readonly text: string }[] };

/** Wrong where an x stands in one text and a y in a later one. */
const broken = target<Letters>({
	name: "broken",
	share: 0,
	words: ["kind"],
	make: (chance) => ({
		kind: "letters",
		list: Array.from({ length: 20 }, () => ({ text: chance.pick(["abx", "cyd", "ef"]) })),
	}),
	check({ list }) {
		const x = list.findIndex(({ text }) => text.includes("x"));
		const y = list.findLastIndex(({ text }) => text.includes("y"));
		demand(x === -1 || y <= x, "no y behind an x", () => `${x} ${y}`);
	},
});

test("fuzzing: an input that breaks a rule is found, and made as small as it goes", () => {
	const [found, ...others] = fuzz(broken, { seed: 7, from: 0, inputs: 50 });
	assert.deepEqual(others, [], "the same rule is told once");
	assert.equal(found?.key, "no y behind an x");
	assert.deepEqual(found.input, { kind: "letters", list: [{ text: "x" }, { text: "y" }] });
	assert.match(String(found.error), /0 1/);
});

test("fuzzing: seed and number alone give the input again", () => {
	const made: unknown[] = [];
	const noting = { ...broken, check: (input: unknown) => void made.push(input) };
	fuzz(noting, { seed: 3, from: 0, inputs: 10 });
	fuzz(noting, { seed: 3, from: 9, inputs: 1 });
	assert.deepEqual(made[10], made[9]);
	assert.notDeepEqual(made[9], made[8]);
});

test("fuzzing: the error of something else in core/ is another finding, told by its place", () => {
	const throwing = target<string>({
		...broken,
		make: ({ pick }) => pick(["a", "b"]),
		check(input) {
			if (input === "a") throw new RangeError("a");
			demand(input === "", "empty");
		},
	});
	const keys = fuzz(throwing, { seed: 1, from: 0, inputs: 20 }).map(({ key }) => key);
	assert.equal(keys.length, 2);
	assert.ok(
		keys.some((key) => /^RangeError at test\/fuzz\/targets\.test\.ts:\d+$/.test(key)),
		keys.join(),
	);
	assert.equal(
		keyOf(failure(throwing, "a")),
		keys.find((key) => key !== "empty"),
	);
});

test("fuzzing: making smaller keeps words and ends after so many tries", () => {
	let tries = 0;
	const chance = seeded(1);
	const input = { kind: "a", text: chance.hex(20_000) };
	const small = minimise(input, ["kind"], () => {
		tries += 1;
		return tries % 2 === 0;
	});
	assert.ok(tries <= 3_000);
	assert.equal((small as { kind: string }).kind, "a");
});
