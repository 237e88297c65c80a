/** Legs, keys and messages for the tests of core/leg. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { Flow, Listener, TransportName } from "../../core/base/flow.ts";
import type { Scheme } from "../../core/base/scheme.ts";
import type { Leg } from "../../core/leg/leg.ts";
import type { Key, Signing } from "../../core/leg/seal.ts";
import { DEFAULTS, type SecureSignaling } from "../../core/leg/secure-signaling.ts";
import { Request, Response } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse-message.ts";

export function key(id: number): Key {
	return { id, secret: new Uint8Array(32).fill(id + 1) };
}

/** A signing set whose newest key is the last one. */
export function signingWith(ids: readonly [number, ...number[]], boot = 0x1234_5678): Signing {
	const all = ids.map(key);
	return {
		keys: { current: all.at(-1) ?? key(0), all },
		hmac: (secret, text) => createHmac("sha256", secret).update(text, "latin1").digest("binary"),
		boot,
	};
}

export const signing = signingWith([3]);

const PORTS: Readonly<Record<TransportName, number>> = {
	...{ udp: 5060, tcp: 5060, tls: 5314, ws: 8080, wss: 8443 },
};

export function listener(transport: TransportName): Listener {
	const address = "172.21.83.50";
	const id = Object.keys(PORTS).indexOf(transport);
	return { id, transport, address, host: address, port: PORTS[transport] };
}

export function flow(
	transport: TransportName,
	host: string,
	port: number,
	connection = transport === "udp" ? 0 : 7,
): Flow {
	const { id } = listener(transport);
	return { transport, listener: id, connection, host, port, serverName: undefined };
}

export function leg(
	scheme: Scheme,
	over: Flow,
	settings: Partial<SecureSignaling> = {},
): Leg & { readonly flow: Flow } {
	return {
		scheme,
		listener: listener(over.transport),
		flow: over,
		policy: { ...DEFAULTS, ...settings },
	};
}

/** `lines` without line ends; a body follows an empty line. */
export function message(...lines: string[]): string {
	return lines.includes("") ? lines.join("\r\n") : `${lines.join("\r\n")}\r\n\r\n`;
}

export function request(...lines: string[]): Request {
	const parsed = parseMessage(message(...lines), "datagram");
	assert.ok(parsed instanceof Request, parsed.text);
	return parsed;
}

export function response(...lines: string[]): Response {
	const parsed = parseMessage(message(...lines), "datagram");
	assert.ok(parsed instanceof Response, parsed.text);
	return parsed;
}

/** The values of all lines of one name, in order. */
export function values(text: string, name: string): string[] {
	const start = `${name.toLowerCase()}:`;
	return text
		.split("\r\n")
		.filter((line) => line.toLowerCase().startsWith(start))
		.map((line) => line.slice(start.length).trim());
}
