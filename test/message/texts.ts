/** Message texts for the tests of this folder. */
import assert from "node:assert/strict";
import type { Request, Response } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse-message.ts";

const USUAL: readonly (readonly [string, string])[] = [
	["Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1"],
	["Max-Forwards", "70"],
	["From", "<sip:a@example.com>;tag=1"],
	["To", "<sip:b@example.com>"],
	["Call-ID", "c@192.0.2.1"],
	["CSeq", "1 OPTIONS"],
];

type Changes = Readonly<Record<string, string | readonly string[] | undefined>>;

/** An OPTIONS with the usual headers; a change names a header to replace, to add, or to leave out. */
export function options(changes: Changes = {}, body = "", startLine?: string): string {
	const rest = { ...changes };
	const lines: string[] = [];
	for (const [name, value] of USUAL) {
		lines.push(...write(name, name in rest ? rest[name] : value));
		delete rest[name];
	}
	for (const [name, value] of Object.entries(rest)) lines.push(...write(name, value));
	return `${startLine ?? "OPTIONS sip:b@example.com SIP/2.0"}\r\n${lines.join("")}\r\n${body}`;
}

export function ok(changes: Changes = {}, body = ""): string {
	return options({ "Max-Forwards": undefined, ...changes }, body, "SIP/2.0 200 OK");
}

export function request(text: string): Request {
	const message = parseMessage(text, "datagram");
	assert.equal(message.kind, "request", message.kind === "malformed" ? message.error.message : "");
	return message as Request;
}

export function response(text: string): Response {
	const message = parseMessage(text, "datagram");
	assert.equal(message.kind, "response", message.kind === "malformed" ? message.error.message : "");
	return message as Response;
}

/** `400 Via` for a text that is refused, `ok` for one that is not. */
export function verdict(text: string, how: "datagram" | "stream" = "datagram"): string {
	const message = parseMessage(text, how);
	return message.kind === "malformed" ? `${message.error.status} ${message.error.field}` : "ok";
}

function write(name: string, value: string | readonly string[] | undefined): readonly string[] {
	if (value === undefined) return [];
	const values = typeof value === "string" ? [value] : value;
	return values.map((one) => `${name}: ${one}\r\n`);
}
