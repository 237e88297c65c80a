import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flow, TransportName } from "../../core/base/flow.ts";
import { stampVia } from "../../core/message/via-stamp.ts";
import { options, request } from "./texts.ts";

const flow = (host: string, transport: TransportName = "udp"): Flow => ({
	transport,
	listener: 1,
	connection: transport === "udp" ? 0 : 7,
	host,
	port: 40_123,
	serverName: undefined,
});
const stamped = (Via: string, host = "192.0.2.1", transport: TransportName = "udp") =>
	stampVia(request(options({ Via }, "body")), flow(host, transport));
const top = (Via: string, host?: string, transport?: TransportName) =>
	stamped(Via, host, transport).head.value(0);

test("RFC 3261 §18.2.1 TR-09: received is added when sent-by is a name or another address", () => {
	assert.equal(top("SIP/2.0/UDP host;branch=1"), "SIP/2.0/UDP host;branch=1;received=192.0.2.1");
	assert.equal(top("SIP/2.0/UDP 10.0.0.1"), "SIP/2.0/UDP 10.0.0.1;received=192.0.2.1");
	assert.equal(top("SIP/2.0/UDP 192.0.2.1:5070;branch=1"), "SIP/2.0/UDP 192.0.2.1:5070;branch=1");
});

test("RFC 3261 §18.2.1, secure-signaling G10a W1: over TLS received is always added", () => {
	assert.equal(
		top("SIP/2.0/TLS 192.0.2.1:5061;branch=1", "192.0.2.1", "tls"),
		"SIP/2.0/TLS 192.0.2.1:5061;branch=1;received=192.0.2.1",
	);
	assert.equal(
		top("SIP/2.0/TCP 192.0.2.1;branch=1", "192.0.2.1", "tcp"),
		"SIP/2.0/TCP 192.0.2.1;branch=1",
	);
});

test("RFC 3261 §18.2.1 TR-09: nothing to add means the same request", () => {
	const message = request(options());
	assert.equal(stampVia(message, flow("192.0.2.1")), message);
});

test("RFC 3581 §4 TR-10: rport gets the port, and received comes with it, on every transport", () => {
	for (const transport of ["udp", "tcp", "tls", "ws"] as const)
		assert.equal(
			top("SIP/2.0/UDP 192.0.2.1;rport;branch=1", "192.0.2.1", transport),
			"SIP/2.0/UDP 192.0.2.1;branch=1;received=192.0.2.1;rport=40123",
		);
});

test("RFC 3261 §18.2.1 TR-14: values that the sender wrote there are dropped", () => {
	assert.equal(
		top("SIP/2.0/UDP host;received=1.2.3.4;a=b"),
		"SIP/2.0/UDP host;a=b;received=192.0.2.1",
	);
	assert.equal(top("SIP/2.0/UDP 192.0.2.1;a;received=1.2.3.4"), "SIP/2.0/UDP 192.0.2.1;a");
	assert.equal(
		top("SIP/2.0/UDP host;rport=1;received=1.2.3.4"),
		"SIP/2.0/UDP host;received=192.0.2.1;rport=40123",
	);
	assert.equal(top("SIP/2.0/UDP h;received=[2001:db8::255]"), "SIP/2.0/UDP h;received=192.0.2.1");
});

test("RFC 5118 §4.5, §4.9: IPv6 is compared by value and written without brackets", () => {
	assert.equal(
		top("SIP/2.0/UDP [2001:DB8::0:1]:5060", "2001:db8::1"),
		"SIP/2.0/UDP [2001:DB8::0:1]:5060",
	);
	assert.equal(top("SIP/2.0/UDP h", "2001:db8::1"), "SIP/2.0/UDP h;received=2001:db8::1");
	assert.equal(top("SIP/2.0/UDP 192.0.2.10", "::ffff:192.0.2.10"), "SIP/2.0/UDP 192.0.2.10");
});

test("RFC 3261 §18.2.1: only the first value of a Via list is stamped, the rest of the message stays", () => {
	const Via = "SIP/2.0/UDP h ;\r\n rport , SIP/2.0/UDP two;rport";
	const before = request(options({ Via, Contact: "<sip:c@h>;q=1", Route: "<sip:r;lr>" }, "body"));
	const after = stampVia(before, flow("192.0.2.1"));
	assert.equal(
		after.head.value(0),
		"SIP/2.0/UDP h;received=192.0.2.1;rport=40123 , SIP/2.0/UDP two;rport",
	);
	assert.deepEqual(after.head.via.params.get("rport"), "40123");
	const line = before.head.lineEnd(0);
	assert.equal(after.text.slice(after.head.lineEnd(0)), before.text.slice(line));
	assert.equal(after.text, request(after.text).text);
	for (const read of [before, after]) {
		const { head } = read;
		assert.deepEqual(
			[
				head.from.uri,
				head.toTag,
				head.callId,
				head.cseq.number,
				head.contacts[0]?.uri,
				head.routes[0]?.uri,
			],
			["sip:a@example.com", undefined, "c@192.0.2.1", 1, "sip:c@h", "sip:r;lr"],
		);
		assert.equal(read.text.slice(read.bodyStart, read.bodyEnd), "body");
		assert.equal(read.text.slice(head.from.uriStart, head.from.uriEnd), "sip:a@example.com");
	}
});

test("RFC 6223 §4.4 §5 TR-31: who offers keep-alives in a registration or a dialog is told how often", () => {
	const kept = (method: string, Via: string, transport: TransportName, seconds?: number) => {
		const text = options({ Via }).replaceAll("OPTIONS", method);
		return stampVia(request(text), flow("192.0.2.1", transport), seconds).head.value(0);
	};
	for (const method of ["REGISTER", "INVITE", "SUBSCRIBE", "UPDATE"]) {
		const via = "SIP/2.0/UDP 192.0.2.1;keep;branch=1";
		assert.equal(kept(method, via, "udp", 120), "SIP/2.0/UDP 192.0.2.1;branch=1;keep=30");
		assert.equal(kept(method, via, "tcp", 120), "SIP/2.0/UDP 192.0.2.1;branch=1;keep=120");
		assert.equal(kept(method, via, "tcp"), "SIP/2.0/UDP 192.0.2.1;branch=1;keep=0");
	}
	assert.equal(
		kept("INVITE", "SIP/2.0/UDP 10.0.0.1;rport;branch=1;Keep", "udp"),
		"SIP/2.0/UDP 10.0.0.1;branch=1;keep=30;received=192.0.2.1;rport=40123",
	);
});

test("RFC 6223 §4.3 §4.4 TR-31: keep means nothing in an ACK, outside of dialogs, or with a value of the sender", () => {
	for (const [method, via] of [
		["ACK", "SIP/2.0/UDP 192.0.2.1;branch=1;keep"],
		["BYE", "SIP/2.0/UDP 192.0.2.1;branch=1;keep"],
		["MESSAGE", "SIP/2.0/UDP 192.0.2.1;branch=1;keep"],
		["INVITE", "SIP/2.0/UDP 192.0.2.1;branch=1;keep=7"],
		["INVITE", "SIP/2.0/UDP 192.0.2.1;branch=1;keeper"],
	] as const) {
		const message = request(options({ Via: via }).replaceAll("OPTIONS", method));
		assert.equal(stampVia(message, flow("192.0.2.1"), 120), message, method);
	}
});
