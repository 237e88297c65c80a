/** What a node knows of all nodes: it must end the same whatever reaches it first. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../../core/location/redis-entry.ts";
import { REMOVED_KEPT, Replica } from "../../core/location/redis-replica.ts";
import { binding, tlsFlow } from "../support/bindings.ts";
import { seeded } from "../support/seeded.ts";

type Random = ReturnType<typeof seeded>;

/** As it arrives at another node. */
function abroad(entry: Entry): Entry {
	return { ...entry, binding: entry.binding && { ...entry.binding, node: entry.node } };
}

test("RFC 3261 §10.3: replicas that hear of the same changes in any order, and of some twice, end the same", () => {
	for (let seed = 1; seed <= 200; seed += 1) {
		const random = seeded(seed);
		const nodes = ["a", "b", "c"].map((name) => new Replica(name));
		const changes: Entry[] = [];
		for (let now = 1; now <= 30; now += 1) {
			const writer = random.pick(nodes);
			// Sometimes it has heard of what was there, sometimes not.
			if (random.below(2) === 0) writer.merge("1001", changes.map(abroad));
			changes.push(...changed(writer, random, now).filter((one) => !isTwin(one, changes)));
		}
		const [first, ...others] = nodes.map((node) => {
			const twice = [...changes, ...changes.slice(0, 5)];
			const shuffled = twice.map((entry) => ({ entry, at: random.below(1_000) }));
			for (const { entry } of shuffled.sort((x, y) => x.at - y.at))
				node.merge("1001", [abroad(entry)]);
			return state(node);
		});
		for (const other of others) assert.deepEqual(other, first, `seed ${seed}`);
	}
});

/** A REGISTER at this node: what it changes. */
function changed(node: Replica, random: Random, now: number): readonly Entry[] {
	const one = binding({ contact: `sip:${random.below(3)}@h`, cseq: now });
	const all = node.memory.bindings("1001", 0);
	const keys =
		random.below(3) === 0 ? node.apply("1001", [], all, now) : node.apply("1001", [one], [], now);
	return keys.flatMap((key) => node.entry("1001", key) ?? []);
}

/** Of two changes in one moment Redis keeps the one that it had first. */
function isTwin({ key, stamp }: Entry, changes: readonly Entry[]): boolean {
	return changes.some((other) => other.key === key && other.stamp === stamp);
}

function state(node: Replica): readonly string[] {
	const entries = node.entries("1001").map(({ key, stamp, binding: bound }) => {
		const seen = node.memory.bindings("1001", 0).find(({ contact }) => contact === key);
		assert.equal(seen?.cseq, bound?.cseq, "memory shows what the entries say");
		return `${key} ${stamp} ${bound?.cseq}`;
	});
	return entries.sort();
}

test("RFC 3261 §10.3 RG-16: an older binding does not come back after its removal, nor after a shorter one has ended", () => {
	const [a, b] = [new Replica("a"), new Replica("b")];
	const long = binding({ expiresAt: 60_000 });
	a.apply("1001", [long], [], 100);
	const old = a.entries("1001").map(abroad);
	b.merge("1001", old);
	b.apply("1001", [{ ...long, expiresAt: 1_000 }], [], 200);
	b.sweep(2_000);
	assert.deepEqual(b.merge("1001", old), []);
	assert.deepEqual(b.memory.bindings("1001", 2_000), []);
	b.sweep(60_000);
	assert.deepEqual(b.entries("1001"), [], "and is forgotten when it could not come back any more");
});

test("RFC 5626 §6 RG-30: the end of a flow gives way to any registration after the one that it carried", () => {
	const [a, b] = [new Replica("a"), new Replica("b")];
	const one = binding({ flow: tlsFlow(7), expiresAt: 60_000 });
	a.apply("1001", [one], [], 100);
	b.merge("1001", a.entries("1001").map(abroad));
	b.apply("1001", [{ ...one, flow: tlsFlow(3) }], [], 5_000);
	assert.deepEqual(a.dropFlow(7), [one]);
	assert.deepEqual(b.merge("1001", a.entries("1001").map(abroad)), []);
	a.merge("1001", b.entries("1001").map(abroad));
	assert.equal(a.memory.bindings("1001", 6_000).length, 1);
});

test("RFC 5626 §6 RG-30: so does the end of a phone that is silent, however late it is noticed", () => {
	const [a, b] = [new Replica("a"), new Replica("b")];
	a.apply("1001", [binding({ expiresAt: 60_000 })], [], 100);
	b.merge("1001", a.entries("1001").map(abroad));
	b.apply("1001", [binding({ expiresAt: 90_000, cseq: 2 })], [], 5_000);
	for (const silent of a.memory.bindings("1001", 50_000)) assert.equal(a.dropBinding(silent), true);
	assert.deepEqual(b.merge("1001", a.entries("1001").map(abroad)), []);
	a.merge("1001", b.entries("1001").map(abroad));
	for (const node of [a, b]) assert.equal(node.memory.bindings("1001", 60_000)[0]?.cseq, 2);
});

test("of a device that changes its Contact all the time only so many removals are remembered", () => {
	const replica = new Replica("a");
	for (let now = 1; now <= 3 * REMOVED_KEPT; now += 1) {
		const before = replica.memory.bindings("1001", now);
		replica.apply("1001", [binding({ contact: `sip:${now}@h` })], before, now);
	}
	const entries = replica.entries("1001");
	assert.equal(entries.length, REMOVED_KEPT + 1);
	assert.equal(entries.at(-1)?.key, `sip:${3 * REMOVED_KEPT}@h`, "never the binding itself");
});
