/** Push parameters of a Contact: RFC 8599. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { headers, Registration } from "./phone.ts";

const pushed = (prid: string, port = 5060) =>
	`sip:1001@192.0.2.10:${port};pn-provider=apns;pn-param=TEAM.com.example.app;pn-prid=${prid}`;

test("RFC 8599 §4.1.1: pn-provider, pn-param and pn-prid are kept with the binding and come back", () => {
	const phone = new Registration();
	const result = phone.send([`Contact: <${pushed("aa-1")}>;+sip.pnsreg="121"`]);
	assert.deepEqual(headers(result, "Contact"), [
		`<${pushed("aa-1")}>;+sip.pnsreg="121";expires=3600`,
	]);
	assert.deepEqual(phone.contacts, [pushed("aa-1")]);
});

test("RFC 8599 §4.1.1 §4.1.2: a device with another token, or without one, does not become a second device", () => {
	const phone = new Registration();
	phone.send([`Contact: <${pushed("aa-1")}>`]);
	phone.send([`Contact: <${pushed("bb-2")}>`]);
	assert.deepEqual(phone.contacts, [pushed("bb-2")]);
	phone.send(["Contact: <sip:1001@192.0.2.10:5060>"]);
	assert.deepEqual(phone.contacts, ["sip:1001@192.0.2.10:5060"]);
	phone.send([`Contact: <${pushed("cc-3", 5062)}>`]);
	assert.equal(phone.contacts.length, 2, "another port is another device");
});
