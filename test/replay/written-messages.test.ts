/** Messages that were pasted into a text. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Tally } from "../../core/replay/captured.ts";
import { readWritten } from "../../core/replay/written-messages.ts";
import { request } from "../script/harness.ts";

const INVITE = request("INVITE", "sip:5000@192.0.2.1", { body: "v=0\r\ns=-\r\n" });
const OPTIONS = request("OPTIONS", "sip:192.0.2.1");

function read(text: string) {
	const tally = new Tally();
	return { messages: [...readWritten(text, tally)], skipped: Object.fromEntries(tally.counts) };
}

test("messages stand one after another, with CR or without, and with words of people between them", () => {
	const pasted = `the first try:\n\n${INVITE}and then\n${OPTIONS}\n-- end --\n`;
	for (const text of [pasted, pasted.replaceAll("\r\n", "\n")]) {
		const { messages } = read(text);
		assert.deepEqual(
			messages.map((one) => one.text),
			[INVITE, OPTIONS],
		);
		assert.deepEqual(messages[0]?.time, undefined);
	}
});

test("a line before a message says when it came, how, from where, and where to", () => {
	const { messages, skipped } = read(
		[
			`# 2026-03-02T09:00:00Z udp 192.0.2.7:5060\n${INVITE}`,
			`# 2026-03-02T09:00:01.5Z TLS [2001:db8::7]:5061 -> [2001:db8::1]:5061\n${OPTIONS}`,
			`# about prices\n${OPTIONS}`,
			`# 2026-03-02T09:00:02Z smoke 192.0.2.7:5060\n${OPTIONS}`,
		].join("\n"),
	);
	assert.deepEqual(
		messages.map(({ text, ...place }) => place),
		[
			{
				time: Date.UTC(2026, 2, 2, 9),
				transport: "udp",
				source: { host: "192.0.2.7", port: 5060 },
				destination: undefined,
			},
			{
				time: Date.UTC(2026, 2, 2, 9, 0, 1, 500),
				transport: "tls",
				source: { host: "2001:db8::7", port: 5061 },
				destination: { host: "2001:db8::1", port: 5061 },
			},
			{ time: undefined, transport: "udp", source: undefined, destination: undefined },
			{ time: undefined, transport: "udp", source: undefined, destination: undefined },
		],
	);
	assert.deepEqual(skipped, { "lines with # that say nothing that is understood": 1 });
});

test("RFC 3261 §18.3: a body is as long as Content-Length says, as far as there is one; without it, up to the next message", () => {
	const none = INVITE.replace(/Content-Length: \d+\r\n/, "");
	assert.deepEqual(
		read(`${none}${OPTIONS}`).messages.map(({ text }) => text),
		[none, OPTIONS],
	);
	const short = INVITE.replace(/Content-Length: \d+/, "l: 3");
	assert.deepEqual(
		read(short).messages.map(({ text }) => text.slice(-7)),
		["\r\n\r\nv=0"],
	);
	const long = INVITE.replace(/Content-Length: \d+/, "Content-Length: 999");
	assert.deepEqual(
		read(`${long}${OPTIONS}`).messages.map(({ text }) => text),
		[long, OPTIONS],
	);
});
