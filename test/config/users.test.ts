/** The block `users:`, in the file or in one of its own: who may log in, and with what. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hash } from "../support/hashes.ts";
import { read, readGood } from "./reading.ts";

const DEVICES = `devices:
  "1001": { type: Extension, contact: "*" }
  "1002": { type: Extension, contact: "*", authenticate-requests: [INVITE] }
`;
const AUTH = "auth: { realm: r, algorithms: [SHA-256, MD5] }\n";
const MD5 = hash("MD5", "1002:r:sesame");
const SHA = hash("SHA-256", "1002:r:sesame");

test("RFC 7616 §3.6 §5.2 AU-22: users have a password or hashes by realm and algorithm, and a device each", async (t) => {
	const users = `alice: { device: "1001", password: "correct horse" }
"1002": { ha1: { other: { MD5: ${MD5} }, r: { MD5: ${MD5.toUpperCase()}, SHA-256: ${SHA} } } }
jürgen: { device: "1001", password: möhre }
`;
	const files = { "users.yaml": users };
	const config = await readGood(t, `${AUTH}users: ./users.yaml\n${DEVICES}`, files);
	assert.deepEqual(
		[...config.auth.users.values()],
		[
			{ name: "alice", device: "1001", secret: { password: "correct horse" } },
			{ name: "1002", device: "1002", secret: { ha1: { MD5, "SHA-256": SHA } } },
			{ name: "j\xc3\xbcrgen", device: "1001", secret: { password: "m\xc3\xb6hre" } },
		],
		"texts are octets, as they are hashed",
	);
	assert.ok(config.auth.users.has("j\xc3\xbcrgen"));
	assert.deepEqual(config.devices.get("1002")?.authenticateRequests, ["REGISTER", "INVITE"]);
	assert.ok(config.devices.get("1001")?.authenticateRequests.includes("INVITE"));
});

test("RFC 3261 §26.3.1: hashes are of one realm, which the first domain is where none is configured", async (t) => {
	const users = (name: string) => `users: { "1002": { ha1: { ${name}: { MD5: ${MD5} } } } }\n`;
	const yaml = `domains: [example.com]\nauth: { algorithms: [MD5] }\n${DEVICES}`;
	const config = await readGood(t, users("example.com") + yaml);
	assert.deepEqual(config.auth.users.get("1002")?.secret, { ha1: { MD5 } });
	const { errors } = await read(t, users("elsewhere") + yaml);
	assert.deepEqual(errors, [
		'1:25 error CONFIG_COMBINATION user 1002: ha1 has no hashes for the realm example.com, which is the one that users are asked for → write ha1: { example.com: { MD5: "…" } }',
	]);
});

test("an error in the file of users names that file, its line and what to write", async (t) => {
	const users = `a: { device: "1001" }
b: { device: "1001", password: x, ha1: { r: { MD5: ${MD5} } } }
c: { device: "1003", password: x }
d: { device: "1001", password: }
e: { device: "1001", passwort: hunter2 }
f: { device: "1001", ha1: { r: { MD6: hunter2, MD5: hunter2 } } }
g: hunter2
h: { device: "1001", ha1: hunter2 }
i: { device: "1001", ha1: { r: hunter2 } }
"j\\u0007": { device: "1001", password: x }
`;
	const yaml = `${AUTH}users: users.yaml\ndevices: { "1001": { type: Extension, contact: "*" } }\n`;
	const { errors } = await read(t, yaml, { "users.yaml": users });
	assert.deepEqual(
		errors.map((line) => line.replace(/^users.yaml:/, "").replace(/ error CONFIG/, "")),
		[
			'1:1_REQUIRED user a: password is missing → write password: "…", or ha1',
			"2:40_COMBINATION user b: ha1 is made of the password, and that is there too → remove one of them",
			'3:1_VALUE user c: there is no device "1003" → write device: "1001"',
			'4:22_EMPTY user d: password has no value → write password: "…", or remove the line',
			'5:1_REQUIRED user e: password is missing → write password: "…", or ha1',
			'5:22_UNKNOWN_KEY user e: the entry has no key "passwort" → write password',
			'6:34_VALUE user f: ha1: r: "MD6" is no algorithm → write MD5',
			"6:53_VALUE user f: ha1: r: MD5 is not 32 hexadecimal digits → write the MD5 hash of USER:r:PASSWORD",
			'7:4_TYPE user g: the entry must be a block of keys → write { device: "1001" }, or remove it',
			'8:27_TYPE user h: ha1 must be a block of realms → write ha1: { r: { SHA-256: "…" } }',
			'9:32_VALUE user i: ha1: r: is no block of algorithms → write { SHA-256: "…", MD5: "…" }',
			'10:1_VALUE user j\u0007: "j\\u0007" cannot be the name of a user → write 1 to 128 octets, none of them a control character',
		],
	);
	assert.doesNotMatch(errors.join(), /hunter2/);
});

test("a user of the name of a device with a password is one too many", async (t) => {
	const yaml = `users: { "1001": { password: x } }
devices: { "1001": { type: Extension, contact: "*", password: y } }
`;
	const { errors } = await read(t, yaml);
	assert.equal(errors.length, 1);
	assert.match(
		errors[0] ?? "",
		/^2:63 error CONFIG_DUPLICATE device 1001: has a password, and there is a user of its name \(line 1 of .*sipwright.yaml\) → keep one of the two$/,
	);
});

test("RFC 8760 §2.4: a user without a hash for an algorithm that is offered is a warning", async (t) => {
	const yaml = `${AUTH}users: { "1002": { ha1: { r: { MD5: ${MD5} } } } }\n${DEVICES}`;
	const { errors, remarks } = await read(t, yaml);
	assert.deepEqual(errors, []);
	assert.deepEqual(remarks, [
		"2:25 warning CONFIG_COMBINATION user 1002: ha1 has no hash for SHA-256: whoever answers with that cannot log in → write its hash too, or leave it out of auth: algorithms",
	]);
});

test("users that are no block, and no users at all", async (t) => {
	const { errors } = await read(t, "users: [alice]");
	assert.deepEqual(errors, [
		'1:8 error CONFIG_TYPE users must be a block with one key for each user → write alice: { device: "1001", password: "…" }, or the path of a file with such lines',
	]);
	const files = { "users.yaml": "" };
	assert.equal((await readGood(t, "users: users.yaml", files)).auth.users.size, 0);
	assert.match((await read(t, "users: gone.yaml")).errors.join(), /CONFIG_FILE .*gone.yaml cannot/);
});

test("what YAML cannot read of a password does not stand in the message", async (t) => {
	for (const start of [
		"|",
		">",
		"!",
		"!!",
		"*",
		"&",
		"@",
		"%",
		"`",
		"[",
		"{",
		'"',
		"'",
		"- ",
		"? ",
		'"\\q',
	])
		for (const end of ["", "! x", ": x"]) {
			const yaml = `users:\n  a:\n    password: ${start}hunter2${end}\n`;
			const { errors, remarks } = await read(t, yaml);
			assert.doesNotMatch([...errors, ...remarks].join(), /hunter2/, yaml);
		}
});
