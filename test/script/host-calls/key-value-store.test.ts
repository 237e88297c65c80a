/** What scripts keep: expiry, counting windows, and what happens when there is no room. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyValueError, KeyValueStore } from "../../../core/script/host-calls/key-value-store.ts";

const FOR_EVER = Infinity;

function store({ entries = 100, characters = 100_000 } = {}): KeyValueStore {
	return new KeyValueStore({ entries, characters });
}

test("kv: a value is there until it expires", () => {
	const kv = store();
	kv.set("a", "text", 1_000, 0);
	kv.set("b", null, FOR_EVER, 0);
	assert.deepEqual([kv.get("a", 999), kv.get("b", 999)], ["text", null]);
	assert.deepEqual([kv.get("a", 1_000), kv.get("b", 1e12), kv.size], [undefined, null, 1]);
	assert.deepEqual(
		[kv.get("c", 0), kv.delete("c", 0), kv.delete("b", 0)],
		[undefined, false, true],
	);
	kv.set("d", 1, 10, 0);
	assert.deepEqual([kv.delete("d", 10), kv.size], [false, 0]);
});

test("kv: a value that is set again has its new end, or none", () => {
	const kv = store();
	kv.set("a", 1, 10, 0);
	kv.set("a", 2, FOR_EVER, 5);
	assert.equal(kv.get("a", 1e12), 2);
	kv.set("a", 3, 10, 5);
	assert.deepEqual([kv.get("a", 9), kv.get("a", 10), kv.size], [3, undefined, 0]);
});

test("kv: a window of increment begins with its first event, and the next one when it is over", () => {
	const kv = store();
	const count = (now: number) => kv.increment("calls", 1, now + 60, now);
	assert.deepEqual([count(0), count(30), count(59)], [1, 2, 3]);
	assert.deepEqual([count(60), count(119), count(120)], [1, 2, 1]);
	assert.equal(kv.increment("other", -2.5, FOR_EVER, 0), -2.5);
});

test("kv: what is no number is not counted on", () => {
	const kv = store();
	kv.set("a", "1", FOR_EVER, 0);
	assert.throws(() => kv.increment("a", 1, FOR_EVER, 0), KeyValueError);
	kv.set("b", Number.MAX_VALUE, FOR_EVER, 0);
	assert.throws(() => kv.increment("b", Number.MAX_VALUE, FOR_EVER, 0), KeyValueError);
	assert.deepEqual([kv.get("a", 0), kv.get("b", 0)], ["1", Number.MAX_VALUE]);
});

test("kv: in a full store what was written longest ago, and will expire, makes room", () => {
	const kv = store({ entries: 3 });
	kv.set("for ever", 1, FOR_EVER, 0);
	kv.set("old", 1, 1e9, 0);
	kv.increment("busy", 1, 1e9, 0);
	kv.increment("old", 1, 1e9, 1);
	kv.set("new", 1, 1e9, 2);
	assert.deepEqual(
		["for ever", "old", "busy", "new"].map((key) => kv.get(key, 3)),
		[1, 2, undefined, 1],
	);
	assert.deepEqual([kv.size, kv.evicted], [3, 1]);
});

test("kv: a store that is full of what is kept for ever refuses what is new, and loses nothing", () => {
	const kv = store({ entries: 2 });
	kv.set("a", 1, FOR_EVER, 0);
	kv.set("b", 1, FOR_EVER, 0);
	assert.throws(() => kv.set("c", 1, 1e9, 0), /no room: 2 entries of 2/);
	kv.set("a", 2, FOR_EVER, 0);
	assert.deepEqual([kv.get("a", 0), kv.get("b", 0), kv.size], [2, 1, 2]);
});

test("kv: characters of keys and values are bounded, and a value that does not fit leaves the old one", () => {
	const kv = store({ characters: 400 });
	kv.set("a", "x".repeat(100), FOR_EVER, 0);
	assert.throws(() => kv.set("a", "x".repeat(400), FOR_EVER, 0), /characters of 400/);
	assert.equal(String(kv.get("a", 0)).length, 100);
	kv.set("b", "y".repeat(100), 1e9, 0);
	kv.set("c", "z".repeat(100), 1e9, 0);
	assert.deepEqual([kv.get("b", 0), kv.size, kv.evicted], [undefined, 2, 1]);
	kv.set("c", "z", 1e9, 0);
	kv.set("b", "y", 1e9, 0);
	assert.deepEqual([kv.size, kv.evicted], [3, 1]);
});

test("kv: what has expired goes by and by, without being asked for", () => {
	const kv = store({ entries: 1_000 });
	for (let i = 0; i < 100; i += 1) kv.set(`old ${i}`, i, 10, 0);
	for (let i = 0; i < 100; i += 1) kv.set("again", i, 1e9, 20);
	assert.deepEqual([kv.size, kv.evicted], [1, 0]);
});

test("kv: a write that finds no room costs nothing that is kept, and it counts for ever once it is made so", () => {
	const kv = store({ entries: 3, characters: 600 });
	kv.set("for ever", 1, FOR_EVER, 0);
	kv.set("window", 1, 1e9, 0);
	assert.throws(() => kv.set("huge", "x".repeat(600), 1e9, 0), KeyValueError);
	assert.throws(() => kv.set("window", "x".repeat(600), 1e9, 0), KeyValueError);
	assert.deepEqual([kv.get("window", 1), kv.evicted], [1, 0]);
	kv.set("window", "x".repeat(300), FOR_EVER, 1);
	assert.throws(() => kv.set("large", "x".repeat(200), 1e9, 1), KeyValueError);
	kv.delete("window", 1);
	kv.set("large", "x".repeat(200), 1e9, 1);
	assert.deepEqual([kv.size, kv.evicted], [2, 0]);
});
