import assert from "node:assert/strict";
import { test } from "node:test";
import { reliable, secure } from "../../core/base/flow.ts";

const TRANSPORTS = ["udp", "tcp", "tls", "ws", "wss"] as const;

test("RFC 3261 §26.2.2, RFC 7118 §9.2: a sips URI may use TLS, and WebSocket over TLS", () => {
	assert.deepEqual(TRANSPORTS.filter(secure), ["tls", "wss"]);
});

test("RFC 3261 §17.1.1, RFC 7118 §5: every transport but UDP is reliable", () => {
	assert.deepEqual(TRANSPORTS.filter(reliable), ["tcp", "tls", "ws", "wss"]);
});
