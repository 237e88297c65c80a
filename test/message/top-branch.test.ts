import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMessage } from "../../core/message/parse-message.ts";
import { topBranch } from "../../core/message/top-branch.ts";
import { mutate } from "../support/mutate.ts";
import { seeded } from "../support/seeded.ts";

const SEED = 6026;

function response(...vias: string[]): string {
	return [
		"SIP/2.0 200 OK",
		...vias,
		"From: <sip:a@example.com>;tag=1",
		"To: <sip:b@example.com>;tag=2",
		"Call-ID: 1",
		"CSeq: 1 INVITE",
		"",
		"",
	].join("\r\n");
}

test("RFC 6026 §7.3 TR-59: the branch of a Via as everybody writes it is read without parsing", () => {
	for (const via of [
		"Via: SIP/2.0/UDP h;branch=z9hG4bK1",
		"Via: SIP/2.0/TCP [::1]:5060;rport;branch=z9hG4bK1;received=::1",
		"Via: SIP/2.0/TLS h;branch=z9hG4bK1, SIP/2.0/UDP other;branch=z9hG4bK2",
		"Via: SIP/2.0/UDP h;branch=z9hG4bK1 ;rport=5060",
	])
		assert.equal(topBranch(response(via, "Via: SIP/2.0/UDP other;branch=z9hG4bK2")), "z9hG4bK1");
});

test("RFC 6026 §7.3 TR-59: any other way to write it is left to the parser", () => {
	for (const lines of [
		["v: SIP/2.0/UDP h;branch=z9hG4bK1"],
		["Call-Info: <sip:h;branch=z9hG4bK2>", "Via: SIP/2.0/UDP h;branch=z9hG4bK1"],
		["Via: SIP / 2.0 / UDP h;branch=z9hG4bK1"],
		["Via: SIP/2.0/UDP h;rport", " ;branch=z9hG4bK1"],
		["Via: SIP/2.0/UDP h, SIP/2.0/UDP other;branch=z9hG4bK2"],
		['Via: SIP/2.0/UDP h;x=";branch=z9hG4bK2";branch=z9hG4bK1'],
		['Via: SIP/2.0/UDP h;branch="z9hG4bK1"'],
		["Via: SIP/2.0/UDP h;branch="],
		["Via: SIP/2.0/UDP h;BRANCH=z9hG4bK1"],
		["Via: SIP/2.0/UDP h"],
		[],
	])
		assert.equal(topBranch(response(...lines)), undefined, lines[0]);
	assert.equal(topBranch("SIP/2.0 200 OK"), undefined);
	assert.equal(topBranch("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1"), undefined);
});

test(`RFC 6026 §7.3 TR-59: what is read that way is what the parser reads (seed ${SEED})`, () => {
	const chance = seeded(SEED);
	const sample = response(
		"Via: SIP/2.0/UDP h:5060;rport=5060;branch=z9hG4bK1",
		"Via: SIP/2.0/UDP other;branch=z9hG4bK2",
	);
	let compared = 0;
	for (let round = 0; round < 20_000; round += 1) {
		const text = mutate(sample, chance);
		const quick = topBranch(text);
		const parsed = parseMessage(text, "datagram");
		if (quick === undefined || parsed.kind === "malformed") continue;
		compared += 1;
		assert.equal(quick, parsed.head.via.params.get("branch"), text);
	}
	assert.ok(compared > 5_000, `only ${compared} were compared`);
});
