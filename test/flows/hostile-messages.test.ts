import assert from "node:assert/strict";
import { test } from "node:test";
import { answer } from "../support/dialog.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { mutate } from "../support/mutate.ts";
import { seeded } from "../support/seeded.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";

const bed = await testBed();

const INPUTS = 20_000;
const SEED = 20_260_101;

const FINALS = [
	"200 OK",
	"302 Moved",
	"401 Who",
	"407 Who",
	"408 Late",
	"486 Busy",
	"503 No",
	"603 No",
];
const STATUSES = ["100 Trying", "180 Ringing", "183 Progress", "430 Flow Failed", ...FINALS];

test("RFC 3261 §16.3 PX-01: of 20,000 mutated messages none makes the core throw, and every transaction ends", () => {
	const chance = seeded(SEED);
	// A mutation may write our Route entry twice, with another between.
	const rig = bed.rig({ violations: ["own-route"] });
	const { callers, callees } = phones(rig);
	const samples = callers.map((caller) => messagesOf(caller, callees));
	let input = 0;
	while (input < INPUTS) {
		const which = chance.below(callers.length);
		const [caller, texts] = [callers[which], samples[which]];
		assert.ok(caller && texts);
		take(rig, fresh(mutate(chance.pick(texts), chance), input, chance), caller, input++);
		for (const callee of callees)
			for (const text of answers(callee, chance)) take(rig, text, callee, input++);
		rig.transcript.length = 0;
		if (chance.below(10) === 0) rig.wait(chance.below(1000));
	}
	const { malformed, scriptErrors } = rig.exchange.counters;
	assert.ok(malformed < 0.7 * input, `${malformed} of ${input} were not even read`);
	assert.equal(scriptErrors, 0);

	while (rig.questions.length > 0) rig.answerDns("failed");
	rig.wait(300_000);
	assert.equal(rig.size, 0, "transactions that never end");
	assert.equal(rig.retained, 0, "a generation that never goes");
	callsAgain(rig);
});

function phones(rig: ExchangeRig) {
	return {
		callers: [
			rig.phone("6000", { host: "172.21.83.70" }),
			rig.phone("7789", { host: "172.21.83.24", transport: "tls" }),
			rig.phone("6001", { host: "198.51.100.7", transport: "tcp" }),
		],
		callees: [
			rig.phone("5000", { host: "172.21.83.60" }),
			rig.phone("5001", { host: "192.168.8.57", transport: "tls" }),
			rig.phone("5003", { host: "172.21.83.63", transport: "tcp" }),
		],
	};
}

/** What a caller sends in an ordinary day, dialogs included. */
function messagesOf(caller: VirtualPhone, callees: readonly VirtualPhone[]): string[] {
	const texts: string[] = [];
	for (const callee of callees) {
		texts.push(caller.request("INVITE", `sip:${callee.name}@172.21.83.50`).text);
		const came = callee.unread.shift();
		if (came === undefined) continue; // A stranger is not served.
		callee.answer(came, "200 OK");
		const dialog = caller.caller(caller.take(200));
		for (const method of ["ACK", "BYE", "INVITE", "NOTIFY"]) texts.push(dialog.send(method));
	}
	const ours = "sip:7789@172.21.83.50";
	const routes = ["Route: <sip:172.21.83.50;lr>", "Route: <sip:foreign@172.21.83.60;lr>"];
	const digest = 'username="7790", realm="example.com", nonce="x", uri="sip:a", response="y"';
	texts.push(
		caller.write("REGISTER", "sip:172.21.83.50", { from: ours, to: ours }),
		caller.write("OPTIONS", "sip:172.21.83.50"),
		caller.write("CANCEL", "sip:5000@172.21.83.50"),
		caller.write("MESSAGE", ours, { headers: routes }),
		caller.write("INVITE", ours, { headers: [`Proxy-Authorization: Digest ${digest}`] }),
		caller.write("INVITE", "sip:8123@172.21.83.50"),
	);
	for (const phone of [caller, ...callees]) phone.unread.length = 0;
	return texts;
}

/** Not the repeat of an earlier one, most of the time. */
function fresh(text: string, input: number, { below }: ReturnType<typeof seeded>): string {
	if (below(4) === 0) return text;
	return text
		.replace(/branch=z9hG4bK[^;\r\n]*/, `branch=z9hG4bK${input}`)
		.replace("Call-ID: ", `Call-ID: ${input}`);
}

/** What a callee answers to the requests it got: half of it mutated. */
function answers(callee: VirtualPhone, chance: ReturnType<typeof seeded>): string[] {
	return callee.unread
		.splice(0)
		.filter(({ method }) => method !== undefined && method !== "ACK")
		.map((request) => {
			const headers = [`Contact: ${callee.contact}`, "WWW-Authenticate: Digest realm=b"];
			const text = answer(request, chance.pick(STATUSES), { tag: callee.name, headers });
			return chance.below(2) === 0 ? text : mutate(text, chance);
		});
}

function take(rig: ExchangeRig, text: string, from: VirtualPhone, input: number): void {
	try {
		rig.receive(text, from.flow);
	} catch (error) {
		assert.fail(`input ${input}, ${JSON.stringify(text)}: ${(error as Error).stack}`);
	}
}

function callsAgain(rig: ExchangeRig): void {
	for (const phone of rig.phones) phone.unread.length = 0;
	const [caller, callee] = [rig.phones[0], rig.phones[3]];
	assert.ok(caller && callee);
	caller.request("INVITE", "sip:5000@172.21.83.50");
	callee.answer(callee.take("INVITE"), "200 OK");
	caller.caller(caller.take(200)).send("ACK");
	assert.equal(callee.take("ACK").method, "ACK");
}
