/** Contacts of configured devices, and the Request-URIs made of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scheme } from "../../core/base/scheme.ts";
import { type Device, mayBeSips } from "../../core/leg/device.ts";
import { type DeviceContactReading, parseDeviceContact } from "../../core/leg/device-contact.ts";
import { deviceUri } from "../../core/leg/device-uri.ts";
import type { SecureSignaling } from "../../core/leg/secure-signaling.ts";
import { DEFAULTS } from "../../core/leg/secure-signaling.ts";

function contact(text: string): Extract<DeviceContactReading, { kind: "contact" }> {
	const reading = parseDeviceContact(text);
	assert.equal(reading.kind, "contact", `${text}: ${JSON.stringify(reading)}`);
	return reading as Extract<DeviceContactReading, { kind: "contact" }>;
}

function uri(
	text: string,
	dialled: string | undefined,
	settings: Partial<SecureSignaling> = {},
	scheme?: Scheme,
): string {
	const read = contact(text).contact;
	const policy = { ...DEFAULTS, ...settings };
	return deviceUri(read, dialled, { scheme: scheme ?? read.scheme, policy });
}

const VALID: readonly (readonly [text: string, expected: object])[] = [
	[
		"sips:fly.example.com;transport=tls",
		{ scheme: "sips", host: "fly.example.com", transport: "tls" },
	],
	["sips:192.168.8.57;transport=tcp", { scheme: "sips", host: "192.168.8.57", transport: "tcp" }],
	["sips:1001@10.0.0.1:5071", { scheme: "sips", user: "1001", port: 5071 }],
	["sips:[2001:db8::7]:5061;transport=tls", { host: "[2001:db8::7]", port: 5061 }],
	[
		"SIPS:h;Transport=TLS",
		{ scheme: "sips", host: "h", transport: "tls", params: ";Transport=TLS" },
	],
	["sip:gw.example.com:5060", { scheme: "sip", port: 5060, transport: undefined }],
	["1077@192.168.2.55", { scheme: "sip", user: "1077", host: "192.168.2.55" }],
	["192.168.2.55:5060", { scheme: "sip", user: undefined, host: "192.168.2.55", port: 5060 }],
	["gw:5070", { scheme: "sip", host: "gw", port: 5070 }],
	["gw", { scheme: "sip", host: "gw" }],
];

for (const [text, expected] of VALID)
	test(`secure-signaling G11a: a device's contact: ${text}`, () => {
		const read: Readonly<Record<string, unknown>> = contact(text).contact;
		for (const [field, value] of Object.entries(expected)) assert.equal(read[field], value, field);
	});

const REFUSED: readonly (readonly [text: string, fix: RegExp])[] = [
	["sips:h;transport=udp", /;transport=tls/],
	["sips:", /sips:HOST/],
	["sips:@h", /sips:h/],
	["sips:h;transport=ws", /;transport=tls/],
	["sipss:h", /sips:h/],
	["sip:h:0", /HOST:PORT/],
	["sip:h:99999", /HOST:PORT/],
	["sip:2001:db8::7", /in brackets/],
	["sip:a b@h", /NUMBER@h/],
	["sip:h?x=1", /HOST/],
	["", /HOST/],
];

for (const [text, fix] of REFUSED)
	test(`secure-signaling G11b: a contact that is refused, with what to write instead: "${text}"`, () => {
		const reading = parseDeviceContact(text);
		assert.equal(reading.kind, "problem");
		assert.match(reading.kind === "problem" ? reading.fix : "", fix);
	});

test("secure-signaling G11b G12a: an unknown parameter and port 5060 under sips warn; transport=tls is a recommendation", () => {
	const levels = (text: string) => contact(text).remarks.map(({ level }) => level);
	assert.deepEqual(levels("sips:h;transport=tls"), []);
	assert.deepEqual(levels("sips:h"), ["note"]);
	assert.deepEqual(levels("sips:h;transport=tcp"), ["note"]);
	assert.deepEqual(levels("sips:h;foo=bar;transport=tls"), ["warning"]);
	assert.deepEqual(levels("sips:h:5060;transport=tls"), ["warning"]);
	assert.deepEqual(levels("sip:h;transport=tls"), []);
	assert.equal(contact("sips:h;foo=bar").contact.params, ";foo=bar");
});

test("secure-signaling G13a G13b: sips is for trunks, extensions, ACD positions and softswitches", () => {
	const may = (type: Device["type"], serviceType?: string) => mayBeSips({ type, serviceType });
	assert.ok(may("Trunk") && may("Extension") && may("ACD Position"));
	assert.ok(may("Voice over IP Service", "softswitch"));
	assert.ok(!may("Voice over IP Service", "msml") && !may("Voice over IP Service"));
	assert.ok(!may("Routing Point"));
});

test("secure-signaling G14a G14b: the contact's number comes before the dialled one; without both there is only a host", () => {
	const fly = "sips:fly.example.com;transport=tls";
	assert.equal(uri(fly, "95551234"), "sips:95551234@fly.example.com;transport=tls");
	assert.equal(
		uri("sips:5001@192.168.8.57;transport=tcp", "77"),
		"sips:5001@192.168.8.57;transport=tcp",
	);
	assert.equal(uri(fly, undefined), "sips:fly.example.com;transport=tls");
	assert.equal(uri("sip:h:5060", "5"), "sip:5@h:5060");
});

test("secure-signaling §2.3: uri-transport decides whether the transport parameter is shown; under sip it stays", () => {
	const fly = "sips:fly.example.com;transport=tls";
	assert.equal(uri(fly, "9", { uriTransport: "rfc5630" }), "sips:9@fly.example.com");
	assert.equal(
		uri("sips:h;transport=tcp", "9", { uriTransport: "rfc5630" }),
		"sips:9@h;transport=tcp",
	);
	assert.equal(uri("sips:h;transport=tcp", "9", { uriTransport: "strip" }), "sips:9@h");
	assert.equal(
		uri("sip:10.0.0.9:5061;transport=tls", "m", { uriTransport: "strip" }),
		"sip:m@10.0.0.9:5061;transport=tls",
	);
});

test("SIPS-04 RFC 5630 §5.3: a contact takes the scheme of the leg to it, and keeps the rest", () => {
	assert.equal(
		uri("sips:fly.example.com;transport=tls", "9", {}, "sip"),
		"sip:9@fly.example.com;transport=tls",
	);
	assert.equal(uri("sip:h:5060;transport=udp", "9", {}, "sips"), "sips:9@h:5060");
});
