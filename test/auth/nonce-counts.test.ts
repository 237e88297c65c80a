import assert from "node:assert/strict";
import { test } from "node:test";
import { NonceCounts } from "../../core/auth/nonce-counts.ts";
import { settledHeap } from "../simulation/heap.ts";
import { seeded } from "../support/seeded.ts";

test("RFC 7616 §3.4 AU-16: each count of a nonce is good once", () => {
	const counts = new NonceCounts(10, 0);
	const used = [1, 2, 2, 1, 3, 5, 4, 4].map((count) => counts.use("n", 0, count, 0));
	assert.deepEqual(used, [true, true, false, false, true, true, true, false]);
});

test("RFC 7616 §3.4 AU-16: requests may overtake each other by up to 31 counts", () => {
	const counts = new NonceCounts(10, 0);
	assert.ok(counts.use("n", 0, 100, 0));
	assert.ok(counts.use("n", 0, 69, 0));
	assert.ok(!counts.use("n", 0, 69, 0));
	assert.ok(!counts.use("n", 0, 68, 0));
	assert.ok(counts.use("n", 0, 131, 0));
	assert.ok(!counts.use("n", 0, 100, 0), "still remembered at the edge of the window");
	assert.ok(counts.use("n", 0, 0xffff_ffff, 0));
	assert.ok(!counts.use("n", 0, 131, 0), "below the window");
});

test("RFC 7616 §5.5: counts of different nonces have nothing to do with each other", () => {
	const counts = new NonceCounts(10, 0);
	assert.ok(counts.use("a", 0, 1, 0));
	assert.ok(counts.use("b", 0, 1, 0));
});

test("RFC 7616 §5.5: a full table forgets its oldest nonce, which then counts as used up", () => {
	const counts = new NonceCounts(2, 0);
	assert.ok(counts.use("a", 10, 1, 20));
	assert.ok(counts.use("b", 11, 1, 20));
	assert.ok(counts.use("c", 12, 1, 20));
	assert.ok(!counts.use("a", 10, 1, 20), "no replay");
	assert.ok(!counts.use("a", 10, 2, 20), "nor anything else");
	assert.ok(!counts.use("d", 9, 1, 20), "nor a nonce as old, which may have been forgotten too");
	assert.ok(counts.use("e", 13, 1, 20));
});

test("RFC 7616 §5.5: after a restart, nonces from before it count as used up", () => {
	const counts = new NonceCounts(10, 1_000);
	assert.ok(!counts.use("a", 999, 1, 1_010));
	assert.ok(counts.use("b", 1_000, 1, 1_010));
});

test("RFC 7616 §5.5: a clock that is set back does not refuse every nonce until it has caught up", () => {
	const counts = new NonceCounts(10, 3_600_000);
	assert.ok(counts.use("a", 5_000, 1, 5_000));
	assert.ok(!counts.use("a", 5_000, 1, 5_001));
});

test("RFC 7616 §5.5: from any history, no count of a nonce is accepted twice", () => {
	for (let seed = 1; seed <= 300; seed += 1) {
		const random = seeded(seed);
		const counts = new NonceCounts(1 + random.below(4), 0);
		const accepted = new Set<string>();
		for (let step = 0; step < 200; step += 1) {
			const nonce = random.below(6);
			const count = random.below(80);
			if (!counts.use(`${nonce}`, nonce, count, 100)) continue;
			assert.ok(!accepted.has(`${nonce} ${count}`), `seed ${seed}`);
			accepted.add(`${nonce} ${count}`);
		}
	}
});

test("RFC 7616 §5.5: of the message that a nonce came in nothing is kept", () => {
	const nonces = 5_000;
	const counts = new NonceCounts(nonces, 0);
	const before = settledHeap();
	for (let made = 0; made < nonces; made += 1) {
		const message = `nonce="${made}"`.padStart(45).padEnd(8_000);
		assert.ok(counts.use(message.slice(0, 45), 0, 1, 0));
	}
	const kept = (settledHeap() - before) / nonces;
	assert.ok(kept < 2_000, `${kept} octets for each`);
	assert.ok(!counts.use('nonce="1"'.padStart(45), 0, 1, 0));
});
