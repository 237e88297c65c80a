import assert from "node:assert/strict";
import { test } from "node:test";
import { type ContextGiven, request } from "../script/harness.ts";
import { builtIn, inWords } from "./built-in.ts";

const register = (user: string, contact = `<sip:${user}@192.0.2.5:5060>`) =>
	request("REGISTER", "sip:127.0.0.1", {
		to: `<sip:${user}@127.0.0.1>`,
		from: `<sip:${user}@127.0.0.1>;tag=r`,
		headers: [`Contact: ${contact}`],
	});
const STRANGER: ContextGiven = { trusted: false, address: "198.51.100.7" };

test("secure-signaling G15, §5.6: a device with contact * registers: from a trusted network, or with its password", async (t) => {
	const { ask } = await builtIn(t);
	assert.equal(inWords(ask(register("7789"))), "save");
	assert.equal(inWords(ask(register("7789"), STRANGER)), "challenge");
	assert.equal(inWords(ask(register("nobody"), STRANGER)), "challenge");
	assert.equal(inWords(ask(register("1001"))), "challenge");
	assert.equal(inWords(ask(register("1001"), STRANGER)), "challenge");
	const authenticated = { ...STRANGER, device: "1001", authenticated: true };
	assert.equal(inWords(ask(register("1001"), authenticated)), "save");
});

test("RFC 3261 §10.3 step 3: the flow of one device does not vouch for another, nor for itself", async (t) => {
	const { ask } = await builtIn(t);
	assert.equal(inWords(ask(register("1001"), { ...STRANGER, device: "1001" })), "challenge");
	assert.equal(inWords(ask(register("1002"), { ...STRANGER, device: "1001" })), "challenge");
});

test("RFC 3261 §10.3 step 4 RG-04: good credentials of one device do not register another", async (t) => {
	const { ask } = await builtIn(t);
	const known = { device: "1002", authenticated: true };
	assert.equal(inWords(ask(register("1001"), known)), "403");
	assert.equal(inWords(ask(register("7789"), known)), "403");
});

test("RFC 3261 §10.3 step 5: a number that no device has exactly is not registered: 404", async (t) => {
	const { ask } = await builtIn(t);
	assert.equal(inWords(ask(register("6000"))), "404");
	assert.equal(inWords(ask(register("9555"))), "404");
	const noUser = request("REGISTER", "sip:127.0.0.1", { to: "<sip:127.0.0.1>" });
	assert.equal(inWords(ask(noUser)), "404");
});

test("RFC 3261 §10.3 RG-06: the user of To is compared unescaped, sip and sips alike", async (t) => {
	const { ask } = await builtIn(t);
	const to = "<sips:%37789@127.0.0.1;transport=tcp>";
	const text = request("REGISTER", "sips:127.0.0.1", { to, headers: ["Contact: <sips:a@b>"] });
	assert.equal(inWords(ask(text)), "save");
});

test("secure-signaling G20 M4: a device with a configured contact may register, and the log warns", async (t) => {
	const { ask, log } = await builtIn(t);
	assert.equal(inWords(ask(register("5000"))), "save");
	assert.equal(inWords(ask(register("5000", "<sips:5000@192.0.2.5>"))), "save");
	const warnings = log.entries.filter(({ level }) => level === "warn");
	assert.equal(warnings.length, 2);
	assert.match(warnings[0]?.message ?? "", /calls go to the configured contact/);
	assert.match(JSON.stringify(warnings[0]?.fields), /registration\.ts:\d+:\d+.*5000/);
});

test("secure-signaling G17: the transport of a sips Contact is not stored", async (t) => {
	const { ask } = await builtIn(t);
	const contact = "<sips:7789@172.21.83.24:5061;transport=TCP>;expires=600";
	assert.deepEqual(ask(register("7789", contact)), {
		kind: "save",
		contacts: ["<sips:7789@172.21.83.24:5061>;expires=600"],
	});
	const plain = "<sip:7789@172.21.83.24:5061;transport=tls>";
	assert.deepEqual(ask(register("7789", plain)), { kind: "save", contacts: undefined });
});
