/** The contact of a device in a configuration: secure signaling G11 to G14, G18. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { device, read, readGood } from "./reading.ts";

test("secure-signaling G11a: contacts that are accepted", async (t) => {
	const cases: [
		string,
		string,
		string | undefined,
		string,
		number | undefined,
		string | undefined,
	][] = [
		["sips:fly.example.com;transport=tls", "sips", undefined, "fly.example.com", undefined, "tls"],
		["sips:192.168.8.57;transport=tcp", "sips", undefined, "192.168.8.57", undefined, "tcp"],
		["sips:1001@10.0.0.1:5071", "sips", "1001", "10.0.0.1", 5071, undefined],
		["sips:[2001:db8::7]:5061;transport=tls", "sips", undefined, "[2001:db8::7]", 5061, "tls"],
		["SIPS:h;Transport=TLS", "sips", undefined, "h", undefined, "tls"],
		["sip:h;transport=udp", "sip", undefined, "h", undefined, "udp"],
		["1077@192.168.2.55", "sip", "1077", "192.168.2.55", undefined, undefined],
		["172.21.83.60:5060", "sip", undefined, "172.21.83.60", 5060, undefined],
	];
	for (const [text, scheme, user, host, port, transport] of cases) {
		const config = await readGood(t, device(`type: Trunk, contact: "${text}"`));
		const contact = config.devices.get("x")?.contact;
		assert.ok(contact !== undefined && contact !== "*");
		assert.deepEqual(
			[contact.scheme, contact.user, contact.host, contact.port, contact.transport],
			[scheme, user, host, port, transport],
			text,
		);
	}
});

test("secure-signaling G11b: contacts that are refused, with device, place and fix", async (t) => {
	const cases = {
		"sips:h;transport=udp":
			':37 error CONFIG_CONTACT device x: contact: "sips:h;transport=udp": sips cannot run over UDP → write ;transport=tls, or leave the parameter out',
		"sips:":
			':30 error CONFIG_CONTACT device x: contact: "sips:": the host is missing → write sips:HOST or sips:HOST:PORT, an IPv6 address in brackets',
		"sips:@h":
			':30 error CONFIG_CONTACT device x: contact: "sips:@h": nothing stands before "@" → write sips:NUMBER@h, or sips:h',
		"sips:h;transport=ws":
			':37 error CONFIG_CONTACT device x: contact: "sips:h;transport=ws": transport=ws is not a transport of a device → write ;transport=tls, or leave the parameter out',
		"sipss:h":
			':30 error CONFIG_CONTACT device x: contact: "sipss:h": "sipss:h" has an unknown scheme',
		"sip:300.1.1.1":
			':30 error CONFIG_CONTACT device x: contact: "sip:300.1.1.1": "300.1.1.1" is neither a name nor an address → write a domain name or an IP address',
		"sip:[::g]": ':30 error CONFIG_CONTACT device x: contact: "sip:[::g]"',
		"sip:h;x=a b": ':30 error CONFIG_CONTACT device x: contact: "sip:h;x=a b": has a space',
		"<sip:h>": ':30 error CONFIG_CONTACT device x: contact: "<sip:h>"',
		"sip:h?Subject=x": ':30 error CONFIG_CONTACT device x: contact: "sip:h?Subject=x"',
	};
	for (const [text, error] of Object.entries(cases)) {
		const { errors } = await read(t, device(`type: Trunk, contact: "${text}"`));
		assert.equal(errors.length, 1, text);
		assert.equal(errors[0]?.slice(0, error.length + 1), `2${error}`, text);
	}
});

test("secure-signaling G11b: another parameter is kept, with a warning", async (t) => {
	const { config, remarks } = await read(
		t,
		device('type: Trunk, contact: "sips:h;transport=tls;foo=bar"'),
	);
	const contact = config?.devices.get("x")?.contact;
	assert.ok(contact !== undefined && contact !== "*");
	assert.equal(contact.params, ";transport=tls;foo=bar");
	assert.deepEqual(remarks, [
		'2:30 warning CONFIG_CONTACT device x: contact: "sips:h;transport=tls;foo=bar": ";foo=bar" is kept, but has no meaning here',
	]);
});

test("secure-signaling G12a: sips without transport=tls loads with a note and nothing more", async (t) => {
	for (const text of ["sips:h", "sips:h;transport=tcp"]) {
		const { errors, remarks } = await read(t, device(`type: Trunk, contact: "${text}"`));
		assert.deepEqual(errors, []);
		assert.deepEqual(remarks, [
			`2:30 note CONFIG_CONTACT device x: contact: "${text}": transport=tls is recommended for a sips contact`,
		]);
	}
	const recommended = await read(t, device('type: Trunk, contact: "sips:h;transport=tls"'));
	assert.deepEqual(recommended.remarks, []);
});

test("secure-signaling G13a G14: the documented device types load with a sips contact", async (t) => {
	const types = [
		"Trunk",
		"Extension",
		"ACD Position",
		"Voice over IP Service, service-type: softswitch",
	];
	for (const type of types)
		await readGood(t, device(`type: ${type}, contact: "sips:192.168.8.57;transport=tcp"`));
});

test("secure-signaling G13b G21b: sips on any other type names device, line and fix", async (t) => {
	const cases = {
		"Routing Point": ["Routing Point", ""],
		"Voice over IP Service, service-type: msml": [
			"Voice over IP Service, service-type msml",
			", or service-type: softswitch",
		],
		"Voice over IP Service": [
			"Voice over IP Service, service-type not given",
			", or service-type: softswitch",
		],
	};
	for (const [type, [kind, more]] of Object.entries(cases)) {
		const yaml = device(`type: ${type}, contact: "sips:10.0.0.9;transport=tcp"`);
		const column = yaml.split("\n")[1]?.indexOf('"sips') ?? 0;
		assert.deepEqual((await read(t, yaml)).errors, [
			`2:${column + 1} error CONFIG_SIPS_DEVICE_TYPE device x: contact: a device of type ${kind} cannot have a sips contact → write sip:10.0.0.9;transport=tls${more}`,
		]);
	}
});

const BEHIND_PROXY = (say: string) => `devices:
  fly: { type: Trunk, contact: "sips:h;transport=tls", secure-signaling: { outbound-proxy: ${say} } }
  out: { type: Voice over IP Service, service-type: sip-outbound-proxy, contact: "sip:p" }
`;

test("secure-signaling G18a: a sips device beside an outbound proxy is a warning, an error, or allowed", async (t) => {
	const said = "CONFIG_SIPS_OUTBOUND_PROXY device fly: has a sips contact, and out is a";
	const warned = await read(t, BEHIND_PROXY("warn"));
	assert.equal(warned.errors.length, 0);
	assert.equal(warned.remarks.filter((text) => text.startsWith(`2:3 warning ${said}`)).length, 1);
	const rejected = await read(t, BEHIND_PROXY("reject"));
	assert.ok(rejected.errors[0]?.startsWith(`2:3 error ${said}`));
	const allowed = await read(t, BEHIND_PROXY("allow"));
	assert.deepEqual(
		[...allowed.errors, ...allowed.remarks].map((text) => text.split(" ")[2]),
		["CONFIG_OUTBOUND_PROXY"],
	);
});
