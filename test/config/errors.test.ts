/** Everything that is wrong is reported at once: where it stands, what it is, and what to write instead. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { device, read } from "./reading.ts";

test("all errors of a file are reported, in its order", async (t) => {
	const { errors, config } = await read(
		t,
		`domans: [x]
registrar: { min-expires: 0, max-expires: soon, min-expire: 3 }
trusted: [10.0.0.0/8, phones.example.com, 10.0.0.0/33]
auth: { algorithms: SHA-256 }
admin: 8060
devices:
  "5000": { type: Extenson, contact: "*" }
  "5001": { contact: "sip:h" }
`,
	);
	assert.equal(config, undefined);
	assert.deepEqual(errors, [
		'1:1 error CONFIG_UNKNOWN_KEY the configuration has no key "domans" → write domains',
		'2:27 error CONFIG_VALUE min-expires: "0" is out of range → write min-expires: a number, 1 to 86400',
		'2:43 error CONFIG_VALUE max-expires: "soon" is no whole number → write max-expires: a number, 1 to 604800',
		'2:49 error CONFIG_UNKNOWN_KEY registrar has no key "min-expire" → write min-expires',
		'3:23 error CONFIG_VALUE trusted: "phones.example.com" is no network → write the address instead of the name',
		'3:43 error CONFIG_VALUE trusted: "10.0.0.0/33" is no network → write 10.0.0.0/8 or ::1',
		"4:21 error CONFIG_TYPE algorithms: a list is expected here, not one value → write algorithms: [SHA-256]",
		'5:8 error CONFIG_TYPE admin must be a block of keys → write { address: "127.0.0.1:8060" }, or remove it',
		'7:19 error CONFIG_VALUE device 5000: type: "Extenson" is not known → write type: Extension',
		"8:3 error CONFIG_REQUIRED device 5001: type is missing → write type: Extension",
	]);
});

test("an unknown key that resembles none is answered with the keys there are", async (t) => {
	const { errors } = await read(t, "location: { elephant: 1 }");
	assert.deepEqual(errors, [
		'1:13 error CONFIG_UNKNOWN_KEY location has no key "elephant" → its keys are store, window-ms, url, password-file, ca, prefix',
	]);
});

test("a limit is a number in its range, or off", async (t) => {
	const { errors } = await read(t, "udp: { max-request: 499 }");
	const { errors: words } = await read(t, "udp: { max-request: none }");
	assert.deepEqual(
		[...errors, ...words],
		[
			'1:21 error CONFIG_VALUE max-request: "499" is out of range → write max-request: a number, 500 to 65000, or off',
			'1:21 error CONFIG_VALUE max-request: "none" is neither a whole number nor off → write max-request: a number, 500 to 65000, or off',
		],
	);
});

test("words that every JavaScript object knows are unknown keys like others", async (t) => {
	const { errors } = await read(t, "constructor: 1\n__proto__: { state: x }\ntoString: 2\n");
	assert.deepEqual(
		errors.map((text) => text.replace(/ the .*/, "")),
		[1, 2, 3].map((line) => `${line}:1 error CONFIG_UNKNOWN_KEY`),
	);
});

test("a key without a value is an error, not the default", async (t) => {
	const { errors } = await read(t, "tls:\ntrusted: [~]\ndevices:\n  x:\n");
	assert.deepEqual(errors, [
		"1:1 error CONFIG_EMPTY tls has no value → write tls: { certificate: …, key: … }, or remove the line",
		"2:11 error CONFIG_TYPE trusted: one value is expected here, not nothing → write trusted: [10.0.0.0/8]",
		"4:3 error CONFIG_EMPTY device x: the entry has no value → write { type: Trunk }, or remove it",
	]);
});

test("a key that stands twice is an error at the second place", async (t) => {
	const { errors } = await read(t, device('type: Extension, contact: "*", type: Trunk'));
	assert.deepEqual(errors, [
		"2:39 error CONFIG_DUPLICATE this key stands here a second time → keep one of the two",
	]);
});

test("values that contradict each other are errors", async (t) => {
	const cases = {
		"timers: { t1: 900, t2: 800 }":
			"1:9 error CONFIG_COMBINATION timers: t1 900 is more than t2 800, the longest that is waited → write t1 at most t2",
		"registrar: { min-expires: 90, default-expires: 60 }":
			"1:12 error CONFIG_COMBINATION registrar: min-expires 90, default-expires 60 and max-expires 7200 are not in this order → write min-expires at most default-expires, and that at most max-expires",
		"auth: { algorithms: [] }":
			"1:21 error CONFIG_VALUE auth: algorithms is an empty list, and nothing could be challenged → write algorithms: [SHA-256, MD5]",
		[device('type: Extension, contact: "*", prefix: "9"')]:
			"2:47 error CONFIG_COMBINATION device x: prefix is for a Trunk, and this is a device of type Extension → remove it",
		[device('type: Trunk, contact: "sip:h", replace-prefix: ""')]:
			'2:55 error CONFIG_COMBINATION device x: replace-prefix replaces a prefix, and there is none → write prefix: "9" too',
		[device('type: Extension, contact: "*", service-type: msml')]:
			"2:53 error CONFIG_COMBINATION device x: service-type is for a Voice over IP Service, and this is a device of type Extension → write type: Voice over IP Service, or remove it",
		[device('type: Extension, contact: "*", authenticate-requests: [INVITE]')]:
			'2:62 error CONFIG_COMBINATION device x: authenticate-requests needs a password to check against → write password: "…" too, or a user in users, or remove it',
	};
	for (const [yaml, error] of Object.entries(cases))
		assert.deepEqual((await read(t, yaml)).errors, [error]);
});

test("what may be meant but is dangerous is a warning", async (t) => {
	const trusted = await read(t, "trusted: [10.0.0.0/8, 0.0.0.0/0]");
	assert.deepEqual(trusted.errors, []);
	assert.match(trusted.remarks.join(), /^1:10 warning CONFIG_TRUSTS_ALL trusted: 0\.0\.0\.0\/0 is/);
	const admin = await read(t, 'admin: { address: "0.0.0.0:8060" }');
	assert.match(admin.remarks.join(), /^1:8 warning CONFIG_ADMIN_ADDRESS/);
});

test("a password never stands in a message", async (t) => {
	const password = "hunter2";
	const { errors, remarks } = await read(
		t,
		device(`type: Extension, contact: 5, pasword: ${password}, password: [${password}]`),
	);
	assert.equal(errors.length, 3);
	assert.doesNotMatch([...errors, ...remarks].join(), new RegExp(password));
});
