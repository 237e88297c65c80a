/** Devices that may have only so many calls at a time: secure signaling §2.2, `capacity`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision } from "../../core/proxy/decision.ts";
import { rigConfig } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";

const YAML = `
listen: [udp:172.21.83.50:5060]
trusted: [172.21.83.0/24, 10.0.0.0/24]
devices:
  first:  { type: Trunk, prefix: "9", priority: 1, contact: "sip:10.0.0.1", capacity: 1 }
  second: { type: Trunk, prefix: "9", priority: 2, contact: "sip:10.0.0.2" }
  "5000": { type: Extension, contact: "sip:5000@172.21.83.60", capacity: 2 }
  "7789": { type: Extension, contact: "*", capacity: 1, recovery-timeout: 60 }
`;
const bed = await testBed(YAML);

function network() {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const first = rig.phone("first", { host: "10.0.0.1" });
	const second = rig.phone("second", { host: "10.0.0.2" });
	const desk = rig.phone("5000", { host: "172.21.83.60" });
	const call = (number = "9123") => ann.request("INVITE", `sip:${number}@172.21.83.50`);
	const { calls } = rig.exchange.proxy.candidates;
	/** Calls and is answered: both sides of the dialog. */
	const talk = (callee: VirtualPhone, number?: string) => {
		call(number);
		const invite = callee.take("INVITE");
		callee.answer(invite, "200 OK");
		const caller = ann.caller(ann.take(200));
		caller.send("ACK");
		return { caller, callee: callee.callee(invite) };
	};
	return { rig, ann, first, second, desk, call, calls, talk };
}

test("secure-signaling §2.2 capacity: a trunk that has all the calls it may have is passed over for the next", () => {
	const { first, second, talk, call, calls } = network();
	talk(first);
	assert.equal(calls.of("first"), 1);
	call();
	assert.equal(second.take("INVITE").uri, "sip:9123@10.0.0.2");
	assert.equal(calls.of("second"), undefined, "it has no capacity, and nothing is kept of it");
});

test("secure-signaling §2.2 capacity: a call that rings counts; nobody left is 480 without a Warning", () => {
	const { ann, desk, call } = network();
	call("5000");
	call("5000");
	desk.answer(desk.take("INVITE"), "180 Ringing");
	call("5000");
	assert.equal(ann.take(480).values("Warning").length, 0);
	assert.equal(desk.received.length, 2);
});

for (const side of ["caller", "callee"] as const)
	test(`secure-signaling §2.2 capacity: a BYE from the ${side} makes room`, () => {
		const { first, talk, calls } = network();
		const dialog = talk(first);
		dialog[side].send("BYE");
		assert.equal(calls.of("first"), 0);
		talk(first);
	});

test("secure-signaling §2.2 capacity: so does a failure, a timeout, a failed connection, or a CANCEL", () => {
	const { rig, ann, desk, call, calls } = network();
	call("5000");
	desk.answer(desk.take("INVITE"), "486 Busy Here");
	assert.equal(calls.of("5000"), 0);
	call("5000");
	rig.wait(32_010);
	assert.equal(calls.of("5000"), 0);
	desk.reachable = false;
	call("5000");
	assert.equal(calls.of("5000"), 0);
	desk.reachable = true;
	desk.unread.length = 0;
	const invite = call("5000");
	const came = desk.take("INVITE");
	desk.answer(came, "180 Ringing");
	ann.cancel(invite);
	desk.answer(came, "487 Request Terminated");
	assert.equal(calls.of("5000"), 0);
});

test("secure-signaling §2.2 capacity: calls from the device count too, and are not refused", () => {
	const { rig, first, second, desk, call, calls } = network();
	const invite = first.request("INVITE", "sip:5000@172.21.83.50", { from: "sip:0123@10.0.0.1" });
	assert.equal(calls.of("first"), 1);
	call();
	assert.equal(second.take("INVITE").method, "INVITE");
	first.request("INVITE", "sip:5000@172.21.83.50", { from: "sip:0124@10.0.0.1" });
	assert.equal(calls.of("first"), 2);
	const came = desk.take("INVITE");
	desk.answer(came, "200 OK");
	assert.equal(first.take(200).value("Call-ID"), invite.value("Call-ID"));
	desk.answer(desk.take("INVITE"), "486 Busy Here");
	assert.equal(calls.of("first"), 1, "the one that was refused is over");
	desk.callee(came).send("BYE");
	assert.deepEqual([calls.of("first"), calls.of("5000")], [0, 0]);
	assert.equal(rig.exchange.proxy.counters.passedOverCapacity, 1);
});

test("secure-signaling §2.2 capacity: a call that a script refuses never counted", () => {
	const { first, calls } = network();
	first.request("INVITE", "sip:9123@172.21.83.50", { from: "sip:0123@10.0.0.1" });
	assert.equal(first.take(403).status, 403);
	assert.equal(calls.of("first"), 0);
});

test("secure-signaling §2.2 capacity: of two branches that answer, each is a call until it is hung up", () => {
	const targets = ["first", "5000"].map(
		(name) => ({ kind: "device", name, number: undefined }) as const,
	);
	const fork = { order: "parallel", timeout: undefined, recurse: false } as const;
	const decision: Decision = { kind: "relay", targets, fork, callee: undefined, edits: [] };
	const rig = bed.rig({ routes: () => decision });
	const { calls } = rig.exchange.proxy.candidates;
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const first = rig.phone("first", { host: "10.0.0.1" });
	const desk = rig.phone("5000", { host: "172.21.83.60" });
	ann.request("INVITE", "sip:5000@172.21.83.50");
	first.answer(first.take("INVITE"), "200 OK");
	desk.answer(desk.take("INVITE"), "200 OK");
	const [one, other] = [ann.caller(ann.take(200)), ann.caller(ann.take(200))];
	assert.deepEqual([calls.of("first"), calls.of("5000")], [1, 1]);
	other.send("BYE");
	assert.deepEqual([calls.of("first"), calls.of("5000")], [1, 0]);
	one.send("BYE");
	assert.deepEqual([calls.of("first"), calls.of("5000")], [0, 0]);
});

test("secure-signaling §2.2 capacity: a call whose BYE never comes counts for 12 hours", () => {
	const { rig, first, second, talk, call } = network();
	talk(first);
	rig.wait(11.9 * 3_600_000);
	call();
	second.take("INVITE");
	rig.wait(0.2 * 3_600_000);
	first.unread.length = 0;
	call();
	assert.equal(first.take("INVITE").method, "INVITE");
});

test("secure-signaling §2.2 capacity: a re-INVITE is no call, and a MESSAGE neither", () => {
	const { ann, first, talk, calls } = network();
	const { caller } = talk(first);
	caller.send("INVITE");
	assert.equal(first.take("INVITE").method, "INVITE");
	ann.request("MESSAGE", "sip:9123@172.21.83.50");
	assert.equal(first.take("MESSAGE").method, "MESSAGE");
	assert.equal(calls.of("first"), 1);
});

test("secure-signaling §2.2 capacity: it is a live setting: what is up counts under the new one", async () => {
	const { rig, first, second, talk, call, calls } = network();
	const { caller } = talk(first);
	rig.reload(await rigConfig(YAML.replace("capacity: 1 }", "capacity: 2 }")));
	call();
	assert.equal(first.take("INVITE").method, "INVITE");
	assert.equal(calls.of("first"), 2);
	call();
	second.take("INVITE");
	caller.send("BYE");
	assert.equal(calls.of("first"), 1);
	assert.deepEqual(rig.exchange.proxy.candidates.status()[0], {
		device: "first",
		calls: { now: 1, capacity: 2 },
	});
});

test("secure-signaling §2.2 capacity: a device that rings at two places has one call, until both are done", () => {
	const { rig, ann, call, calls } = network();
	const aor = "sip:7789@172.21.83.50";
	const [desk, mobile] = ["172.21.83.24", "172.21.83.25"].map((host) => {
		const phone = rig.phone("7789", { host });
		phone.request("REGISTER", "sip:172.21.83.50", { from: aor, to: aor });
		return phone;
	});
	assert.ok(desk && mobile);
	call("7789");
	assert.equal(calls.of("7789"), 1);
	desk.answer(desk.take("INVITE"), "503 Service Unavailable");
	assert.equal(calls.of("7789"), 1);
	call("7789");
	assert.equal(ann.take(480).status, 480);
	mobile.answer(mobile.take("INVITE"), "486 Busy Here");
	assert.equal(calls.of("7789"), 0);
	call("7789");
	assert.equal(
		mobile.take("INVITE").method,
		"INVITE",
		"that one place is gone says nothing of the device",
	);
});

test("secure-signaling §2.2 capacity: a backup of the contact is the same call", async () => {
	const yaml = YAML.replace('"sip:10.0.0.1", ', '"sip:10.0.0.1", contact-backup: "sip:10.0.0.3", ');
	const rig = bed.rig({ config: await rigConfig(yaml) });
	const { calls } = rig.exchange.proxy.candidates;
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const first = rig.phone("first", { host: "10.0.0.1" });
	const backup = rig.phone("backup", { host: "10.0.0.3" });
	ann.request("INVITE", "sip:9123@172.21.83.50");
	first.answer(first.take("INVITE"), "503 Service Unavailable");
	assert.equal(calls.of("first"), 1);
	backup.answer(backup.take("INVITE"), "486 Busy Here");
	assert.equal(calls.of("first"), 0);
});

test("secure-signaling §2.2 capacity: a BYE that goes no further ends no call", async () => {
	const strict = await testBed(`
listen: [udp:172.21.83.50:5060, tls:172.21.83.50:5061]
trusted: [172.21.83.0/24]
secure-signaling: { mismatch: reject }
devices:
  "5000": { type: Extension, contact: "sip:5000@172.21.83.60", capacity: 1 }
  "7789": { type: Extension, contact: "sips:7789@172.21.83.24" }
`);
	const rig = strict.rig();
	const contact = "<sips:7789@172.21.83.24:5061>";
	const phone = rig.phone("7789", { transport: "tls", host: "172.21.83.24", contact });
	const clear = rig.phone("clear", { host: "172.21.83.24" });
	const desk = rig.phone("5000", { host: "172.21.83.60" });
	const uri = "sips:5000@172.21.83.50";
	phone.request("INVITE", uri, { from: "sips:7789@172.21.83.50", to: uri });
	desk.answer(desk.take("INVITE"), "200 OK");
	const caller = phone.caller(phone.take(200));
	caller.send("ACK");
	const { calls } = rig.exchange.proxy.candidates;
	clear.send(caller.write("BYE").replace(phone.via, clear.via));
	clear.take(400, "BYE");
	assert.equal(calls.of("5000"), 1);
	caller.send("BYE");
	assert.equal(calls.of("5000"), 0);
});
