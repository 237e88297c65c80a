import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedMap } from "../../core/base/bounded-map.ts";

test("a bounded map refuses what passes its limit", () => {
	const map = new BoundedMap<string, number>("nonces", 2);
	assert.deepEqual([map.set("a", 1), map.set("b", 2), map.set("c", 3)], [true, true, false]);
	assert.equal(map.set("a", 4), true, "a known key may change");
	assert.deepEqual([map.size, map.full, map.get("a"), map.has("c")], [2, true, 4, false]);
	assert.equal(map.delete("a"), true);
	assert.equal(map.set("c", 3), true);
	assert.deepEqual(
		[...map],
		[
			["b", 2],
			["c", 3],
		],
	);
	assert.deepEqual(
		[[...map.keys()], [...map.values()]],
		[
			["b", "c"],
			[2, 3],
		],
	);
	map.clear();
	assert.equal(map.size, 0);
});

test("a bounded map drops its oldest entry when asked to make room", () => {
	const map = new BoundedMap<string, number>("nonces", 2);
	map.push("a", 1);
	map.push("b", 2);
	assert.equal(map.push("a", 3), undefined);
	assert.deepEqual(map.push("c", 4), ["a", 3]);
	assert.deepEqual(
		[...map],
		[
			["b", 2],
			["c", 4],
		],
	);
	assert.equal(new BoundedMap<string, number>("none", 0).push("a", 1), undefined);
});
