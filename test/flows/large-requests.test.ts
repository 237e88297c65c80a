/** Requests that are too large for UDP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../core/config/config.ts";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { RequestGiven, VirtualPhone } from "../support/virtual-phone.ts";

const bed = await testBed();
const BOB = "sip:bob@10.0.0.1:5062";

/** Ann calls Bob, who listens on UDP and TCP as RFC 3261 §18.2.1 asks for. */
function calling(target = BOB, config: Config = bed.config) {
	const rig = new ExchangeRig({ config, routes: () => relay(target) });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const contact = `<${BOB}>`;
	const udp = rig.phone("bob", { host: "10.0.0.1", port: 5062, contact });
	const tcp = rig.phone("bob", { host: "10.0.0.1", port: 5062, contact, transport: "tcp" });
	const call = (body: string, given: RequestGiven = {}, method = "INVITE") =>
		ann.request(method, "sip:bob@example.com", { body, ...given });
	return { rig, ann, udp, tcp, call };
}

/** A body that makes the request, as it is forwarded, this long. */
function filling(octets: number): string {
	const { udp, call } = calling();
	const body = "x".repeat(500);
	call(body);
	const { length } = udp.take("INVITE").text;
	return "x".repeat(octets - length + body.length);
}

const refused = (rig: ExchangeRig, phone: VirtualPhone) => {
	phone.reachable = false;
	return () => rig.nowhere.filter(({ flow }) => flow.transport === "tcp").length;
};

test("RFC 3261 §18.1.1 TR-03: a request of 1301 octets to a UDP URI arrives by TCP and says so in its Via; one of 1300 stays", () => {
	const { udp, tcp, call } = calling();
	call(filling(1300));
	assert.equal(udp.take("INVITE").text.length, 1300);
	assert.deepEqual(tcp.received, []);

	call(filling(1301));
	const came = tcp.take("INVITE");
	assert.deepEqual(udp.unread, []);
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TCP 172\.21\.83\.50:5060;branch=z9hG4bK\w+$/);
	assert.equal(came.uri, BOB);
});

test("RFC 3261 §18.1.1 TR-03: transport=udp in the URI changes nothing about the size; a TLS leg has no limit", () => {
	const { udp, tcp, call } = calling(`${BOB};transport=udp`);
	call(filling(2000));
	assert.match(tcp.take("INVITE").vias[0] ?? "", /^SIP\/2\.0\/TCP /);
	assert.deepEqual(udp.received, []);

	const secure = calling("sips:bob@10.0.0.1:5062");
	const tls = secure.rig.phone("bob", { host: "10.0.0.1", port: 5062, transport: "tls" });
	tls.reachable = false;
	secure.call(filling(2000));
	assert.deepEqual(
		secure.rig.nowhere.map(({ flow }) => flow.transport),
		["tls"],
		"and it never falls back to UDP",
	);
	assert.equal(secure.ann.take(500).status, 500);
});

test("RFC 3261 §18.1.1 TR-04: what counts is the size of what we send: 1250 octets that grow past 1300 go by TCP", () => {
	const { udp, tcp, call } = calling();
	let body = "";
	let sent = call(body);
	udp.take("INVITE");
	body = "x".repeat(1250 - sent.text.length - "Content-Length: 0".length);
	sent = call(body);
	assert.ok(sent.text.length <= 1250, `${sent.text.length}`);
	assert.ok(tcp.take("INVITE").text.length > 1300);
	assert.deepEqual(udp.unread, []);
});

test("RFC 3261 §18.1.1 TR-05: where TCP is refused the request goes by UDP at once, with a new branch", () => {
	const { rig, ann, udp, tcp, call } = calling();
	const tries = refused(rig, tcp);
	call(filling(1400));
	const came = udp.take("INVITE");
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/UDP /);
	assert.equal(tries(), 1);
	assert.ok(
		!rig.nowhere[0]?.text.includes(came.vias[0]?.split("branch=")[1]?.split(";")[0] ?? "?"),
	);
	udp.answer(came, "200 OK");
	assert.equal(ann.take(200).status, 200);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §18.1.1 TR-05: a phone without TCP is remembered for ten minutes: the next calls do not pay", () => {
	const { rig, udp, tcp, call } = calling();
	const tries = refused(rig, tcp);
	for (let calls = 1; calls <= 3; calls += 1) {
		call(filling(1400));
		udp.answer(udp.take("INVITE"), "486 Busy Here");
	}
	assert.equal(tries(), 1);
	rig.wait(600_000);
	call(filling(1400));
	assert.equal(tries(), 2);
	udp.take("INVITE");
	const { largeByTcp, largeByUdp } = rig.exchange.proxy.counters;
	assert.deepEqual([largeByTcp, largeByUdp], [2, 4]);
});

test("RFC 3261 §18.1.1 TR-05 PX-94: when UDP fails there too, the next address gets it by TCP", () => {
	const { rig, udp, tcp, call } = calling("sip:bob@pool.example.org:5062");
	const second = rig.phone("two", { host: "10.0.0.2", port: 5062, transport: "tcp" });
	refused(rig, tcp);
	refused(rig, udp);
	call(filling(1400));
	rig.answerDns(["10.0.0.1", "10.0.0.2"].map((address) => ({ type: "A", address })));
	assert.deepEqual(
		rig.nowhere.map(({ flow }) => `${flow.transport} ${flow.host}`),
		["tcp 10.0.0.1", "udp 10.0.0.1"],
	);
	assert.match(second.take("INVITE").vias[0] ?? "", /^SIP\/2\.0\/TCP /);
});

test("RFC 3261 §18.1.1 TR-05: a caller who gave up meanwhile is not called for by UDP", () => {
	const { rig, ann, udp, tcp, call } = calling();
	const sent = call(filling(1400));
	tcp.take("INVITE");
	ann.cancel(sent);
	refused(rig, tcp);
	tcp.disconnect();
	rig.wait(64_000);
	assert.deepEqual(udp.received, []);
	assert.equal(ann.take(487).status, 487);
});

test("RFC 3261 §18.2.2 TR-06: a response of 4 KiB goes back by UDP, where its request came from", () => {
	const { ann, udp, call } = calling();
	call("");
	const body = "x".repeat(4096);
	udp.answer(udp.take("INVITE"), "200 OK", { body });
	assert.equal(ann.take(200).body, body);
});

test("RFC 5626 §7 TR-07: a phone that registered over UDP gets a request of 1500 octets on its flow; it is counted and logged", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const place = { host: "172.21.83.99", port: 61_001, contact: "<sip:7789@192.168.0.7:5060>" };
	const nat = rig.phone("7789", place);
	const aor = "sip:7789@172.21.83.50";
	nat.request("REGISTER", "sip:172.21.83.50", { from: aor, to: aor });
	nat.take(200);
	ann.request("INVITE", aor, { body: "x".repeat(1500) });
	const came = nat.take("INVITE");
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/UDP /);
	assert.equal(rig.nowhere.length, 0);
	const { largeByTcp, largeByUdp } = rig.exchange.proxy.counters;
	assert.deepEqual([largeByTcp, largeByUdp], [0, 1]);
	const noted = rig.log.find(({ message }) => message === "request.large");
	assert.equal(noted?.level, "debug");
	assert.deepEqual(noted.fields, {
		...{ event: "request.large", octets: came.text.length, by: "udp" },
		...{ host: "172.21.83.99", port: 61_001 },
	});

	nat.answer(came, "200 OK");
	ann.caller(ann.take(200)).send("INVITE", [], "x".repeat(1500));
	assert.match(nat.take("INVITE").vias[0] ?? "", /^SIP\/2\.0\/UDP /, "in its dialog too");
});

test("RFC 5658 §5 PX-33 RFC 3261 §18.1.1: an INVITE of 1400 octets moved to TCP has one Record-Route, without a transport parameter", () => {
	const { ann, udp, tcp, call } = calling();
	call("");
	const small = udp.take("INVITE").recordRoutes;
	call(filling(1400));
	const came = tcp.take("INVITE");
	assert.equal(came.recordRoutes.length, 1);
	assert.ok(!came.recordRoutes.join().includes("transport="));
	const shape = (values: readonly string[]) => values.map((value) => value.replace(/x5=.*/, ""));
	assert.deepEqual(shape(came.recordRoutes), shape(small));

	tcp.answer(came, "200 OK");
	const side = ann.caller(ann.take(200));
	side.send("ACK");
	assert.match(udp.take("ACK").vias[0] ?? "", /^SIP\/2\.0\/UDP /);
	side.send("BYE");
	assert.match(udp.take("BYE").vias[0] ?? "", /^SIP\/2\.0\/UDP /);
	tcp.callee(came).send("BYE");
	assert.equal(ann.take("BYE").uri, "sip:ann@172.21.83.70:5060");
});

test("RFC 3261 §18.1.1 TR-03 TR-07: in the dialog with a configured contact a large request goes by TCP, a large ACK once TCP has worked", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const place = { host: "172.21.83.60", contact: "<sip:5000@172.21.83.60:5060>" };
	const udp = rig.phone("5000", place);
	const tcp = rig.phone("5000", { ...place, transport: "tcp" });
	ann.request("INVITE", "sip:5000@172.21.83.50");
	udp.answer(udp.take("INVITE"), "200 OK");
	const side = ann.caller(ann.take(200));
	const large = "x".repeat(1500);
	side.send("ACK", [], large);
	assert.match(udp.take("ACK").vias[0] ?? "", /^SIP\/2\.0\/UDP /, "nobody would send it again");
	side.send("INVITE", [], large);
	tcp.answer(tcp.take("INVITE"), "200 OK");
	ann.take(200);
	side.send("ACK", [], large);
	assert.match(tcp.take("ACK").vias[0] ?? "", /^SIP\/2\.0\/TCP /);
});

test("RFC 3428 §8 OT-23 TR-03: a MESSAGE of 2 KiB to a UDP URI goes by TCP", () => {
	const { udp, tcp, call } = calling();
	call("x".repeat(2048), {}, "MESSAGE");
	assert.equal(tcp.take("MESSAGE").body.length, 2048);
	assert.deepEqual(udp.received, []);
});

test("TR-03: udp.max-request sets the size, and off sends everything by UDP", async () => {
	const config = await rigConfig(`${YAML}\nudp: { max-request: off }\n`);
	const { udp, tcp, call } = calling(BOB, config);
	call("x".repeat(20_000));
	assert.equal(udp.take("INVITE").body.length, 20_000);
	assert.deepEqual(tcp.received, []);

	const small = calling(BOB, await rigConfig(`${YAML}\nudp: { max-request: 500 }\n`));
	small.call("x".repeat(300));
	assert.equal(small.tcp.take("INVITE").body.length, 300);
});
