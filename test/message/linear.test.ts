import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMessage } from "../../core/message/parse-message.ts";
import { seeded } from "../support/seeded.ts";
import { slowness, threadTime } from "../support/slowness.ts";
import { ok, options } from "./texts.ts";

/** Processor time of this thread, the best of three: a busy machine does not fail the test. */
function milliseconds(work: () => void): number {
	let best = Number.POSITIVE_INFINITY;
	for (let round = 0; round < 3; round += 1) {
		const before = threadTime();
		work();
		best = Math.min(best, threadTime() - before);
	}
	return best;
}

/** Everything that is parsed on demand, asked for. */
function readAll(text: string): void {
	for (const how of ["datagram", "stream"] as const) {
		const message = parseMessage(text, how);
		for (const name of ["via", "contact", "route", "record-route", "supported", "x-y"] as const) {
			try {
				message.head?.elements(name);
				void message.head?.contacts;
				void message.head?.recordRoutes;
			} catch (error) {
				assert.equal((error as { code?: string }).code, "SIP_PARSE");
			}
		}
	}
}

test("RFC 3261 §25 MSG-40: hostile text of 60 KiB is read in less than 10 ms, as a datagram and again from a stream", () => {
	const size = 60_000;
	const lines = (value: string) => Array(Math.floor(size / 15_000)).fill(value.slice(0, 15_000));
	const many = (unit: string) => lines(unit.repeat(Math.ceil(15_000 / unit.length)));
	const texts = {
		commas: options({ Contact: many("a,") }),
		"bare contacts": options({ Contact: many("sip:a@b,") }),
		"escaped quotes": options({ Contact: many('"\\') }),
		quotes: options({ Contact: many('""') }),
		brackets: options({ Contact: many("<") }),
		parameters: options({ Contact: `<sip:a>${";a".repeat(7000)}` }),
		"distinct parameters": options({
			To: `<sip:a>${Array.from({ length: 2500 }, (_, n) => `;a${n}`).join("")}`,
		}),
		spaces: options({ "X-Y": many(" \t") }),
		folds: options({ "X-Y": many("\r\n ") }),
		"carriage returns": options().replace("Max-Forwards", "\r".repeat(size)),
		"no line end": "OPTIONS ".repeat(8000),
		"empty lines": "\r\n".repeat(30_000),
		vias: options({ Via: many("SIP/2.0/UDP h,") }),
	};
	const most = 20 * slowness(threadTime);
	for (const [name, text] of Object.entries(texts)) {
		const spent = milliseconds(() => readAll(text));
		assert.ok(spent < most, `${name}: ${spent.toFixed(1)} ms`);
	}
});

test("RFC 3261 §7 MSG-40: mangled messages are parsed or refused, never thrown", () => {
	const pieces = [
		"\r\n",
		"\n",
		"\r",
		" ",
		'"',
		"<",
		">",
		";",
		",",
		":",
		"@",
		"\0",
		"\xff",
		"SIP/2.0",
		"Via:",
		"l: 5",
		"\\",
		"[",
		"%",
	];
	for (let seed = 1; seed <= 3000; seed += 1) {
		const random = seeded(seed);
		let text = random.pick([
			options({ Contact: '"A" <sip:a@h>;q=1', Route: "<sip:r;lr>" }, "body"),
			ok(),
		]);
		for (let edits = 1 + random.below(4); edits > 0; edits -= 1) {
			const at = random.below(text.length);
			text = text.slice(0, at) + random.pick(pieces) + text.slice(at + random.below(3));
		}
		const message = parseMessage(text, random.pick(["datagram", "stream"]));
		if (message.kind === "malformed") assert.ok(message.error.offset >= 0);
		else assert.ok(text.includes(message.text), `seed ${seed}`);
		readAll(text);
	}
});
