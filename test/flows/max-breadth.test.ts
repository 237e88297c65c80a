import assert from "node:assert/strict";
import { test } from "node:test";
import type { Forking } from "../../core/proxy/decision.ts";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

const config = await rigConfig();
const bed = await testBed();

/** Ann calls as many phones as there are: p1 at 10.0.0.1 and so on. */
function calling(count: number, order: Forking["order"] | undefined, ...headers: string[]) {
	const names = Array.from({ length: count }, (_, at) => `p${at + 1}`);
	const targets = names.map((name, at) => `sip:${name}@10.0.0.${at + 1}`);
	const fork = order && { fork: { order, timeout: undefined, recurse: false } };
	const rig = new ExchangeRig({ config, routes: () => ({ ...relay(...targets), ...fork }) });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const phones = names.map((name, at) => rig.phone(name, { host: `10.0.0.${at + 1}` }));
	const invite = ann.request("INVITE", "sip:group@example.com", { headers });
	return { rig, ann, phones, invite };
}

const invited = (phones: readonly VirtualPhone[]) =>
	phones.flatMap(({ received }) => received.filter(({ method }) => method === "INVITE"));
const breadths = (requests: readonly WireMessage[]) =>
	requests.map((request) => Number(request.value("Max-Breadth")));

test("RFC 5393 §5.3.2 §5.3.3 PX-07 PX-80: every request that is forwarded carries one Max-Breadth: 60 where there was none, what came where it is less", () => {
	assert.deepEqual(breadths(invited(calling(1, undefined).phones)), [60]);
	for (const [came, goes] of [
		["1", 1],
		["17", 17],
		["60", 60],
		["61", 60],
		["99999999999999", 60],
		["007", 7],
	] as const)
		assert.deepEqual(breadths(invited(calling(1, undefined, `Max-Breadth: ${came}`).phones)), [
			goes,
		]);
});

test("RFC 5393 §5.3.3 §5.4.1 PX-72 PX-80: requests in a dialog and the ACK carry it too, none the CANCEL", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const came = bob.take("INVITE");
	bob.answer(came, "200 OK");
	const dialog = ann.caller(ann.take(200));
	dialog.send("ACK", ["Max-Breadth: x"]);
	assert.equal(bob.take("ACK").value("Max-Breadth"), "60", "an ACK has to arrive");
	dialog.send("INFO", ["Max-Breadth: 3"]);
	assert.equal(bob.take("INFO").value("Max-Breadth"), "3", "it is no count of hops");
	dialog.send("BYE");
	assert.equal(bob.take("BYE").value("Max-Breadth"), "60");

	const { ann: eve, phones, invite } = calling(1, undefined, "Max-Breadth: 5");
	const [phone] = phones;
	assert.ok(phone);
	phone.answer(phone.take("INVITE"), "180 Ringing");
	eve.cancel(invite, "Max-Breadth: 0");
	assert.deepEqual(phone.take("CANCEL").values("Max-Breadth"), []);
});

test("RFC 5393 §5.3.3 PX-81: branches share what came, each at least 1, and all of it", () => {
	const shares = (count: number, came: string) =>
		breadths(invited(calling(count, "parallel", `Max-Breadth: ${came}`).phones));
	assert.deepEqual(shares(3, "60"), [20, 20, 20]);
	assert.deepEqual(shares(3, "8"), [3, 3, 2]);
	assert.deepEqual(shares(3, "3"), [1, 1, 1]);
	assert.deepEqual(shares(4, "1000"), [15, 15, 15, 15]);
});

test("RFC 5393 §5.3.3.1 §5.5 PX-81: 3 targets of one q and a Max-Breadth of 2: two are called, the third when one has failed", () => {
	const { rig, ann, phones, invite } = calling(3, undefined, "Max-Breadth: 2");
	const [a, b, c] = phones;
	assert.ok(a && b && c);
	assert.deepEqual(breadths(invited([a, b])), [1, 1]);
	assert.deepEqual(c.received, []);
	const toB = b.take("INVITE");
	b.answer(toB, "180 Ringing");
	assert.deepEqual(c.received, [], "a provisional response frees nothing");
	b.answer(toB, "486 Busy Here");
	b.answer(toB, "486 Busy Here");
	assert.deepEqual(breadths(invited([c])), [1]);
	a.answer(a.take("INVITE"), "486 Busy Here");
	c.answer(c.take("INVITE"), "486 Busy Here");
	ann.acknowledge(invite, ann.take(486));
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("RFC 5393 §5.3.3.1 PX-81: one after the other, each has all of it", () => {
	const { phones } = calling(2, "serial", "Max-Breadth: 9");
	const [a, b] = phones;
	assert.ok(a && b);
	a.answer(a.take("INVITE"), "486 Busy Here");
	assert.deepEqual(breadths(invited(phones)), [9, 9]);
});

/** Takes the INVITEs that have come into those that are open, and answers what those have together. */
function openBreadth(phones: readonly VirtualPhone[], open: Map<VirtualPhone, WireMessage>) {
	for (const phone of phones)
		if (phone.unread.some(({ method }) => method === "INVITE"))
			open.set(phone, phone.take("INVITE"));
	return breadths([...open.values()]).reduce((sum, one) => sum + one, 0);
}

test("RFC 5393 §5.3.3 PX-81: at no time do the legs of a request have more than came, whatever order they end in", () => {
	for (const came of [1, 2, 3, 5, 7]) {
		const { rig, phones } = calling(6, undefined, `Max-Breadth: ${came}`);
		const open = new Map<VirtualPhone, WireMessage>();
		for (const turn of [0, -1, 0, -1, 0, -1]) {
			const sum = openBreadth(phones, open);
			assert.ok(sum <= came && sum >= 1, `${sum} of ${came}`);
			const [phone, request] = [...open].at(turn) ?? [];
			assert.ok(phone && request);
			phone.answer(request, "480 Away");
			open.delete(phone);
		}
		assert.equal(invited(phones).length, 6);
		rig.wait(64_000);
		assert.equal(rig.size, 0);
	}
});

test("RFC 5393 §5.3.3 PX-81: with a time to answer in, those who follow find a share that is not taken", () => {
	const fork = { order: "serial", timeout: 10_000, recurse: false } as const;
	const targets = ["sip:p1@10.0.0.1", "sip:p2@10.0.0.2", "sip:p3@10.0.0.3"];
	const rig = new ExchangeRig({ config, routes: () => ({ ...relay(...targets), fork }) });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const phones = [1, 2, 3].map((at) => rig.phone(`p${at}`, { host: `10.0.0.${at}` }));
	ann.request("INVITE", "sip:group@example.com", { headers: ["Max-Breadth: 8"] });
	rig.wait(10_010).wait(10_010);
	const firsts = phones.map((phone) => phone.take("INVITE"));
	assert.deepEqual(breadths(firsts), [6, 1, 1]);

	const narrow = new ExchangeRig({ config, routes: () => ({ ...relay(...targets), fork }) });
	const eve = narrow.phone("ann", { host: "172.21.83.70" });
	const [p1, p2] = [1, 2].map((at) => narrow.phone(`p${at}`, { host: `10.0.0.${at}` }));
	assert.ok(p1 && p2);
	eve.request("INVITE", "sip:group@example.com", { headers: ["Max-Breadth: 1"] });
	const came = p1.take("INVITE");
	p1.answer(came, "180 Ringing");
	narrow.wait(10_100);
	p1.answer(p1.take("CANCEL"), "200 OK");
	assert.deepEqual(p2.received, [], "the first leg has not ended");
	p1.answer(came, "487 Request Terminated");
	assert.equal(p2.take("INVITE").value("Max-Breadth"), "1");
});

test("RFC 5393 §5.3.3 PX-82: a script that wants all at once gets 440 where Max-Breadth is too small", () => {
	const { rig, ann, phones } = calling(2, "parallel", "Max-Breadth: 1");
	assert.deepEqual(invited(phones), []);
	const final = ann.take(440);
	assert.equal(final.startLine, "SIP/2.0 440 Max-Breadth Exceeded");
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
	assert.equal(invited(calling(2, "serial", "Max-Breadth: 1").phones).length, 1);
	assert.equal(invited(calling(2, "parallel", "Max-Breadth: 2").phones).length, 2);
});

test("RFC 5393 §5.3.1 PX-83: a Max-Breadth that is no positive number, or stands there twice, gets 400", () => {
	for (const value of ["0", "00", "-1", "x", "", "5;a=b", "1.5", "6 0"]) {
		const { ann, phones } = calling(1, undefined, `Max-Breadth: ${value}`);
		assert.equal(ann.take(400).startLine, "SIP/2.0 400 Bad Max-Breadth", value);
		assert.deepEqual(invited(phones), []);
	}
	const twice = calling(1, undefined, "Max-Breadth: 6", "max-breadth: 6");
	assert.equal(twice.ann.take(400).status, 400);
});
