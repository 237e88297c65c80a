import assert from "node:assert/strict";
import { test } from "node:test";
import { validate } from "../../core/proxy/validate.ts";
import { type Parts, request } from "./fixtures.ts";

const check = (parts: Parts) => validate(request(parts));
const statusOf = (parts: Parts) => check(parts)?.status;

test("RFC 3261 §16.3 step 1 PX-01: an unknown method or an odd header is no reason to refuse", () => {
	const lines = [
		"Date: no date",
		"Contact: <<",
		"X: \xff",
		"Expires: x",
		'Call-Info: "',
		"Allow: ,,",
	];
	assert.equal(check({ method: "FOO", lines }), undefined);
});

test("RFC 3261 §16.3 step 2 PX-02: a scheme that is not understood gets 416; tel is for a script to route", () => {
	assert.equal(statusOf({ uri: "nobodyKnowsThisScheme:totallyopaquecontent" }), 416);
	assert.equal(statusOf({ uri: "http://example.com" }), 416);
	for (const uri of ["sip:a@b", "SIPS:a@b", "tel:+1-201-555-0123"])
		assert.equal(statusOf({ uri }), undefined, uri);
});

test("RFC 3261 §16.3 step 3 PX-03: Max-Forwards 0 gets 483; absent or above 0 passes", () => {
	assert.equal(statusOf({ maxForwards: "0" }), 483);
	assert.equal(statusOf({ maxForwards: "0", method: "OPTIONS" }), 483);
	for (const maxForwards of ["", "1", "70", "255"])
		assert.equal(statusOf({ maxForwards }), undefined, maxForwards);
});

test("RFC 3261 §16.3 step 5 PX-05: Proxy-Require gets 420 that lists exactly its tags", () => {
	const lines = ["Proxy-Require: foo, bar", "Require: not-for-a-proxy", "Proxy-Require: baz"];
	assert.deepEqual(check({ lines }), {
		status: 420,
		headers: [["Unsupported", "foo, bar, baz"]],
	});
});

test("RFC 3261 §16.3 step 5 PX-05: Require is the callee's to read", () => {
	assert.equal(check({ lines: ["Require: foo, 100rel"] }), undefined);
});

test("RFC 5393 §4.2.2 PX-79: the Via of others may be anything, one that cannot be read included", () => {
	const odd = [
		"SIP/2.0/UDP h;branch=",
		"FOO/9 x",
		"SIP / 2.0 / TCP h:99999",
		";x",
		"SIP/2.0/UDP [::1",
	];
	for (const via of odd) assert.equal(check({ lines: [`Via: ${via}`] }), undefined, via);
});

test("RFC 3261 §16.3 step 1 PX-09: a list that has no end of quotes gets 400 that names it", () => {
	assert.deepEqual(check({ lines: ['Via: SIP/2.0/UDP h;a="'] }), {
		status: 400,
		reason: "Bad Via",
	});
	assert.deepEqual(check({ lines: ['Proxy-Require: "'] }), {
		status: 400,
		reason: "Bad Proxy-Require",
	});
});

test("RFC 3261 §16.3: scheme, Max-Forwards and extensions are looked at in this order", () => {
	const lines = ["Proxy-Require: foo"];
	assert.equal(statusOf({ uri: "x:y", maxForwards: "0", lines }), 416);
	assert.equal(statusOf({ maxForwards: "0", lines }), 483);
	assert.equal(statusOf({ lines }), 420);
});
