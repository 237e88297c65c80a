import assert from "node:assert/strict";
import { test } from "node:test";
import type { Listener } from "../../core/base/flow.ts";
import { TimerWheel } from "../../core/base/timer-wheel.ts";
import { AddressLookup, type AskDns } from "../../core/exchange/address-lookup.ts";
import { parseUri } from "../../core/message/uri.ts";
import type { Located } from "../../core/proxy/waiting.ts";
import { seeded } from "../support/seeded.ts";

const LISTENERS = (["udp", "tcp", "tls"] as const).map((transport, id) => ({
	...{ id, transport, address: "192.0.2.1", host: "192.0.2.1", port: 5060 },
}));

/** Only one host is asked for twice. */
const directory = { srvSipsTls: (host: string) => host === "fly.example.com" };

/** Looks a URI up; what was asked, found and complained about is written down. */
function lookup(uri: string, listeners: readonly Listener[] = LISTENERS) {
	const asked: string[] = [];
	const found: { located: Located; now: number }[] = [];
	const failures: string[] = [];
	const waiting: Parameters<AskDns>[1][] = [];
	const ask: AskDns = ({ type, name }, answer) => {
		asked.push(`${type} ${name}`);
		waiting.push(answer);
	};
	const wheel = new TimerWheel(0);
	const addresses = new AddressLookup({
		environment: { random: seeded(1), listeners, directory },
		wheel,
		ask,
		failed: ({ code }) => void failures.push(code),
	});
	const now = addresses.find(parseUri(uri), 0, (located, at) => found.push({ located, now: at }));
	return { now, asked, found, failures, waiting, wheel };
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
	const { now, asked, found, waiting, wheel } = lookup("sips:bob@example.org");
	assert.equal(now, undefined);
	waiting[0]?.([], 100);
	waiting[1]?.([{ type: "SRV", priority: 1, weight: 1, port: 5071, target: "a.example.org" }], 200);
	assert.deepEqual(found, []);
	waiting[2]?.([{ type: "A", address: "192.0.2.7" }], 300);
	assert.deepEqual(asked, ["NAPTR example.org", "SRV _sips._tcp.example.org", "A a.example.org"]);
	const hop = { transport: "tls", host: "192.0.2.7", port: 5071, serverName: "example.org" };
	assert.deepEqual(found, [{ located: [hop], now: 300 }]);
	assert.equal(wheel.size, 0, "nothing waits any more");
});

test("RFC 3263 §4 PX-67: a URI that leads nowhere has a status for the caller, and the reason is told", () => {
	const tel = lookup("tel:+1");
	assert.equal(tel.now, 416);
	assert.deepEqual(tel.failures, ["RESOLVE_SCHEME"]);

	const unknown = lookup("sip:bob@example.org:5060");
	unknown.waiting[0]?.([], 7);
	assert.deepEqual(unknown.found, [{ located: 500, now: 7 }]);
	assert.deepEqual(unknown.failures, ["RESOLVE_NO_HOP"]);

	const dead = lookup("sip:bob@example.org:5060");
	dead.waiting[0]?.("failed", 7);
	assert.deepEqual(dead.found, [{ located: 500, now: 7 }]);
	assert.deepEqual(dead.failures, ["RESOLVE_DNS_FAILED"]);
});

test("RFC 3263 §4 PX-100: all questions together have 20 s; an answer that comes later is nobody's", () => {
	const { found, failures, waiting, wheel, asked } = lookup("sip:bob@example.org");
	wheel.advance(15_000);
	waiting[0]?.([], 15_000);
	wheel.advance(19_990);
	assert.deepEqual(found, []);
	wheel.advance(20_000);
	assert.deepEqual(found, [{ located: 500, now: 20_000 }]);
	assert.deepEqual(failures, ["RESOLVE_DNS_FAILED"]);
	waiting[1]?.([{ type: "SRV", priority: 1, weight: 1, port: 5071, target: "a" }], 21_000);
	assert.equal(asked.length, 2);
	assert.equal(found.length, 1);
	assert.equal(wheel.size, 0);
});

test("RFC 7984 §3, RFC 6724 §6 PX-92: names are asked for in the address families that we listen on", () => {
	const six: Listener = { id: 9, transport: "udp", address: "::1", host: "[::1]", port: 5060 };
	const questions = (listeners: readonly Listener[]) => {
		const { asked, waiting } = lookup("sip:bob@example.org:5060", listeners);
		for (const answer of waiting) answer([], 0);
		return asked;
	};
	assert.deepEqual(questions([six]), ["AAAA example.org"]);
	assert.deepEqual(
		questions([...LISTENERS, six]),
		["A example.org", "AAAA example.org"],
		"what only this machine can be reached at says nothing of the others",
	);
	const wide = { ...six, address: "2001:db8::1", host: "[2001:db8::1]" };
	assert.deepEqual(questions([...LISTENERS, wide]), ["AAAA example.org", "A example.org"]);
	assert.deepEqual(questions(LISTENERS), ["A example.org"]);
});

test("RFC 3261 §26.2.2 PX-93: without a TLS listener a sips URI leads nowhere", () => {
	const clear = LISTENERS.filter(({ transport }) => transport !== "tls");
	const { now, failures } = lookup("sips:bob@192.0.2.7", clear);
	assert.equal(now, 500);
	assert.deepEqual(failures, ["RESOLVE_TRANSPORT"]);
});

test("RFC 3261 §26.2.2: what TLS ends in front of is no way out: a sips URI leads nowhere, an address of its family is not asked for", () => {
	const six: Listener = { id: 9, transport: "tls", address: "2001:db8::1", host: "a", port: 5061 };
	const clear = LISTENERS.filter(({ transport }) => transport !== "tls");
	const listeners = [...clear, { ...six, terminated: true }];
	assert.deepEqual(lookup("sips:bob@192.0.2.7", listeners).failures, ["RESOLVE_TRANSPORT"]);
	assert.deepEqual(lookup("sip:bob@example.org:5060", listeners).asked, ["A example.org"]);
});

test("secure-signaling G5b: SRV _sips._tls is asked for a host whose settings want it, when _sips._tcp has no record", () => {
	for (const [host, asked] of [
		["fly.example.com", ["SRV _sips._tcp.fly.example.com", "SRV _sips._tls.fly.example.com"]],
		["gw.example.com", ["SRV _sips._tcp.gw.example.com", "A gw.example.com"]],
	] as const) {
		const look = lookup(`sips:${host};transport=tls`);
		look.waiting[0]?.([], 1);
		assert.deepEqual(look.asked, asked);
	}
});
