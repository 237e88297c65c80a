/** What stands in Redis is read again as it was meant, and nothing else is read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	decodeEntry,
	type Entry,
	encodeEntry,
	fieldOf,
	type Here,
} from "../../core/location/redis-entry.ts";
import { binding, tlsFlow, UDP_FLOW } from "../support/bindings.ts";

const listeners = [
	{ id: 0, transport: "udp", address: "192.0.2.1", port: 5060 },
	{ id: 2, transport: "tls", address: "192.0.2.1", port: 5061 },
] as const;

function node(name: string, bound: ReturnType<Here["listeners"]> = listeners): Here {
	return { name, listeners: () => bound, path: () => `<sip:token@${name};lr;ob>` };
}

const full = binding({
	contact: 'sip:"\\\n@h',
	display: '"Ann \xe9"',
	flow: UDP_FLOW,
	path: ["<sip:edge;lr>"],
	userAgent: "Phone/1.0",
});
const entry: Entry = {
	...{ device: "1001", key: full.contact, stamp: 5, keep: 9, node: "a", listener: "" },
	binding: full,
};

function through(at: Entry, writer: Here, reader: Here): Entry | undefined {
	return decodeEntry(at.device, fieldOf(at.key), encodeEntry(at, writer), reader);
}

test("RFC 3261 §10.3: a node reads its own bindings again, and removals", () => {
	assert.deepEqual(through(entry, node("a"), node("a")), entry);
	const removed: Entry = { ...entry, binding: undefined };
	assert.deepEqual(through(removed, node("a"), node("b")), removed);
	assert.doesNotMatch(fieldOf(full.contact) + encodeEntry(entry, node("a")), /[\n\0]/);
});

test("RFC 5626 §5.3: what one node has read of another it can write again, and that node has it back whole", () => {
	const abroad = through(entry, node("a"), node("b", []));
	assert.deepEqual(abroad?.binding?.path, ["<sip:token@a;lr;ob>", "<sip:edge;lr>"]);
	assert.ok(abroad);
	assert.deepEqual(through(abroad, node("b", []), node("a")), entry);
	assert.deepEqual(through(abroad, node("b", []), node("c")), abroad);
});

test("RFC 5626 §6: the connection of an earlier run is gone, and a listener that is gone ends the binding", () => {
	const connected = { ...entry, binding: { ...full, flow: tlsFlow(7) } };
	assert.equal(through(connected, node("a"), node("a"))?.binding?.flow.connection, 0);
	assert.equal(through(connected, node("a"), node("a", [listeners[0]]))?.binding, undefined);
});

test("RFC 3261 §26.1: whatever else stands in Redis is read as nothing, and breaks nothing", () => {
	const field = fieldOf(full.contact);
	const good = encodeEntry(entry, node("a"));
	const row = good.slice(good.indexOf("{"));
	const changed = (change: object) => `5 9 a ${JSON.stringify({ ...JSON.parse(row), ...change })}`;
	const bad = [
		...["", "x", "5 9", "5 9 a", "-5 9 a ", "5 9 a b c ", `5 9 ${row}`, `5 9 a ${row.slice(2)}`],
		...["5 9 a null", "5 9 a []", "5 9 a 1", `5 9 a\n ${row}`],
		...[{ device: "1002" }, { contact: "sip:other@h" }, { contact: 5 }, { expiresAt: "soon" }],
		...[{ path: "[" }, { path: "1" }, { by: null }, { display: null }, { port: {} }],
	].map((one) => (typeof one === "string" ? one : changed(one)));
	for (const value of bad)
		assert.equal(decodeEntry("1001", field, value, node("b")), undefined, value);
	assert.equal(decodeEntry("1001", '"', good, node("b")), undefined);
	assert.ok(decodeEntry("1001", field, changed({ later: "a column" }), node("b")));
});
