import assert from "node:assert/strict";
import { test } from "node:test";
import { type ContextGiven, request } from "../script/harness.ts";
import { builtIn, inWords } from "./built-in.ts";

const invite = (user: string) => request("INVITE", `sip:${user}@127.0.0.1`);

test("architecture §4: a call to a number goes to its device; the engine gives the leg the scheme of the contact", async (t) => {
	const { ask } = await builtIn(t);
	for (const number of ["5000", "5001", "5002", "7789", "1001"]) {
		const answer = ask(invite(number));
		assert.equal(inWords(answer), `relay ${number}`);
		assert.equal("callee" in answer && answer.callee, undefined);
	}
});

test("architecture §6: a number that no device owns and no trunk prefix matches gets 404", async (t) => {
	const { ask } = await builtIn(t);
	assert.equal(inWords(ask(invite("6000"))), "404");
	assert.equal(inWords(ask(request("INVITE", "sip:127.0.0.1"))), "404");
	assert.equal(inWords(ask(invite("8000"))), "404", "a Routing Point is nothing to call");
});

test("secure-signaling §2.2, G14: the trunk with the longest prefix gets the call, with its number; the next stands in for it", async (t) => {
	const { ask } = await builtIn(t);
	assert.equal(inWords(ask(invite("95551234"))), "relay fly");
	assert.equal(inWords(ask(invite("9851234"))), "relay gw 51234 fly");
	const several = ask(invite("9851234"));
	assert.equal("fork" in several && several.fork?.order, "failover");
	assert.equal(inWords(ask(invite("gw"))), "relay gw", "by its own name");
});

test("architecture §6: trunks are reached by trusted, registered and authenticated callers, not by strangers", async (t) => {
	const { ask } = await builtIn(t);
	const stranger: ContextGiven = { trusted: false };
	assert.equal(inWords(ask(invite("95551234"), stranger)), "challenge");
	assert.equal(inWords(ask(invite("95551234"), { ...stranger, device: "1001" })), "relay fly");
	const known = { ...stranger, device: "1002", authenticated: true };
	assert.equal(inWords(ask(invite("95551234"), known)), "relay fly");
	assert.equal(inWords(ask(invite("95551234"), { ...stranger, device: "gw" })), "challenge");
});

test("architecture §6: no toll fraud: a call from one trunk does not leave by another", async (t) => {
	const { ask } = await builtIn(t);
	assert.equal(inWords(ask(invite("95551234"), { device: "gw" })), "403");
	assert.equal(inWords(ask(invite("5000"), { device: "gw" })), "relay 5000");
	assert.equal(inWords(ask(invite("95551234"), { device: "cucm" })), "relay fly");
});

test("architecture §6: no toll fraud: a trunk does not reach through us what is not ours", async (t) => {
	const { ask } = await builtIn(t);
	const foreign = request("INVITE", "sip:x@elsewhere.example");
	assert.equal(inWords(ask(foreign, { ours: false, device: "gw" })), "403");
	const known = { ours: false, device: "gw", authenticated: true };
	assert.equal(inWords(ask(foreign, known)), "403");
	assert.equal(inWords(ask(foreign, { ours: false, device: "cucm" })), "relay request-uri");
});

test("secure-signaling G13 G21: a softswitch and a media server are called by name, an outbound proxy is not", async (t) => {
	const { ask } = await builtIn(t);
	assert.equal(inWords(ask(invite("cucm"))), "relay cucm");
	assert.equal(inWords(ask(invite("media"))), "relay media");
	assert.equal(inWords(ask(invite("outer"))), "404");
	assert.equal(inWords(ask(invite("media"), { trusted: false })), "challenge");
});
