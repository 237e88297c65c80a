import assert from "node:assert/strict";
import { test } from "node:test";
import { entropy } from "../../core/host/entropy.ts";

test("RFC 3261 §19.3, §8.1.1.7 MSG-32: of a million tags of 64 bits no two are alike, and half of all bits are set", () => {
	const random = entropy();
	assert.equal(new Set(Array.from({ length: 1_000_000 }, () => random.hex(16))).size, 1_000_000);
	const tags = Array.from({ length: 100_000 }, () => random.hex(16));
	for (const tag of tags.slice(0, 1_000)) assert.match(tag, /^[0-9a-f]{16}$/);
	let bits = 0;
	for (const tag of tags)
		for (const digit of tag) bits += [0, 1, 1, 2, 1, 2, 2, 3][Number.parseInt(digit, 16) & 7] ?? 0;
	const share = bits / (tags.length * 16 * 3);
	assert.ok(share > 0.499 && share < 0.501, `${share}`);
});

test("RFC 3261 §19.3: digits of any count, numbers below any limit", () => {
	const random = entropy();
	assert.equal(random.hex(10_000).length, 10_000);
	const numbers = Array.from({ length: 1_000 }, () => random.below(10));
	assert.deepEqual(
		[...new Set(numbers)].sort((a, b) => a - b),
		[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
	);
});
