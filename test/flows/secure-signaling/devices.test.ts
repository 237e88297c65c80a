/** What the configuration of a device makes of the calls to it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertCrossed, assertSchemes, exchange, four } from "../../support/crossing.ts";
import { rigConfig } from "../../support/rig-config.ts";
import {
	call,
	DEVICES,
	dialled,
	register,
	secureBed,
	secureYaml,
} from "../../support/secure-bed.ts";
import type { PhonePlace } from "../../support/virtual-phone.ts";
import { answered } from "./whole-call.ts";

const bed = await secureBed();

test("secure-signaling G8a: a sip contact with transport=tls is called with sip URIs over TLS", () => {
	const { ann, media } = bed.open();
	const came = assertCrossed(call(ann, "media"), media.take("INVITE"));
	assert.deepEqual(four(came), {
		uri: "sip:media@10.0.0.9:5061;transport=tls",
		from: "<sip:6000@172.21.83.70>",
		to: "<sip:media@172.21.83.50>",
		contact: "<sip:6000@172.21.83.70:5060>",
	});
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS/);
});

test("secure-signaling G8b: a phone that once sent sips is called with sip all the same", () => {
	const place: PhonePlace = {
		transport: "tls",
		host: "172.21.83.24",
		contact: "<sip:7789@172.21.83.24:5061>",
	};
	const { rig, ann, d1, d2 } = bed.open({}, { d1: place });
	register(d1);
	d1.take(200);
	const secured = { from: "sips:7789@172.21.83.50", contact: "<sips:7789@172.21.83.24:5061>" };
	d1.request("INVITE", "sips:5000@172.21.83.50:5314", secured);
	d2.answer(d2.take("INVITE"), "486 Busy Here");
	d1.take(486);
	rig.wait(1_000);
	const came = assertCrossed(call(ann, "7789"), d1.take("INVITE"));
	assert.equal(came.uri, "sip:7789@172.21.83.24:5061");
	assert.equal(came.value("From"), "<sip:6000@172.21.83.70>;tag=6000");
});

test("secure-signaling G8b: so is a device with a sip contact", () => {
	const { rig, ann, d2 } = bed.open();
	const tls = rig.phone("5000", {
		transport: "tls",
		host: "172.21.83.60",
		contact: "<sips:5000@172.21.83.60>",
	});
	call(tls, "7789");
	assert.equal(tls.take(480).status, 480);
	assert.equal(
		assertCrossed(call(ann, "5000"), d2.take("INVITE")).uri,
		"sip:5000@172.21.83.60:5060",
	);
});

test("secure-signaling G11c E18: a contact that changes from sips to sip counts from the next call on; the dialog stays sips", async () => {
	const { rig, ann, d3 } = bed.open();
	const { a, b } = answered(ann, d3, "5001");
	const changed = DEVICES.replace(
		"sips:5001@192.168.8.57;transport=tcp",
		"sip:5001@192.168.8.57:5060",
	);
	rig.reload(await rigConfig(secureYaml("", changed)));
	const plain = rig.phone("5001", { host: "192.168.8.57" });

	const { request } = exchange(a, [ann, d3], "INVITE");
	assert.equal(request.uri, "sips:5001@192.168.8.57:5061");
	assertCrossed(a.send("ACK"), d3.take("ACK"));
	exchange(b, [d3, ann], "UPDATE");
	exchange(b, [d3, ann], "BYE");
	assertSchemes(ann, d3);
	assert.deepEqual(plain.received, []);

	const next = assertCrossed(call(ann, "5001"), plain.take("INVITE"));
	assert.equal(next.uri, "sip:5001@192.168.8.57:5060");
	assert.equal(next.value("From"), "<sip:6000@172.21.83.70>;tag=6000");
});

test("secure-signaling G12a: a sips contact with transport=tls, with tcp and without any is called the same way", async () => {
	const devices = ["", ";transport=tcp", ";transport=tls"].map(
		(transport, at) => `  "${at}": { type: Extension, contact: "sips:192.168.8.57${transport}" }\n`,
	);
	const three = await secureBed(secureYaml("", devices.join("")));
	const seen = ["0", "1", "2"].map((number) => {
		const { ann, d3 } = three.open();
		const came = assertCrossed(call(ann, number), d3.take("INVITE"));
		return [came.uri, came.vias[0]?.replace(/branch=.*/, ""), came.value("From")];
	});
	const [via, from] = ["SIP/2.0/TLS 172.21.83.50:5314;", "<sips:6000@172.21.83.70>;tag=6000"];
	assert.deepEqual(seen, [
		["sips:0@192.168.8.57", via, from],
		["sips:1@192.168.8.57;transport=tcp", via, from],
		["sips:2@192.168.8.57;transport=tls", via, from],
	]);
});

test("secure-signaling G13a: an extension, an ACD position, a softswitch and a trunk are called in sips", () => {
	const { rig, ann, d3, d4, fly } = bed.open();
	for (const [phone, number, uri] of [
		[d3, "5001", "sips:5001@192.168.8.57;transport=tcp"],
		[d4, "5002", "sips:5002@192.168.8.58:5071;transport=tls"],
		[d3, "cucm", "sips:cucm@192.168.8.57;transport=tcp"],
	] as const) {
		const came = assertCrossed(call(ann, number), phone.take("INVITE"));
		assert.equal(came.uri, uri);
		assert.equal(came.value("From"), "<sips:6000@172.21.83.70>;tag=6000");
	}
	const sent = call(ann, "95551234");
	rig.answerDns([], "SRV _sips._tcp.fly.example.com");
	rig.answerDns([{ type: "A", address: fly.host }], "A fly.example.com");
	assertCrossed(sent, fly.take("INVITE"));
	assertSchemes(d3, d4, fly);
});

test("secure-signaling G14a: a trunk without a number in its contact is called with the number dialled, its prefix replaced where it says so", async () => {
	const trunk = 'type: Trunk, prefix: "9", contact: "sips:192.0.2.7:5061;transport=tls"';
	for (const [more, uri] of [
		["", "sips:95551234@192.0.2.7:5061;transport=tls"],
		[', replace-prefix: ""', "sips:5551234@192.0.2.7:5061;transport=tls"],
	] as const) {
		const trunks = await secureBed(secureYaml("", `  fly: { ${trunk}${more} }\n`));
		const { ann, fly } = trunks.open();
		assert.equal(assertCrossed(call(ann, "95551234"), fly.take("INVITE")).uri, uri);
	}
});

test("secure-signaling G15a: a device that has not registered is 480 without a Warning, a number of nobody is 404", () => {
	const { ann, d3 } = bed.open();
	for (const caller of [ann, d3])
		for (const [number, status] of [
			["7789", 480],
			["12345", 404],
		] as const) {
			call(caller, number);
			const got = caller.take(status);
			assert.deepEqual(got.values("Warning"), []);
			assert.equal(got.value("To").replace(/;tag=.*/, ""), `<${dialled(caller, number)}>`);
		}
});

test("secure-signaling G15b G15c: a device is called at what it registered, one with a contact at its contact", () => {
	const { rig, ann, d1, d3 } = bed.open();
	register(d1);
	d1.take(200);
	assert.equal(
		assertCrossed(call(ann, "7789"), d1.take("INVITE")).uri,
		"sips:7789@172.21.83.24:5061",
	);
	const elsewhere = rig.phone("5001", { host: "172.21.83.71" });
	register(elsewhere);
	elsewhere.take(200);
	assertCrossed(call(ann, "5001"), d3.take("INVITE"));
	assert.deepEqual(elsewhere.unread, []);
});
