/** Hosts as `domains` and `listen` take them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isHost, parseAddress, parseHostPort } from "../../core/config/host.ts";

test("RFC 3261 §25.1: hosts are names, IPv4 addresses, and IPv6 addresses in brackets", () => {
	for (const text of ["h", "sip.example.com", "sip.example.com.", "10.0.0.1", "[::1]", "a-b.c1"])
		assert.equal(isHost(text), true, text);
	for (const text of ["", "-a", "a..b", "300.1.1.1", "::1", "[::g]", "a_b", "1", "x".repeat(64)])
		assert.equal(isHost(text), false, text);
});

test("host and port: the port is 0 to 65535 and may be missing", () => {
	assert.deepEqual(parseHostPort("Sip.Example.com:5061"), { host: "sip.example.com", port: 5061 });
	assert.deepEqual(parseHostPort("[::1]"), { host: "[::1]", port: undefined });
	for (const text of ["h:", "h:x", "h:65536", "h:-1", "[::1]5060", ":5060"])
		assert.equal(parseHostPort(text), undefined, text);
});

test("an address to bind is an IP address: brackets of IPv6 may be left out without a port", () => {
	assert.deepEqual(parseAddress("::1"), { address: "::1", port: undefined });
	assert.deepEqual(parseAddress("[::1]:0"), { address: "::1", port: 0 });
	assert.equal(parseAddress("localhost:5060"), undefined);
});
