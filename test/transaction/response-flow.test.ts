import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flow } from "../../core/base/flow.ts";
import { parseMessage } from "../../core/message/parse-message.ts";
import { stampVia } from "../../core/message/via-stamp.ts";
import { responseFallback, responseFlow } from "../../core/transaction/response-flow.ts";
import { request, TCP, TransactionRig } from "../support/transaction-rig.ts";

const SOURCE: Flow = {
	transport: "udp",
	listener: 3,
	connection: 0,
	host: "198.51.100.7",
	port: 40_123,
	serverName: undefined,
};

function received(via: string, flow = SOURCE) {
	const message = parseMessage(request({ via }), "datagram");
	assert.ok(message.kind === "request");
	return stampVia(message, flow);
}

const destination = (via: string, known = true) => {
	const to = responseFlow(received(via), SOURCE, () => known);
	return to && `${to.host}:${to.port} from ${to.listener}`;
};

test("RFC 3261 §18.2.2 RFC 3581 §4 TR-11 TR-12: where a response goes over UDP, always from the listener of the request", () => {
	for (const [via, expected] of [
		["SIP/2.0/UDP 198.51.100.7;rport", "198.51.100.7:40123 from 3"],
		["SIP/2.0/UDP 10.0.0.1:5062;rport", "198.51.100.7:40123 from 3"],
		["SIP/2.0/UDP 10.0.0.1:5062", "198.51.100.7:5062 from 3"],
		["SIP/2.0/UDP phone.example.com", "198.51.100.7:5060 from 3"],
		["SIP/2.0/UDP 198.51.100.7:5070", "198.51.100.7:5070 from 3"],
		["SIP/2.0/UDP 10.0.0.1:5062;maddr=203.0.113.9", "203.0.113.9:5062 from 3"],
		["SIP/2.0/UDP 10.0.0.1;maddr=203.0.113.9;rport", "203.0.113.9:5060 from 3"],
		["SIP/2.0/UDP 10.0.0.1;maddr=gateway.example.com", "198.51.100.7:5060 from 3"],
	] as const)
		assert.equal(destination(via), expected, via);
});

test("RFC 3261 §18.2.1 TR-14: received and rport that the sender wrote do not steer the response", () => {
	assert.equal(
		destination("SIP/2.0/UDP 10.0.0.1:5062;received=203.0.113.9"),
		"198.51.100.7:5062 from 3",
	);
	assert.equal(
		destination("SIP/2.0/UDP 10.0.0.1:5062;received=203.0.113.9;rport=1"),
		"198.51.100.7:40123 from 3",
	);
});

test("RFC 4475 §3.3.10 TR-16: nothing is sent to a group, to everybody or to nobody", () => {
	for (const maddr of [
		"255.255.255.255",
		"0.0.0.0",
		"224.2.0.1",
		"[ff02::1]",
		"[::]",
		"[::ffff:255.255.255.255]",
	])
		assert.equal(destination(`SIP/2.0/UDP 10.0.0.1;maddr=${maddr}`), undefined, maddr);
	const rig = new TransactionRig({ knows: () => true }).receive(
		request({ via: "SIP/2.0/UDP 192.0.2.10;maddr=224.2.0.1" }),
	);
	rig.respond(200);
	assert.equal(rig.sent.length, 0);
});

test("RFC 3261 §18.2.2 TR-60: whom nobody knows gets the response himself, whatever his maddr says", () => {
	for (const [via, expected] of [
		["SIP/2.0/UDP 10.0.0.1:5062;maddr=203.0.113.9", "198.51.100.7:5062 from 3"],
		["SIP/2.0/UDP 10.0.0.1;maddr=203.0.113.9;rport", "198.51.100.7:40123 from 3"],
		["SIP/2.0/UDP 10.0.0.1:5062;maddr=224.2.0.1", "198.51.100.7:5062 from 3"],
	] as const)
		assert.equal(destination(via, false), expected, via);
});

test("RFC 3261 §18.2.2 TR-15: a response to a request on a stream goes on its connection", () => {
	const invite = received("SIP/2.0/TCP phone.example.com:5062", TCP);
	assert.equal(
		responseFlow(invite, TCP, () => false),
		TCP,
	);
});

test("RFC 3261 §18.2.2 TR-15: when that is gone, to the address it came from, at the port of sent-by", () => {
	const rig = new TransactionRig();
	rig.receive(request({ via: "SIP/2.0/TCP phone.example.com:5062" }), TCP);
	rig.respond(200);
	rig.table.transportFailed(rig.lastSent.owner, rig.now);
	assert.deepEqual(rig.log, ["0 request INVITE", "0 -> 200 INVITE", "0 -> 200 INVITE"]);
	assert.deepEqual(rig.lastSent.flow, {
		...TCP,
		connection: 0,
		host: "192.0.2.10",
		port: 5062,
		serverName: "phone.example.com",
	});
	rig.table.transportFailed(rig.lastSent.owner, rig.now);
	assert.equal(rig.log.at(-1), "0 undelivered INVITE", "and then the user finds another way");
});

test("RFC 3261 §18.1.1: the port of a connection to open is the transport's own when sent-by has none", () => {
	const port = (transport: Flow["transport"], via: string) =>
		responseFallback(received(via), { ...TCP, transport })?.port;
	assert.equal(port("tcp", "SIP/2.0/TCP 192.0.2.10"), 5060);
	assert.equal(port("tls", "SIP/2.0/TLS 192.0.2.10"), 5061);
	assert.equal(port("wss", "SIP/2.0/WSS abc.invalid"), undefined, "nobody listens in a browser");
	assert.equal(port("udp", "SIP/2.0/UDP 192.0.2.10"), undefined);
});
