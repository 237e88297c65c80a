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
    max-bindings: 3
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
		maxBindings: 3,
		oosCheck: 0,
		oosForce: 0,
		recoveryTimeout: 0,
		authenticateRequests: ["REGISTER", "INVITE", "XFER"],
		secureSignaling: DEFAULTS,
		line: 2,
	});
	assert.deepEqual(config.auth.users.get("fly"), {
		...{ name: "fly", device: "fly", secret: { password: "s3cret" } },
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

test("secure signaling §2.2: capacity, oos-check, oos-force and recovery-timeout are read, each within its range", async (t) => {
	const { config, errors, remarks } = await read(
		t,
		device(
			'type: Trunk, contact: "sip:h", oos-check: 30, oos-force: 5, recovery-timeout: 60, capacity: 480',
		),
	);
	assert.deepEqual([errors, remarks], [[], []]);
	const { oosCheck, oosForce, recoveryTimeout, capacity } = config?.devices.get("x") ?? {};
	assert.deepEqual([oosCheck, oosForce, recoveryTimeout, capacity], [30, 5, 60, 480]);
	for (const range of [
		"oos-check: 301",
		"oos-check: 30, oos-force: 31",
		"recovery-timeout: 3601",
	]) {
		const outside = await read(t, device(`type: Trunk, contact: "sip:h", ${range}`));
		assert.match(outside.errors.join(), /CONFIG_VALUE device x: .*: "3\d+" is out of range/);
	}
});

test("secure signaling §2.2: oos-force without oos-check waits for no ping, and is refused", async (t) => {
	const { errors } = await read(t, device('type: Trunk, contact: "sip:h", oos-force: 5'));
	assert.deepEqual(errors, [
		"2:50 error CONFIG_COMBINATION device x: oos-force says how long a ping waits, and there is none → write oos-check: 30 too, or remove it",
	]);
});

test("secure signaling §2.2 contact-backup: addresses in the grammar of contact, in their order", async (t) => {
	const { config, errors } = await read(
		t,
		device(
			'type: Trunk, contact: "sip:h", contact-backup: "sips:a:5071;transport=tls, 10.0.0.2:5070"',
		),
	);
	assert.deepEqual(errors, []);
	assert.deepEqual(
		config?.devices.get("x")?.contactBackup.map(({ scheme, host, port }) => [scheme, host, port]),
		[
			["sips", "a", 5071],
			["sip", "10.0.0.2", 5070],
		],
	);
	const none = await read(t, device('type: Trunk, contact: "sip:h", contact-backup: ""'));
	assert.deepEqual(none.config?.devices.get("x")?.contactBackup, []);
});

test("secure signaling §2.2 contact-backup: every address is checked as a contact is, and nine are too many", async (t) => {
	const refused = async (given: string) => (await read(t, device(given))).errors.join();
	const trunk = 'type: Trunk, contact: "sip:h", contact-backup: ';
	assert.match(
		await refused(`${trunk}"sip:a,sips:b;transport=udp"`),
		/CONFIG_CONTACT device x: contact-backup: "sips:b;transport=udp": sips cannot run over UDP/,
	);
	assert.match(await refused(`${trunk}"sip:a,,sip:b"`), /contact-backup: "": the host is missing/);
	assert.match(
		await refused(`${trunk}"a,b,c,d,e,f,g,h,i"`),
		/contact-backup: 9 addresses are too many/,
	);
	assert.match(
		await refused(
			'type: Voice over IP Service, service-type: msml, contact: "sip:h", contact-backup: "sips:a"',
		),
		/CONFIG_SIPS_DEVICE_TYPE device x: contact-backup: .* → write sip:a;transport=tls/,
	);
	assert.match(
		await refused('type: Extension, contact: "*", contact-backup: "sip:a"'),
		/CONFIG_COMBINATION device x: contact-backup is for a device with a contact/,
	);
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
