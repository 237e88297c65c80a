/** What is remembered of servers by their address outlives the message that named them: RFC 3261 §18.1.1, §21.5.4. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LargeRequests } from "../../core/proxy/large-requests.ts";
import type { Hop } from "../../core/proxy/target-set.ts";
import { UnavailableHosts } from "../../core/proxy/unavailable-hosts.ts";
import { settledHeap } from "../simulation/heap.ts";

const HOSTS = 5_000;

/** As the parser makes it: a slice of its message. */
function hop(number: number): Hop {
	const host = `2001:db8:0:1:2:3:4:${number}`;
	return { host: host.padEnd(8_000).slice(0, host.length), port: 5060 } as Hop;
}

/** Octets that stay for each host. */
function keptOf(note: (hop: Hop) => void): number {
	const before = settledHeap();
	for (let number = 0; number < HOSTS; number += 1) note(hop(number));
	return (settledHeap() - before) / HOSTS;
}

test("RFC 3261 §21.5.4: of the message that named an unavailable server nothing is kept", () => {
	const hosts = new UnavailableHosts();
	const head = { text1: () => "60" } as unknown as Parameters<typeof hosts.note>[1]["head"];
	const kept = keptOf((one) => hosts.note(one, { head }, 0));
	assert.ok(kept < 2_000, `${kept} octets for each`);
	assert.ok(hosts.avoids(hop(1), 59_999));
});

test("RFC 3261 §18.1.1: of the message that named a server without TCP nothing is kept", () => {
	const large = new LargeRequests();
	const kept = keptOf((one) => large.learn(one, false, 0));
	assert.ok(kept < 2_000, `${kept} octets for each`);
	large.learn(hop(1), true, 0);
});
