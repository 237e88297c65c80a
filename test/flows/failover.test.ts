/** Trunks and backup contacts that stand in for one that cannot be reached: secure signaling §2.2. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision } from "../../core/proxy/decision.ts";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed(`
listen: [udp:172.21.83.50:5060, tcp:172.21.83.50:5060, tls:172.21.83.50:5314]
trusted: [172.21.83.0/24]
devices:
  first:  { type: Trunk, prefix: "9", replace-prefix: "", priority: 1, contact: "sip:10.0.0.1" }
  second: { type: Trunk, prefix: "9", replace-prefix: "00", priority: 2, contact: "sips:10.0.0.2;transport=tls" }
  third:  { type: Trunk, prefix: "9", priority: 3, contact: "sip:10.0.0.3;transport=tcp" }
  left:   { type: Trunk, prefix: "8", contact: "sip:10.0.1.1" }
  right:  { type: Trunk, prefix: "8", contact: "sip:10.0.1.2" }
  far:    { type: Trunk, prefix: "8", priority: 5, contact: "sip:10.0.1.3" }
  "5000": { type: Extension, contact: "sip:10.0.0.1", contact-backup: "sips:5000@10.0.0.2;transport=tls, sip:10.0.0.3;transport=tcp" }
  "5001": { type: Extension, contact: "sip:10.0.1.1" }
  "5002": { type: Extension, contact: "sip:10.0.2.1", contact-backup: "sips:10.0.2.2" }
`);

function network() {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const first = rig.phone("first", { host: "10.0.0.1" });
	const second = rig.phone("second", { host: "10.0.0.2", transport: "tls" });
	const third = rig.phone("third", { host: "10.0.0.3", transport: "tcp" });
	const call = (number: string) => ann.request("INVITE", `sip:${number}@172.21.83.50`);
	return { rig, ann, first, second, third, call };
}

const counts = (...phones: readonly { readonly received: readonly unknown[] }[]) =>
	phones.map(({ received }) => received.length);

test("secure-signaling §2.2 priority: a trunk that answers nothing for 32 s is left for the next, each dialled by its own number", () => {
	const { rig, ann, first, second, call } = network();
	call("9123");
	assert.equal(first.take("INVITE").uri, "sip:123@10.0.0.1");
	rig.wait(31_990);
	assert.equal(second.received.length, 0);
	rig.wait(20);
	const came = second.take("INVITE");
	assert.equal(came.uri, "sips:00123@10.0.0.2;transport=tls");
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5314/);
	assert.match(came.value("From"), /^<sips:/);
	second.answer(came, "200 OK");
	assert.equal(ann.take(200).status, 200);
});

test("secure-signaling §2.2 priority: a 503 leads to the next trunk, even from one that rang", () => {
	const { ann, first, second, call } = network();
	call("9123");
	const came = first.take("INVITE");
	first.answer(came, "180 Ringing");
	first.answer(came, "503 Service Unavailable");
	const next = second.take("INVITE");
	second.answer(next, "200 OK");
	assert.deepEqual([ann.take(180).status, ann.take(200).status], [180, 200]);
});

test("secure-signaling §2.2 priority: a connection that fails leads to the next trunk", () => {
	const { rig, first, second, third, call } = network();
	first.reachable = false;
	second.reachable = false;
	call("9123");
	assert.equal(third.take("INVITE").uri, "sip:9123@10.0.0.3;transport=tcp");
	assert.equal(rig.exchange.proxy.counters.failovers, 2);
});

for (const status of [
	"404 Not Found",
	"408 Request Timeout",
	"486 Busy Here",
	"500 Error",
	"603 Decline",
])
	test(`secure-signaling §2.2 priority: ${status} is an answer, and no other trunk is called`, () => {
		const { ann, first, second, third, call } = network();
		call("9123");
		first.answer(first.take("INVITE"), status);
		assert.equal(ann.take(Number.parseInt(status, 10)).method, undefined);
		assert.deepEqual(counts(second, third), [0, 0]);
	});

test("secure-signaling §2.2 priority: what the last trunk answers is the caller's, whatever came of those before", () => {
	const { rig, ann, first, second, call } = network();
	call("9123");
	first.take("INVITE");
	rig.wait(32_010);
	second.answer(second.take("INVITE"), "500 Server Internal Error");
	assert.equal(ann.take(500).status, 500);
});

test("secure-signaling §2.2 priority: when none can be reached the caller gets the timeout, or 500", () => {
	const { ann, first, second, third, call } = network();
	for (const trunk of [first, second, third]) trunk.reachable = false;
	call("9123");
	assert.equal(ann.take(500).status, 500);
});

test("secure-signaling §2.2 priority: a caller who hangs up meets no second trunk", () => {
	const { rig, ann, first, second, call } = network();
	const invite = call("9123");
	first.take("INVITE");
	ann.cancel(invite);
	rig.wait(70_000);
	assert.equal(ann.take(487).status, 487);
	assert.equal(second.received.length, 0);
});

test("secure-signaling §2.2: trunks with the same prefix and priority take turns; one with a larger priority waits", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const [left, right, far] = ["10.0.1.1", "10.0.1.2", "10.0.1.3"].map((host) =>
		rig.phone(host, { host }),
	);
	assert.ok(left && right && far);
	const order: string[] = [];
	for (let count = 0; count < 4; count += 1) {
		const before = [left, right, far].map(({ unread }) => unread.length);
		ann.request("INVITE", "sip:8123@172.21.83.50");
		for (const [at, phone] of [left, right, far].entries())
			if (phone.unread.length > (before[at] ?? 0)) order.push(phone.host);
	}
	assert.deepEqual(order, ["10.0.1.1", "10.0.1.2", "10.0.1.1", "10.0.1.2"]);
	assert.equal(far.received.length, 0);
});

test("secure-signaling §2.2: a script that lists trunks itself has them called as listed", () => {
	const targets = ["right", "left"].map(
		(name) => ({ kind: "device", name, number: undefined }) as const,
	);
	const fork = { order: "failover", timeout: undefined, recurse: false } as const;
	const decision: Decision = { kind: "relay", targets, fork, callee: undefined, edits: [] };
	const rig = bed.rig({ routes: () => decision });
	const right = rig.phone("right", { host: "10.0.1.2" });
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	for (let count = 0; count < 2; count += 1) ann.request("INVITE", "sip:8123@172.21.83.50");
	assert.equal(right.received.length, 2);
});

test("secure-signaling §2.2 failover with a timeout: who says nothing is left then, who rings may ring on", () => {
	const targets = ["first", "second"].map(
		(name) => ({ kind: "device", name, number: undefined }) as const,
	);
	const fork = { order: "failover", timeout: 5_000, recurse: false } as const;
	const decision: Decision = { kind: "relay", targets, fork, callee: undefined, edits: [] };
	const rig = bed.rig({ routes: () => decision });
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const first = rig.phone("first", { host: "10.0.0.1" });
	const second = rig.phone("second", { host: "10.0.0.2", transport: "tls" });
	ann.request("INVITE", "sip:9123@172.21.83.50");
	first.answer(first.take("INVITE"), "100 Trying");
	rig.wait(4_990);
	assert.equal(second.received.length, 0);
	rig.wait(20);
	assert.equal(first.take("CANCEL").method, "CANCEL");
	const came = second.take("INVITE");
	second.answer(came, "180 Ringing");
	rig.wait(60_000);
	second.answer(came, "486 Busy Here");
	assert.equal(ann.take(486).status, 486);
});

test("secure-signaling §2.2 contact-backup: the next address of the device, in its own scheme, when the one before cannot be reached", () => {
	const { rig, ann, first, second, third, call } = network();
	call("5000");
	assert.equal(first.take("INVITE").uri, "sip:5000@10.0.0.1");
	rig.wait(32_010);
	const came = second.take("INVITE");
	assert.equal(came.uri, "sips:5000@10.0.0.2;transport=tls");
	assert.match(came.value("Contact"), /^<sips:/);
	second.answer(came, "503 Service Unavailable");
	const last = third.take("INVITE");
	assert.equal(last.uri, "sip:5000@10.0.0.3;transport=tcp");
	third.answer(last, "200 OK");
	assert.match(ann.take(200).value("Contact"), /^<sip:/);
});

test("secure-signaling §2.2 contact-backup: a device that answers is not called at its backup", () => {
	const { ann, first, second, call } = network();
	call("5000");
	first.answer(first.take("INVITE"), "486 Busy Here");
	assert.equal(ann.take(486).status, 486);
	assert.equal(second.received.length, 0);
});

test("secure-signaling §2.2 contact-backup: in a parallel fork each device goes on to its own", () => {
	const targets = ["5000", "5001"].map(
		(name) => ({ kind: "device", name, number: undefined }) as const,
	);
	const fork = { order: "parallel", timeout: undefined, recurse: false } as const;
	const decision: Decision = { kind: "relay", targets, fork, callee: undefined, edits: [] };
	const rig = bed.rig({ routes: () => decision });
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const first = rig.phone("first", { host: "10.0.0.1" });
	const second = rig.phone("second", { host: "10.0.0.2", transport: "tls" });
	const left = rig.phone("left", { host: "10.0.1.1" });
	ann.request("INVITE", "sip:5000@172.21.83.50");
	first.answer(first.take("INVITE"), "503 Service Unavailable");
	const [desk, backup] = [left.take("INVITE"), second.take("INVITE")];
	left.answer(desk, "486 Busy Here");
	second.answer(backup, "200 OK");
	assert.equal(ann.take(200).status, 200);
});

test("secure-signaling §2.2 contact-backup: a request from a backup address is the device's", () => {
	const { rig } = network();
	const backup = rig.phone("5002", { host: "10.0.2.2", transport: "tls", port: 40_000 });
	assert.equal(rig.settings().environment.directory.deviceAt(backup.flow)?.name, "5002");
});

const strict = await testBed(`
listen: [udp:172.21.83.50:5060, tls:172.21.83.50:5314]
trusted: [172.21.83.0/24]
secure-signaling: { policy: rfc5630 }
devices:
  plain:  { type: Trunk, prefix: "9", priority: 1, contact: "sip:10.0.0.1" }
  secure: { type: Trunk, prefix: "9", priority: 2, contact: "sips:10.0.0.2" }
  "5000": { type: Extension, contact: "sip:10.0.0.1", contact-backup: "sips:5000@10.0.0.2" }
`);

test("secure-signaling §2.2 priority: under rfc5630 a trunk, or a backup, of the other scheme is no candidate for a sips call", () => {
	const rig = strict.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70", transport: "tls" });
	const plain = rig.phone("plain", { host: "10.0.0.1" });
	const secure = rig.phone("secure", { host: "10.0.0.2", transport: "tls" });
	const [from, contact] = ["sips:6000@172.21.83.70", "<sips:6000@172.21.83.70:5061>"];
	for (const number of ["9123", "5000"]) {
		ann.request("INVITE", `sips:${number}@172.21.83.50`, { from, contact });
		const came = secure.take("INVITE");
		assert.equal(came.uri, `sips:${number}@10.0.0.2`);
		secure.answer(came, "503 Service Unavailable");
		assert.equal(ann.take(500).values("Warning").length, 0);
	}
	assert.equal(plain.received.length, 0);
});
