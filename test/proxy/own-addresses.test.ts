import assert from "node:assert/strict";
import { test } from "node:test";
import type { Listener } from "../../core/base/flow.ts";
import { parseUri } from "../../core/message/uri.ts";
import { OwnAddresses } from "../../core/proxy/own-addresses.ts";

const UDP: Listener = {
	...{ id: 0, transport: "udp", address: "192.0.2.1", host: "192.0.2.1", port: 5060 },
};
const TLS: Listener = { ...UDP, id: 1, transport: "tls", port: 5061 };
const NAT: Listener = { ...UDP, id: 2, address: "10.0.0.5", host: "sip.example.net", port: 6060 };
const SIX: Listener = { ...UDP, id: 3, address: "2001:db8::1", host: "[2001:db8::1]" };
const WILD: Listener = { ...UDP, id: 4, address: "0.0.0.0", host: "192.0.2.9", port: 7060 };

const own = new OwnAddresses(
	[UDP, TLS, NAT, SIX, WILD],
	["Example.com"],
	["192.0.2.9", "127.0.0.1"],
);
const owns = (uri: string) => own.owns(parseUri(uri));

test("RFC 3261 §16.4 PX-11: every listener, advertised name and domain is ours, in any case", () => {
	const ours = ["sip:192.0.2.1:5060", "sips:5000@192.0.2.1:5061", "sip:SIP.example.net:6060"];
	for (const uri of [...ours, "sip:x@EXAMPLE.COM", "sip:10.0.0.5:6060", "sip:127.0.0.1:7060"])
		assert.ok(owns(uri), uri);
});

test("RFC 3261 §16.4 PX-14: the user part says nothing about whose address it is", () => {
	for (const uri of ["sip:token@192.0.2.1:5060", "sip:192.0.2.1:5060", "sip:a:b@192.0.2.1:5060"])
		assert.ok(owns(uri), uri);
});

test("RFC 3261 §16.4: an address of ours with a port that nobody listens on is not ours", () => {
	for (const uri of ["sip:192.0.2.1:5070", "sip:example.com:5070", "sip:192.0.2.1:6060"])
		assert.ok(!owns(uri), uri);
	assert.ok(owns("sip:example.com:5061"), "a domain is served on every port we listen on");
});

test("RFC 3261 §16.5: without a port the host is enough, whatever port it listens on", () => {
	for (const uri of ["sip:5000@192.0.2.1", "sip:5000@sip.example.net", "sip:5000@192.0.2.9"])
		assert.ok(owns(uri), uri);
});

test("RFC 3261 §16.5 PX-16: a foreign host is not ours, nor one that only looks like it", () => {
	const foreign = ["sip:x@192.0.2.2", "sip:x@example.com.evil.org", "sip:x@notexample.com"];
	for (const uri of [...foreign, "tel:+1", "sip:192.0.2.1@evil.org"]) assert.ok(!owns(uri), uri);
});

test("RFC 5954 §4.2: an IPv6 address is ours however it is spelled", () => {
	for (const host of ["[2001:db8::1]", "[2001:DB8:0:0::1]", "[2001:0db8:0:0:0:0:0:0001]"])
		assert.ok(owns(`sip:x@${host}:5060`) && own.ownsSentBy(host, undefined, false), host);
	assert.ok(!owns("sip:x@[2001:db8::2]"));
});

test("RFC 3261 §18.1.2 TR-08: a sent-by is ours with host and port; the default port follows TLS", () => {
	assert.ok(own.ownsSentBy("192.0.2.1", undefined, false));
	assert.ok(own.ownsSentBy("192.0.2.1", undefined, true));
	assert.ok(own.ownsSentBy("Sip.Example.Net", 6060, false));
	assert.ok(!own.ownsSentBy("sip.example.net", undefined, false));
	assert.ok(!own.ownsSentBy("example.com", 5060, false), "a domain is no sent-by of ours");
	assert.ok(!own.ownsSentBy("192.0.2.2", 5060, false));
});

test("localhost is ours where we listen on loopback, and nobody's business elsewhere", () => {
	assert.ok(owns("sip:1001@localhost"));
	const abroad = new OwnAddresses([UDP], [], ["192.0.2.9", "127.0.0.1"]);
	assert.ok(!abroad.owns(parseUri("sip:1001@localhost")));
});
