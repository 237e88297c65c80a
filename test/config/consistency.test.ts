/** Configurations that load and cannot do what they say: a warning each, with the sentence that says so. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { read } from "./reading.ts";

const NEW = /CONFIG_(INCONSISTENT|NO_EFFECT|SCHEMES_APART|UNREACHABLE) /;

/** The findings of this kind about these devices, each `line:column CODE message → fix`. */
async function findings(t: TestContext, devices: string, top = ""): Promise<string[]> {
	const { errors, remarks } = await read(t, `${top}devices:\n${devices}`);
	assert.deepEqual(errors, []);
	return remarks.filter((one) => NEW.test(one)).map((one) => one.replace(/ warning | note /, " "));
}

const one = (t: TestContext, keys: string, top = "") =>
	findings(t, `  x: { type: Extension, ${keys} }\n`, top);

const own = (keys: string) => `secure-signaling: { ${keys} }`;

test("secure-signaling G5: a contact needs a socket that speaks its transport, in its address family", async (t) => {
	const udp = 'listen: [{ transport: udp, address: "10.0.0.1:5060", tcp: no }]\n';
	const says = (contact: string) => one(t, `contact: "${contact}"`, udp);
	assert.deepEqual(await says("sips:10.0.0.9;transport=tcp"), [
		'3:34 CONFIG_UNREACHABLE device x: contact: "sips:10.0.0.9;transport=tcp" cannot be called: sips goes over TLS ("communication will be established in secure TLS over TCP"), and listen has no tls socket for IPv4 → write - tls:ADDRESS:PORT under listen',
	]);
	assert.deepEqual(await says("sip:10.0.0.9;transport=tcp"), [
		'3:34 CONFIG_UNREACHABLE device x: contact: "sip:10.0.0.9;transport=tcp" cannot be called: it goes over TCP, and listen has no tcp socket for IPv4 → write - tcp:ADDRESS:PORT under listen',
	]);
	assert.match((await says("sip:[2001:db8::9]"))[0] ?? "", /no udp socket for IPv6/);
	assert.match((await says("sips:fly.example.com"))[0] ?? "", /listen has no tls socket →/);
	for (const good of ["sip:10.0.0.9", "sip:gw.example.com", "sip:gw.example.com:5062", "*"])
		assert.deepEqual(await says(good), [], good);
	const backups = 'contact: "sip:10.0.0.9", contact-backup: "sip:10.0.0.8, sips:10.0.0.7"';
	const [backup] = await one(t, backups, udp);
	assert.match(backup ?? "", / x: contact-backup: "sips:10\.0\.0\.7" cannot be called/);
	const behind =
		'listen: [{ transport: tcp, address: "10.0.0.1:5060", advertise: "sip.example.com:5061", tls-terminated: yes, balancers: [10.0.0.0/24] }]\n';
	const [said] = await one(t, 'contact: "sips:10.0.0.9"', behind);
	assert.match(
		said ?? "",
		/listen has no tls socket for IPv4 →/,
		"nothing leaves from behind a balancer",
	);
});

test("RFC 3261 §16.3: a contact that is a socket of ours would loop", async (t) => {
	const listen =
		'listen: [udp:10.0.0.1:5060, { transport: tls, address: "0.0.0.0:5061", advertise: "sip.example.com:443" }]\n';
	const says = (contact: string) => one(t, `contact: "${contact}"`, listen);
	for (const loop of [
		...["sip:10.0.0.1", "sip:5000@10.0.0.1:5060;transport=tcp", "sips:127.0.0.1"],
		...["sips:SIP.example.com:443"],
	])
		assert.match((await says(loop))[0] ?? "", /UNREACHABLE .* ends with 482 → write the address/);
	for (const good of [
		...["sip:10.0.0.1:5070", "sip:10.0.0.2", "sips:10.0.0.1", "sip:127.0.0.1:5060"],
		...["sips:sip.example.com", "sip:sip.example.com"],
	])
		assert.deepEqual(await says(good), [], good);
});

test("secure-signaling G11: port 5061 turns no TLS on", async (t) => {
	assert.deepEqual(await one(t, 'contact: "sip:10.0.0.9:5061"'), [
		'2:34 CONFIG_INCONSISTENT device x: contact: "sip:10.0.0.9:5061" goes over UDP to 5061, the port of TLS → write sips:10.0.0.9:5061;transport=tls, or sip:10.0.0.9:5061;transport=tls for TLS without sips',
	]);
	for (const good of [
		"sips:10.0.0.9:5061",
		"sip:10.0.0.9:5061;transport=tls",
		"sip:h.example:5062",
	])
		assert.deepEqual(await one(t, `contact: "${good}"`), [], good);
});

test("secure-signaling G20: whoever registers has to have contact *", async (t) => {
	const keys = 'password: x, authenticate-requests: [INVITE, REGISTER], contact: "';
	const [said] = await one(t, `${keys}sips:10.0.0.9"`);
	assert.equal(
		said,
		'2:61 CONFIG_INCONSISTENT device x: it may register and is called at "sips:10.0.0.9" all the same: "the self-registered DN must have the option contact=* configured" → write contact: "*" if it registers itself, or leave REGISTER out',
	);
	assert.deepEqual(await one(t, `${keys}*"`), []);
	assert.deepEqual(await one(t, 'password: x, contact: "sips:10.0.0.9"'), []);
});

test("RFC 5630 §5.3: under policy rfc5630 a sips caller does not reach a sip device; said once", async (t) => {
	const devices = (policy: string) =>
		`  a: { type: Extension, contact: "sips:10.0.0.9", secure-signaling: { ${policy} } }
  b: { type: Extension, contact: "sip:10.0.0.8" }
  c: { type: Extension, contact: "sip:10.0.0.7" }
`;
	assert.deepEqual(await findings(t, devices("")), []);
	assert.deepEqual(await findings(t, devices("policy: rfc5630")), [
		"3:3 CONFIG_SCHEMES_APART device b: policy: rfc5630 keeps sips callers such as a from this sip device: they get 480 with Warning 380 → write policy: genesys for both where they are to be connected",
	]);
});

test("secure-signaling G20: a trunk shares its address only with a device of the same scheme and settings", async (t) => {
	const pair = (second: string) => `  a: { type: Trunk, prefix: "8", contact: "sips:10.0.0.9" }
  b: { prefix: "9", ${second} }
`;
	assert.deepEqual(
		await findings(t, pair('type: Trunk, contact: "sip:10.0.0.9:5061;transport=tls"')),
		[
			"3:3 CONFIG_INCONSISTENT device b: has the address of a, 10.0.0.9:5061, and another scheme or other secure-signaling settings: what comes from there is taken for one of them → give both the same scheme and settings, or each an address or port of its own",
		],
	);
	const strict = 'type: Trunk, contact: "sips:10.0.0.9", secure-signaling: { mismatch: reject }';
	assert.equal((await findings(t, pair(strict))).length, 1);
	for (const good of [
		'type: Trunk, contact: "sips:77@10.0.0.9;transport=tls"',
		'type: Trunk, contact: "sip:10.0.0.9"',
	])
		assert.deepEqual(await findings(t, pair(good)), [], good);
	assert.deepEqual(
		await findings(
			t,
			`  a: { type: Extension, contact: "sip:1@10.0.0.9" }
  b: { type: Extension, contact: "sip:2@10.0.0.9", secure-signaling: { mismatch: reject } }
`,
		),
		[],
		"numbers at one address are told apart by From",
	);
});

for (const [key, contact, why] of [
	[
		"register: strict",
		"sips:10.0.0.9",
		"the device is called at its contact, not where it registers",
	],
	[
		"tls-marker: transport",
		"sips:10.0.0.9",
		"a sips entry never says transport=tls (RFC 5630 §5.3)",
	],
	["tls-marker: transport", "sip:10.0.0.9", "the leg does not run over TLS"],
	["name-check: off", "*", "the device connects to us, and shows no server certificate"],
	["name-check: off", "sip:10.0.0.9;transport=tcp", "the leg does not run over TLS"],
	["outbound-proxy: allow", "sip:10.0.0.9;transport=tls", "it is for a sips contact"],
] as const)
	test(`secure-signaling §2.3: ${key} under a device with the contact ${contact} does nothing`, async (t) => {
		const [word = ""] = key.split(":");
		assert.deepEqual(await one(t, `contact: "${contact}", ${own(key)}`), [
			`2:${58 + contact.length + word.length + 2} CONFIG_NO_EFFECT device x: ${word} has no effect here: ${why} → remove it`,
		]);
	});

for (const [key, contact] of [
	["register: strict", "*"],
	["tls-marker: transport", "*"],
	["tls-marker: transport", "sip:10.0.0.9;transport=tls"],
	["name-check: off", "sips:10.0.0.9"],
	["name-check: https", "sip:fly.example.com"],
	["outbound-proxy: allow", "sips:10.0.0.9"],
] as const)
	test(`secure-signaling §2.3: ${key} under a device with the contact ${contact} does something`, async (t) => {
		assert.deepEqual(await one(t, `contact: "${contact}", ${own(key)}`), []);
	});

test("RFC 5630 §5.3: under policy rfc5630 nothing is rewritten, and keys about that do nothing", async (t) => {
	const keys = "contact: anchor, record-route: no, far-route-set: hide, uri-transport: strip";
	const says = async (policy: string) =>
		(await one(t, `contact: "*", ${own(`policy: ${policy}, ${keys}`)}`)).map((text) =>
			text.replace(/^2:\d+ /, ""),
		);
	assert.deepEqual(await says("genesys"), []);
	assert.deepEqual(
		await says("rfc5630"),
		["contact", "record-route", "far-route-set"].map(
			(word) =>
				`CONFIG_NO_EFFECT device x: ${word} has no effect here: under policy: rfc5630 nothing is rewritten → remove it, or write policy: genesys`,
		),
	);
});

test("secure-signaling §2.3: what stands at the top level is for every device, and none is warned of", async (t) => {
	const top = `${own("register: strict, tls-marker: transport, name-check: off")}\n`;
	assert.deepEqual(await one(t, 'contact: "sip:10.0.0.9"', top), []);
});

test("examples/: no configuration there is warned of", async (t) => {
	const { readFileSync } = await import("node:fs");
	for (const name of ["custom-routing", "secure-signaling"]) {
		const yaml = readFileSync(`examples/${name}/sipwright.yaml`, "utf8").replace(/^routes:.*/m, "");
		const { remarks } = await read(t, yaml);
		assert.deepEqual(
			remarks.filter((one) => NEW.test(one)),
			[],
			name,
		);
	}
});
