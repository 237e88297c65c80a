import assert from "node:assert/strict";
import { test } from "node:test";
import { type ContextGiven, request } from "../script/harness.ts";
import { builtIn, inWords } from "./built-in.ts";

const STRANGER: ContextGiven = { trusted: false, address: "198.51.100.7" };
const from = (user: string, method = "INVITE") =>
	request(method, "sip:5000@127.0.0.1", { from: `<sip:${user}@127.0.0.1>;tag=a` });

test("architecture §6: closed by default: a stranger is challenged, whomever it says it is, a trusted source is served", async (t) => {
	const { ask } = await builtIn(t);
	for (const method of ["INVITE", "MESSAGE", "SUBSCRIBE", "REFER", "FOO"]) {
		for (const user of ["6000", "1001", "5000"])
			assert.equal(inWords(ask(from(user, method), STRANGER)), "challenge", `${method} ${user}`);
		assert.equal(inWords(ask(from("6000", method))), "relay 5000", method);
	}
});

test("RFC 3261 §26.3.2.4: scanners that say so get no answer, whomever they name, but where they are trusted or log in", async (t) => {
	const { ask } = await builtIn(t);
	const headers = ["User-Agent: friendly-scanner"];
	const scan = (user: string, method = "INVITE") =>
		request(method, `sip:${user}127.0.0.1`, { from: `<sip:${user}h>;tag=a`, headers });
	for (const user of ["1001@", "5000@", "nobody@"])
		for (const method of ["INVITE", "REGISTER", "OPTIONS"])
			assert.equal(inWords(ask(scan(user, method), STRANGER)), "drop", `${method} ${user}`);
	assert.equal(inWords(ask(scan("", "OPTIONS"), STRANGER)), "drop");
	assert.equal(inWords(ask(scan("", "OPTIONS"))), "200");
	assert.equal(inWords(ask(scan("5000@"))), "relay 5000");
	const known = { ...STRANGER, device: "1002", authenticated: true };
	assert.equal(inWords(ask(scan("5000@"), { ...known, device: "5000" })), "relay 5000");
});

test("architecture §6: a device without a password is accepted from trusted networks only", async (t) => {
	const { ask } = await builtIn(t);
	assert.equal(inWords(ask(from("5000"), { ...STRANGER, device: "5000" })), "challenge");
	assert.equal(inWords(ask(from("7789"), { ...STRANGER, device: "7789" })), "challenge");
	assert.equal(inWords(ask(from("7789"), { device: "7789" })), "relay 5000");
});

test("RFC 3261 §22.1: a device with a password is challenged for the methods of authenticate-requests, wherever it is", async (t) => {
	const { ask } = await builtIn(t);
	for (const trusted of [true, false]) {
		assert.equal(inWords(ask(from("1002"), { trusted })), "challenge");
		assert.equal(inWords(ask(from("6000"), { trusted, device: "1002" })), "challenge");
		const known = { trusted, device: "1002", authenticated: true };
		assert.equal(inWords(ask(from("1002"), known)), "relay 5000");
	}
	assert.equal(inWords(ask(from("1001"))), "relay 5000");
	assert.equal(inWords(ask(from("1001", "MESSAGE"), STRANGER)), "challenge");
});

test("architecture §6: a trunk and a softswitch bring the numbers of others in From: not challenged, not refused", async (t) => {
	const { ask } = await builtIn(t);
	for (const device of ["gw", "cucm"]) {
		assert.equal(inWords(ask(from("1002"), { device })), "relay 5000", device);
		const known = { ...STRANGER, device, authenticated: true };
		assert.equal(inWords(ask(from("1002"), known)), "relay 5000", device);
	}
});

test("architecture §6: no phone speaks for another in From: neither by its address nor with its own password", async (t) => {
	const { ask } = await builtIn(t);
	assert.equal(inWords(ask(from("1002"), { device: "5000" })), "challenge");
	const known = { ...STRANGER, device: "1002", authenticated: true };
	for (const user of ["1001", "7789", "5000"])
		assert.equal(inWords(ask(from(user), known)), "403", user);
	assert.equal(inWords(ask(from("6000"), known)), "relay 5000", "nobody of ours");
	assert.equal(inWords(ask(from("9555"), known)), "relay 5000", "a number that a trunk reaches");
});

test("architecture §6: a device that registered with its password calls over that flow without another challenge", async (t) => {
	const { ask } = await builtIn(t);
	assert.equal(inWords(ask(from("1001"), { ...STRANGER, device: "1001" })), "relay 5000");
	assert.equal(
		inWords(ask(from("1002", "MESSAGE"), { ...STRANGER, device: "1002" })),
		"relay 5000",
	);
});

test("RFC 3261 §16.3 PX-16: no open relay: a foreign Request-URI is served for those who are let in", async (t) => {
	const { ask } = await builtIn(t);
	const foreign = request("INVITE", "sip:x@elsewhere.example");
	assert.equal(inWords(ask(foreign, { ...STRANGER, ours: false })), "challenge");
	assert.equal(inWords(ask(foreign, { ours: false })), "relay request-uri");
	const registered = { ...STRANGER, ours: false, device: "1001" };
	assert.equal(inWords(ask(foreign, registered)), "relay request-uri");
});

test("RFC 3261 §11.2 PX-25: OPTIONS to the proxy itself is answered 200 without Allow, to anybody", async (t) => {
	const { ask } = await builtIn(t);
	for (const source of [{}, STRANGER]) {
		const answer = ask(request("OPTIONS", "sip:127.0.0.1:5060"), source);
		assert.equal(inWords(answer), "200");
		const names = "edits" in answer ? answer.edits.map(({ name }) => name) : [];
		assert.deepEqual(names, ["Accept", "Supported"]);
	}
	assert.equal(inWords(ask(request("OPTIONS", "sip:5000@127.0.0.1"))), "relay 5000");
	assert.equal(inWords(ask(request("OPTIONS", "sip:5000@127.0.0.1"), STRANGER)), "challenge");
});

test("RFC 3261 §16.3 MSG-58: a tel Request-URI that no script handles is answered 416", async (t) => {
	const { ask } = await builtIn(t);
	assert.equal(inWords(ask(request("INVITE", "tel:+15551234"), { ours: false })), "416");
});
