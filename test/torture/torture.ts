/** Torture messages against parser, framer and patch. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamFramer } from "../../core/message/framing.ts";
import type { Head } from "../../core/message/head.ts";
import { decrementMaxForwards } from "../../core/message/max-forwards.ts";
import type { Malformed, Message } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse-message.ts";
import { Patch } from "../../core/message/patch.ts";
import { buildResponse } from "../../core/message/response.ts";
import { pushVia } from "../../core/message/via-stack.ts";
import { type TortureMessage, tortureMessages } from "./messages.ts";

/** Defines the tests of every message of the RFC, and returns how many messages there are. */
export function torture(rfc: number): number {
	const messages = tortureMessages(rfc);
	for (const message of messages) tortureBy(message);
	return messages.length;
}

function tortureBy({ name, archived, text, expected }: TortureMessage): void {
	test(`${name}, in a datagram`, () => {
		const message = parseMessage(text, "datagram");
		assert.deepEqual(outcome(message, text), expected.datagram);
		if (expected.missing !== undefined)
			assert.equal(parseMessage(archived, "datagram").kind, "malformed");
	});

	test(`${name}, on a stream, whole and octet by octet`, () => {
		assert.deepEqual(frames([text]), expected.stream);
		// A lone CR LF between messages is a possible pong when nothing follows it yet.
		const slowly = frames([...text]).filter((kind) => kind !== "pong");
		assert.deepEqual(slowly, expected.stream);
	});

	test(`${name}, is forwarded without another change, or answered`, () => {
		const message = parseMessage(text, "datagram");
		if (message.kind === "malformed") {
			const answer = buildResponse(message, message.error.status, { toTag: "t" });
			assert.equal(answer !== undefined, expected.datagram.method !== undefined);
			return;
		}
		assert.equal(new Patch(message).text(), text.slice(0, message.text.length));
		const patch = new Patch(message);
		pushVia(patch, "SIP/2.0/UDP proxy.example.com;branch=z9hG4bKours");
		if (message.kind === "request") decrementMaxForwards(patch);
		assert.deepEqual(lines(message, patch.text()), [1, message.kind === "request" ? 1 : 0]);
	});
}

/** How many lines of the forwarded text are new, apart from Max-Forwards, and how many Max-Forwards lines there are. */
function lines(received: Message, forwarded: string): [number, number] {
	const before = new Set(received.text.split("\r\n"));
	const added = forwarded.split("\r\n").filter((line) => !before.has(line));
	const isCount = (line: string) => line.toLowerCase().startsWith("max-forwards");
	const kept = received.text.split("\r\n").filter((line) => !isCount(line));
	const rest = forwarded.split("\r\n").filter((line) => !isCount(line));
	assert.deepEqual(
		rest.filter((line) => !line.startsWith("Via: SIP/2.0/UDP proxy.example.com")),
		kept,
	);
	return [
		added.filter((line) => !isCount(line)).length,
		added.filter(isCount).length || zero(received),
	];
}

/** Max-Forwards 0 stays 0, so no line is new; the proxy answers 483 before it comes to this. */
function zero(received: Message): number {
	return received.kind === "request" && received.head.maxForwards === 0 ? 1 : 0;
}

function frames(chunks: readonly string[]): string[] {
	const framer = new StreamFramer();
	const kinds: string[] = [];
	for (const chunk of chunks) {
		framer.push(chunk);
		for (let frame = framer.next(); frame !== undefined; frame = framer.next())
			kinds.push(frame.kind);
	}
	if (framer.buffered > 0) kinds.push(`waiting with ${framer.buffered} octets`);
	return kinds;
}

function outcome(message: Message | Malformed, text: string): Record<string, unknown> {
	if (message.kind === "malformed") {
		const { status, field } = message.error;
		return defined({ kind: message.kind, status, field, method: message.method });
	}
	const { head } = message;
	const discarded = text.length - message.text.length;
	return defined({
		...start(message),
		via: viaOf(head),
		vias: head.elements("via").length,
		from: defined({ uri: head.from.uri, tag: head.fromTag }),
		to: defined({ uri: head.to.uri, tag: head.toTag }),
		callId: head.callId,
		cseq: `${head.cseq.number} ${head.cseq.method}`,
		maxForwards: head.maxForwards,
		contacts: contactsOf(head),
		body: message.bodyEnd - message.bodyStart,
		discarded: discarded === 0 ? undefined : discarded,
	});
}

function start(message: Message): Record<string, unknown> {
	const { kind } = message;
	if (message.kind === "request") return { kind, method: message.method, uri: message.uri };
	return { kind, status: message.status, reason: message.reason };
}

function viaOf({ via }: Head): Record<string, unknown> {
	const { transport, host, port, params } = via;
	return defined({ transport, host, port, branch: params.get("branch") });
}

function contactsOf(head: Head): unknown {
	try {
		const contacts = head.contacts.map(({ uri, params }) => {
			const entries = [...params].map(([name, value]) => [name, value ?? ""]);
			return entries.length === 0 ? { uri } : { uri, params: Object.fromEntries(entries) };
		});
		return contacts.length === 0 ? undefined : contacts;
	} catch {
		return "malformed";
	}
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
