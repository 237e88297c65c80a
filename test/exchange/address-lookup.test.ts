import assert from "node:assert/strict";
import { test } from "node:test";
import type { Listener } from "../../core/base/flow.ts";
import { AddressLookup, type AskDns } from "../../core/exchange/address-lookup.ts";
import { parseUri } from "../../core/message/uri.ts";
import type { Hop } from "../../core/proxy/target-set.ts";
import { seeded } from "../support/seeded.ts";

const LISTENERS = (["udp", "tcp", "tls"] as const).map((transport, id) => ({
	...{ id, transport, address: "192.0.2.1", host: "192.0.2.1", port: 5060 },
}));

/** Looks a URI up; what was asked, found and complained about is written down. */
function lookup(uri: string, listeners: readonly Listener[] = LISTENERS) {
	const asked: string[] = [];
	const found: { hops: readonly Hop[]; now: number }[] = [];
	const failures: string[] = [];
	const waiting: Parameters<AskDns>[1][] = [];
	const ask: AskDns = ({ type, name }, answer) => {
		asked.push(`${type} ${name}`);
		waiting.push(answer);
	};
	const addresses = new AddressLookup(
		{ random: seeded(1), listeners },
		ask,
		({ code }) => void failures.push(code),
	);
	const now = addresses.find(parseUri(uri), (hops, at) => void found.push({ hops, now: at }));
	return { now, asked, found, failures, waiting };
}

test("RFC 3263 §4.2 PX-85: an address is its own answer: nobody is asked, nobody waits", () => {
	const { now, asked, found } = lookup("sip:bob@192.0.2.7:5070");
	assert.deepEqual(now, [
		{ transport: "udp", host: "192.0.2.7", port: 5070, serverName: undefined },
	]);
	assert.deepEqual(asked, []);
	assert.deepEqual(found, []);
});

test("RFC 3263 §4: a name is asked for step by step; the answer says when it came", () => {
	const { now, asked, found, waiting } = lookup("sips:bob@example.org");
	assert.equal(now, undefined);
	waiting[0]?.([], 100);
	waiting[1]?.([{ type: "SRV", priority: 1, weight: 1, port: 5071, target: "a.example.org" }], 200);
	assert.deepEqual(found, []);
	waiting[2]?.([{ type: "A", address: "192.0.2.7" }], 300);
	assert.deepEqual(asked, ["NAPTR example.org", "SRV _sips._tcp.example.org", "A a.example.org"]);
	const hop = { transport: "tls", host: "192.0.2.7", port: 5071, serverName: "example.org" };
	assert.deepEqual(found, [{ hops: [hop], now: 300 }]);
});

test("RFC 3263 §4 PX-67: a URI that leads nowhere has no hop, and the reason is told", () => {
	const tel = lookup("tel:+1");
	assert.deepEqual(tel.now, []);
	assert.deepEqual(tel.failures, ["RESOLVE_SCHEME"]);

	const unknown = lookup("sip:bob@example.org:5060");
	unknown.waiting[0]?.([], 7);
	assert.deepEqual(unknown.found, [{ hops: [], now: 7 }]);
	assert.deepEqual(unknown.failures, ["RESOLVE_NO_HOP"]);

	const dead = lookup("sip:bob@example.org:5060");
	dead.waiting[0]?.("failed", 7);
	assert.deepEqual(dead.failures, ["RESOLVE_DNS_FAILED"]);
});

test("RFC 7984 §3 PX-92: names are asked for in the address families that we listen on", () => {
	const six: Listener = { id: 9, transport: "udp", address: "::1", host: "[::1]", port: 5060 };
	const questions = (listeners: readonly Listener[]) => {
		const { asked, waiting } = lookup("sip:bob@example.org:5060", listeners);
		for (const answer of waiting) answer([], 0);
		return asked;
	};
	assert.deepEqual(questions([six]), ["AAAA example.org"]);
	assert.deepEqual(questions([...LISTENERS, six]), ["A example.org", "AAAA example.org"]);
});

test("RFC 3261 §26.2.2 PX-93: without a TLS listener a sips URI leads nowhere", () => {
	const clear = LISTENERS.filter(({ transport }) => transport !== "tls");
	const { now, failures } = lookup("sips:bob@192.0.2.7", clear);
	assert.deepEqual(now, []);
	assert.deepEqual(failures, ["RESOLVE_TRANSPORT"]);
});
