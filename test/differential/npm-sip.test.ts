/**
 * Our parser and npm `sip` on the same messages, valid ones and mutated ones. A difference that the list does not
 * explain fails. A longer run: DIFFERENTIAL_MESSAGES=1000000 DIFFERENTIAL_SEED=7 node --test test/differential/npm-sip.test.ts
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mutate } from "../support/mutate.ts";
import { seeded } from "../support/seeded.ts";
import { repository } from "../support/tree.ts";
import { WireLines } from "../torture/wire-lines.ts";
import { differences } from "./compare.ts";
import { DISAGREEMENTS, type Difference } from "./disagreements.ts";
import { validMessage } from "./generate.ts";
import { grammatical, REQUEST_LINE, STATUS_LINE, wellFormedLines } from "./grammar.ts";
import { PAGE, page } from "./page.ts";
import { ours } from "./reading.ts";

const MESSAGES = Number(process.env.DIFFERENTIAL_MESSAGES ?? 3_000);
const SEED = Number(process.env.DIFFERENTIAL_SEED ?? 1);
const HEADERS = [
	"via",
	"from",
	"to",
	"contact",
	"route",
	"call-id",
	"cseq",
	"max-forwards",
	"content-length",
];

test(`RFC 3261 §25.1: of ${MESSAGES} messages that the grammar allows each is read, and one octet of it is no other`, () => {
	for (let seed = SEED; seed < SEED + MESSAGES; seed += 1) {
		const text = validMessage(seeded(seed));
		const { startLine } = new WireLines(text);
		assert.ok(REQUEST_LINE.test(startLine) || STATUS_LINE.test(startLine), told(seed, text));
		assert.ok(wellFormedLines(text), told(seed, text));
		for (const name of HEADERS)
			assert.ok(grammatical(text, name), told(seed, `${name} in ${text}`));
		const { refused, fields } = ours(text);
		assert.equal(refused, undefined, told(seed, text));
		for (const [name, value] of Object.entries(fields))
			assert.doesNotMatch(value, /^malformed/, told(seed, `${name} in ${text}`));
	}
});

test(`RFC 3261 §25.1: ${2 * MESSAGES} messages, valid and mutated, are read as npm sip reads them but for the differences listed`, () => {
	for (let seed = SEED; seed < SEED + MESSAGES; seed += 1) {
		const chance = seeded(seed);
		const valid = validMessage(chance);
		for (const text of [valid, mutate(valid, chance)])
			for (const one of differences(text)) assert.ok(isListed(one), unlisted(seed, one));
	}
});

for (const { what, rule, right, example, explains } of DISAGREEMENTS)
	test(`${rule}: ${what} (right: ${right})`, () => {
		const found = differences(exampleText(example));
		assert.ok(found.some(explains), `no such difference in:\n${exampleText(example)}`);
		for (const one of found) assert.ok(isListed(one), unlisted(0, one));
	});

test(`${PAGE} shows the list of differences: node test/differential/page.ts writes it`, () => {
	assert.equal(repository().get(PAGE), page());
});

function isListed(one: Difference): boolean {
	return DISAGREEMENTS.some(({ explains }) => explains(one));
}

function unlisted(seed: number, { field, ours: own, theirs, text }: Difference): string {
	return told(seed, `${field}\nours:    ${own}\nnpm sip: ${theirs}\n${JSON.stringify(text)}`);
}

function told(seed: number, what: string): string {
	return `DIFFERENTIAL_SEED=${seed} DIFFERENTIAL_MESSAGES=1: ${what}`;
}

/** A whole start line, or header lines that stand in the place of those of their name or beside them. */
function exampleText(example: string): string {
	const start =
		/^SIP\/| SIP\/[0-9.]+$/.test(example) && !example.includes(": ") ? example : undefined;
	const [name = ""] = example.split(":");
	const doubled = example === "To: <sip:x@example.com>";
	const usual = [
		"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
		"From: <sip:a@example.com>;tag=1",
		"To: <sip:b@example.com>",
		"Call-ID: 1",
		`CSeq: 1 ${/^(?!SIP\/)\S+/.exec(start ?? "")?.[0] ?? "OPTIONS"}`,
	].filter((line) => doubled || start !== undefined || !line.startsWith(`${name}:`));
	const first = start ?? "OPTIONS sip:b@example.com SIP/2.0";
	return `${[first, ...usual, ...(start === undefined ? [example] : [])].join("\r\n")}\r\n\r\n`;
}
