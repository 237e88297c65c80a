import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOfRecord } from "../../core/registrar/address-of-record.ts";
import { registerRequest } from "./phone.ts";

const read = (to: string) =>
	addressOfRecord(registerRequest([], { to }), (uri) => uri.host.toLowerCase() === "example.com");

test("RFC 3261 §10.3 step 5, RFC 5630 §5.2 RG-06 SIPS-19: one address-of-record, however it is written", () => {
	const bob = { user: "bob", host: "example.com" };
	for (const to of [
		"<sip:%62ob@EXAMPLE.COM;user=phone>",
		"<sips:bob@example.com;transport=tcp>",
		"sips:bob@example.com",
		'"Bob" <SIP:bob@example.com:5061>;x=1',
	])
		assert.deepEqual(read(to), bob, to);
	assert.deepEqual(read("<sip:Bob@example.com>"), { ...bob, user: "Bob" });
});

test("RFC 3261 §10.3 step 5, RFC 4475 §3.3.4 RG-05: To of another scheme gets 400, of another domain 404", () => {
	for (const to of ["<isbn:2983792873>", "<tel:+15551234>", "<sip:bob@[::1>"])
		assert.deepEqual(read(to), { status: 400, reason: "To Is No SIP or SIPS URI" }, to);
	for (const to of ["<sip:bob@elsewhere.example>", "<sip:example.com>"])
		assert.deepEqual(read(to), { status: 404, reason: "To Is No Address of This Server" }, to);
});
