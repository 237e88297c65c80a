/** The ladder of a call as text. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawLadder, PROXY, type Step } from "../../core/testing/ladder.ts";

const message = (at: number, from: string, to: string, text: string): Step => ({
	kind: "message",
	at,
	from,
	to,
	text,
});

test("a ladder has a column for each party and a line for each message", () => {
	const steps: Step[] = [
		message(0, "1001", PROXY, "INVITE sip:9@h"),
		{ kind: "note", at: 0, text: "onRequest: relay berlin, munich" },
		message(0.4, PROXY, "berlin", "INVITE sip:9@b"),
		message(32_000, PROXY, "munich", "INVITE sip:9@m"),
		message(32_000, "munich", PROXY, "200 INVITE"),
		message(32_000, PROXY, "1001", "200 INVITE"),
	];
	assert.equal(
		drawLadder(steps),
		[
			"      ms   1001         sipwright    berlin       munich",
			"       0   │───────────>│            │            │            INVITE sip:9@h",
			"           │            ·            │            │            onRequest: relay berlin, munich",
			"       0   │            │───────────>│            │            INVITE sip:9@b",
			"   32000   │            │────────────│───────────>│            INVITE sip:9@m",
			"   32000   │            │<───────────│────────────│            200 INVITE",
			"   32000   │<───────────│            │            │            200 INVITE",
		].join("\n"),
	);
});

test("a ladder of very many messages shows how it began and how it ended", () => {
	const steps = Array.from({ length: 1000 }, (_, at) => message(at, "a", PROXY, `M ${at}`));
	const lines = drawLadder(steps).split("\n");
	assert.equal(lines.length, 122);
	assert.match(lines[60] ?? "", /M 59$/);
	assert.match(lines[61] ?? "", /… 880 more …/);
	assert.match(lines.at(-1) ?? "", /M 999$/);
});
