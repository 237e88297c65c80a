/** Responses whose way back is gone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TransportName } from "../../core/base/flow.ts";
import type { DnsRecord } from "../../core/resolve/dns.ts";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";

const config = await rigConfig();

const addresses = (...list: readonly string[]): DnsRecord[] =>
	list.map((address) => ({ type: "A", address }));
const srv = (target: string, port: number, priority: number): DnsRecord => ({
	...{ type: "SRV", target, port, priority, weight: 0 },
});

/** A call from a proxy whose Via says `sentBy`, up to where Bob has the INVITE. */
function called(sentBy: string, transport: TransportName = "udp", host = "172.21.83.70") {
	const rig = new ExchangeRig({ config, routes: () => relay("sip:bob@10.0.0.1") });
	const edge = rig.phone("edge", { host, transport, port: transport === "udp" ? 5060 : 40_001 });
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	const backup = (at: string, port = 5060) => rig.phone("backup", { host: at, transport, port });
	const text = edge.write("INVITE", "sip:bob@example.com");
	edge.send(text.replace(/Via: (SIP\/2.0\/\w+) [^;]*/, `Via: $1 ${sentBy}`));
	const invite = bob.take("INVITE");
	const sends = () => rig.nowhere.map(({ flow }) => `${flow.transport} ${flow.host}:${flow.port}`);
	return { rig, edge, bob, backup, invite, sends, text };
}

test("RFC 3263 §5 RFC 3261 §18.2.2 TR-17: sent-by is a name: SRV of the transport, and each target in turn", () => {
	const { rig, edge, bob, backup, invite, sends } = called("edge.example.net");
	const second = backup("192.0.2.82", 5082);
	edge.reachable = false;
	bob.answer(invite, "200 OK");
	rig.answerDns([srv("b", 5082, 2), srv("a", 5081, 1)], "SRV _sip._udp.edge.example.net");
	rig.answerDns(addresses("192.0.2.81"), "A a");
	rig.answerDns(addresses("192.0.2.82"), "A b");
	assert.deepEqual(sends(), ["udp 172.21.83.70:5060", "udp 192.0.2.81:5081"]);
	assert.equal(second.take(200).cseqMethod, "INVITE");
	assert.equal(second.received.length, 1);
});

test("RFC 3263 §5 TR-17: sent-by is a name with a port: its addresses; over TLS the name is what has to be proved", () => {
	const udp = called("edge.example.net:5070");
	const second = udp.backup("192.0.2.82", 5070);
	udp.edge.reachable = false;
	udp.bob.answer(udp.invite, "200 OK");
	udp.rig.answerDns(addresses("192.0.2.81", "192.0.2.82"), "A edge.example.net");
	assert.equal(second.take(200).status, 200);

	const tls = called("edge.example.net", "tls");
	tls.edge.disconnect();
	tls.edge.reachable = false;
	tls.bob.answer(tls.invite, "200 OK");
	tls.rig.answerDns([srv("a", 5071, 1)], "SRV _sips._tcp.edge.example.net");
	tls.rig.answerDns(addresses("192.0.2.83"), "A a");
	const last = tls.rig.nowhere.at(-1);
	assert.equal(last?.flow.serverName, "edge.example.net");
	assert.equal(last.flow.transport, "tls");
});

test("RFC 3263 §5 TR-17: sent-by is an address: it, when it is another than was tried; nobody is asked", () => {
	const { rig, edge, bob, backup, invite } = called("192.0.2.81:5072");
	const second = backup("192.0.2.81", 5072);
	edge.reachable = false;
	bob.answer(invite, "486 Busy Here");
	assert.equal(second.take(486).status, 486);
	assert.deepEqual(rig.questions, []);

	const same = called("172.21.83.70");
	same.edge.reachable = false;
	same.bob.answer(same.invite, "486 Busy Here");
	assert.deepEqual(same.sends(), ["udp 172.21.83.70:5060"]);
	assert.ok(same.rig.log.some(({ message }) => message === "response.undelivered"));
});

test("RFC 3261 §18.2.2 TR-15 TR-17: a connection that is gone: a new one to the source at the port of sent-by, then what sent-by resolves to", () => {
	const { rig, edge, bob, backup, invite, sends } = called("edge.example.net:5070", "tcp");
	const second = backup("192.0.2.82", 5070);
	edge.disconnect();
	edge.reachable = false;
	bob.answer(invite, "200 OK");
	rig.answerDns(addresses("172.21.83.70", "192.0.2.82"), "A edge.example.net");
	assert.deepEqual(sends(), ["tcp 172.21.83.70:40001", "tcp 172.21.83.70:5070"]);
	assert.equal(second.take(200).status, 200);
});

test("RFC 6026 §7.1 §8.8 TX-18: when every way has failed the transaction stays: the repeat of its INVITE is absorbed", () => {
	const { rig, edge, bob, invite, text } = called("edge.example.net");
	edge.reachable = false;
	bob.answer(invite, "486 Busy Here");
	rig.answerDns([], "SRV _sip._udp.edge.example.net");
	rig.answerDns([], "A edge.example.net");
	assert.ok(rig.log.some(({ message }) => message === "response.undelivered"));
	edge.reachable = true;
	edge.send(text.replace(/Via: (SIP\/2.0\/\w+) [^;]*/, "Via: $1 edge.example.net"));
	assert.equal(edge.take(486).status, 486);
	assert.deepEqual(
		bob.received.map(({ method }) => method),
		["INVITE", "ACK"],
	);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3263 §5 TR-17: all later responses take the way that was found", () => {
	const { rig, edge, bob, backup, invite } = called("192.0.2.81:5072");
	const second = backup("192.0.2.81", 5072);
	edge.reachable = false;
	bob.answer(invite, "180 Ringing");
	bob.answer(invite, "200 OK");
	assert.deepEqual(
		second.unread.map(({ status }) => status),
		[180, 200],
	);
	assert.equal(rig.nowhere.length, 1);
});

test("RFC 3263 §5 TR-17: a stranger's sent-by is not followed", () => {
	const { rig, edge, bob, backup, invite } = called("192.0.2.81:5072", "udp", "198.51.100.7");
	const third = backup("192.0.2.81", 5072);
	edge.reachable = false;
	bob.answer(invite, "486 Busy Here");
	rig.wait(64_000);
	assert.deepEqual(third.received, []);
	assert.equal(rig.size, 0);
});
