import assert from "node:assert/strict";
import { test } from "node:test";
import type { Listener, TransportName } from "../../core/base/flow.ts";
import { listenerFor, listenerOf } from "../../core/proxy/environment.ts";
import { environment } from "./fixtures.ts";

const listener = (id: number, transport: TransportName, address: string): Listener => ({
	...{ id, transport, address, host: address, port: 5060 },
});
const among = (...listeners: readonly Listener[]) => ({ ...environment, listeners });

test("RFC 3261 §18.1.1 TR-08: the listener to send from is one of the hop's transport and address family", () => {
	const place = among(
		listener(0, "udp", "192.0.2.1"),
		listener(1, "tls", "192.0.2.1"),
		listener(2, "udp", "2001:db8::1"),
	);
	assert.equal(listenerFor("udp", "198.51.100.1", place)?.id, 0);
	assert.equal(listenerFor("tls", "198.51.100.1", place)?.id, 1);
	assert.equal(listenerFor("udp", "2001:db8::9", place)?.id, 2);
	assert.equal(listenerFor("tcp", "198.51.100.1", place), undefined);
	assert.equal(listenerFor("tls", "2001:db8::9", place), undefined);
});

test("RFC 3261 §18.1.1 TR-08: a loopback address is reached from a loopback listener and no other from there", () => {
	const inside = listener(0, "udp", "127.0.0.1");
	const outside = listener(1, "udp", "192.0.2.1");
	for (const place of [among(inside, outside), among(outside, inside)]) {
		assert.equal(listenerFor("udp", "127.0.0.9", place)?.id, 0);
		assert.equal(listenerFor("udp", "198.51.100.1", place)?.id, 1);
	}
	assert.equal(listenerFor("udp", "198.51.100.1", among(inside))?.id, 0, "where there is one");
	const six = among(listener(0, "udp", "::1"), listener(1, "udp", "2001:db8::1"));
	assert.equal(listenerFor("udp", "2001:db8::9", six)?.id, 1);
	assert.equal(listenerFor("udp", "::1", six)?.id, 0);
});

test("RFC 3261 §18.1.1 TR-08: a wildcard listener reaches everything of its family", () => {
	const place = among(listener(0, "udp", "0.0.0.0"), listener(1, "udp", "127.0.0.1"));
	assert.equal(listenerFor("udp", "127.0.0.1", place)?.id, 0);
	assert.equal(listenerFor("udp", "198.51.100.1", place)?.id, 0);
	assert.equal(listenerFor("udp", "::1", place), undefined);
	assert.equal(listenerFor("udp", "::1", among(listener(5, "udp", "::")))?.id, 5);
});

test("a listener is found by its id, wherever it stands, until it is removed", () => {
	const place = among(listener(2, "udp", "192.0.2.1"), listener(0, "tcp", "192.0.2.1"));
	assert.equal(listenerOf(0, place)?.transport, "tcp");
	assert.equal(listenerOf(2, place)?.transport, "udp");
	assert.equal(listenerOf(1, place), undefined);
});
