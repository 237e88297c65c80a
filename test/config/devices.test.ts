/** The block `devices`: the documented options of secure signaling §2.2. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../core/leg/secure-signaling.ts";
import { device, read, readGood } from "./reading.ts";

test("secure signaling §2.2: a device with every supported option", async (t) => {
	const config = await readGood(
		t,
		`devices:
  fly:
    type: Trunk
    contact: "sips:fly.example.com;transport=tls"
    contact-backup: ""
    prefix: 9
    replace-prefix: ""
    priority: 2
    capacity: 0
    oos-check: 0
    oos-force: 0
    recovery-timeout: 0
    password: s3cret
    authenticate-requests: [REGISTER, INVITE, XFER]
`,
	);
	assert.deepEqual(config.devices.get("fly"), {
		name: "fly",
		type: "Trunk",
		contact: {
			text: "sips:fly.example.com;transport=tls",
			scheme: "sips",
			user: undefined,
			host: "fly.example.com",
			port: undefined,
			transport: "tls",
			params: ";transport=tls",
		},
		contactBackup: [],
		serviceType: undefined,
		prefix: "9",
		replacePrefix: "",
		priority: 2,
		capacity: 0,
		oosCheck: 0,
		oosForce: 0,
		recoveryTimeout: 0,
		password: "s3cret",
		authenticateRequests: ["REGISTER", "INVITE", "XFER"],
		secureSignaling: DEFAULTS,
		line: 2,
	});
});

test("a device with a password is challenged for what opens a dialog or stands alone", async (t) => {
	const config = await readGood(
		t,
		`devices:
  a: { type: Extension, contact: "*", password: x }
  b: { type: Extension, contact: "*" }
`,
	);
	assert.deepEqual(config.devices.get("a")?.authenticateRequests, [
		...["REGISTER", "INVITE", "SUBSCRIBE", "MESSAGE", "REFER", "PUBLISH", "OPTIONS", "NOTIFY"],
	]);
	assert.deepEqual(config.devices.get("b")?.authenticateRequests, []);
});

test("RFC 3261 §22.1: ACK and CANCEL cannot be challenged", async (t) => {
	const { errors } = await read(
		t,
		device(
			'type: Extension, contact: "*", password: x, authenticate-requests: [ACK, INVTE, invite]',
		),
	);
	assert.deepEqual(
		errors.map((text) => text.replace(/^\S+ error CONFIG_VALUE device x: /, "")),
		[
			'authenticate-requests: "ACK" cannot be challenged → write the methods to challenge without it',
			'authenticate-requests: "INVTE" is no method → write INVITE',
			'authenticate-requests: "invite" is no method → write INVITE',
		],
	);
});

test("secure signaling §2.2: options that are not acted upon yet load with one warning together", async (t) => {
	const { errors, remarks } = await read(
		t,
		device('type: Trunk, contact: "sip:h", oos-check: 30, oos-force: 5, capacity: 480'),
	);
	assert.deepEqual(errors, []);
	const told = remarks.filter((text) => text.includes("CONFIG_NOT_YET"));
	assert.equal(told.length, 1);
	assert.match(told[0] ?? "", /capacity, oos-check, oos-force: understood, and not acted upon yet/);
	const range = await read(t, device('type: Trunk, contact: "sip:h", oos-check: 301'));
	assert.match(range.errors.join(), /CONFIG_VALUE device x: oos-check: "301" is out of range/);
});

test("secure signaling §2.2: a contact-backup is refused while nothing would fail over to it", async (t) => {
	const { errors } = await read(
		t,
		device('type: Trunk, contact: "sip:h", contact-backup: "sip:a,sip:b"'),
	);
	assert.match(errors.join(), /CONFIG_NOT_YET device x: contact-backup: ".*" is not/);
});

test("secure signaling §2.2: options without use for a proxy give one warning together", async (t) => {
	const { errors, remarks } = await read(
		t,
		`devices:
  a: { type: Trunk, contact: "sip:h", refer-enabled: false }
  b: { type: Trunk, contact: "sip:h", dual-dialog-enabled: false, refer-enabled: false, make-call-rfc3725-flow: 1 }
`,
	);
	assert.deepEqual(errors, []);
	assert.deepEqual(remarks, [
		"2:39 warning CONFIG_UNUSED refer-enabled, dual-dialog-enabled, make-call-rfc3725-flow: understood, and of no use to a proxy",
	]);
});

test("a contact is needed, but for a Routing Point", async (t) => {
	const { errors } = await read(
		t,
		"devices:\n  a: { type: Routing Point }\n  b: { type: Extension }\n",
	);
	assert.deepEqual(errors, [
		'3:3 error CONFIG_REQUIRED device b: contact is missing → write contact: "*" if it registers itself, or "sip:HOST"',
	]);
});

test("a name that cannot be the user part of an address is refused", async (t) => {
	for (const name of ["a b", "a@b", "<a>", "a;b", "", "a\\u0007b", "x".repeat(129)]) {
		const yaml = `devices: { "${name}": { type: Extension, contact: "*" } }`;
		assert.match(
			(await read(t, yaml)).errors.join(),
			/^1:12 error CONFIG_VALUE .*cannot be the name/,
		);
	}
	for (const name of ["+4930123456", "*8", "#31#", "fly_2", "ann.lee"])
		await readGood(t, `devices: { "${name}": { type: Extension, contact: "*" } }`);
});

test("a service type is an open list, but a slip of one letter is none", async (t) => {
	const type = 'type: Voice over IP Service, contact: "sip:h", service-type:';
	await readGood(t, device(`${type} recorder`));
	assert.match(
		(await read(t, device(`${type} softswich`))).errors.join(),
		/CONFIG_VALUE device x: service-type: "softswich" is not known → write service-type: softswitch$/,
	);
});
