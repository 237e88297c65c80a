import assert from "node:assert/strict";
import { test } from "node:test";
import { Told } from "../../core/base/told.ts";

const BOUNDS = { again: 1_000, remembered: 2, lines: 3, within: 100 };

test("told: a thing is told once in its time, and again after it", () => {
	const told = new Told("test", BOUNDS);
	assert.deepEqual(
		[told.tell("a", 0), told.tell("a", 999), told.tell("b", 999)],
		[0, undefined, 0],
	);
	assert.equal(told.tell("a", 1_000), 0);
	assert.equal(told.tell("a", 1_999), undefined, "counted from when it was told");
});

test("told: no more lines than fit, and the next says how many were left out", () => {
	const told = new Told("test", BOUNDS);
	const at = (now: number, ...things: readonly string[]) =>
		things.map((one) => told.tell(one, now));
	assert.deepEqual(at(1_000, "a", "b", "c", "d", "e"), [0, 0, 0, undefined, undefined]);
	assert.deepEqual(at(1_099, "f"), [undefined]);
	assert.deepEqual(at(1_100, "d", "e"), [3, 0], "what was left out has not been told");
});

test("told: it remembers as many things as it may, and forgets the one told first", () => {
	const told = new Told("test", BOUNDS);
	for (const [thing, now] of [
		["a", 0],
		["b", 0],
		["c", 0],
		["c", 200],
		["b", 200],
	] as const)
		told.tell(thing, now);
	assert.equal(told.tell("b", 300), undefined);
	assert.equal(told.tell("a", 300), 0);
});
