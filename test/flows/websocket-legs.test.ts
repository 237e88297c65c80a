/**
 * Legs over WebSocket: RFC 7118. A browser's Contact is a made-up name under .invalid, its flow is
 * its address, and TLS says nothing of its scheme. The listeners are the rig's own.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { binding } from "../support/bindings.ts";
import { relay } from "../support/decisions.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

const bed = await testBed(YAML);

const HOST = { address: "172.21.83.50", host: "172.21.83.50" };
const LISTENERS = [
	{ ...HOST, transport: "ws", port: 8080 },
	{ ...HOST, transport: "wss", port: 8443 },
] as const;

const NAME = "df7jal23ls0d.invalid";

const four = (message: WireMessage) => ({
	uri: message.uri,
	from: message.value("From").replace(/;tag=.*/, ""),
	to: message.value("To").replace(/;tag=.*/, ""),
	contact: message.value("Contact"),
});
const routes = (message: WireMessage) =>
	message.recordRoutes.map((entry) => entry.replace(/x5=[\w-]+/, "x5=C"));
const protocol = (message: WireMessage) => message.vias[0]?.replace(/;.*/, "");

/** A browser that is connected, and registered in that scheme. */
function browser(rig: ExchangeRig, scheme: "sip" | "sips"): VirtualPhone {
	const phone = rig.phone("7789", {
		transport: "wss",
		host: "172.21.83.90",
		port: 50_000,
		contact: `<${scheme}:7789@${NAME};transport=ws>`,
	});
	assert.equal(register(phone, scheme), 200);
	return phone;
}

function register(phone: VirtualPhone, scheme: "sip" | "sips"): number | undefined {
	phone.request("REGISTER", `${scheme}:example.com`, {
		from: `${scheme}:7789@example.com`,
		to: `${scheme}:7789@example.com`,
	});
	return phone.unread.pop()?.status;
}

const ann = (rig: ExchangeRig) => rig.phone("6000", { host: "172.21.83.70" });
const desk = (rig: ExchangeRig) =>
	rig.phone("5001", {
		transport: "tls",
		host: "192.168.8.57",
		contact: "<sips:5001@192.168.8.57:5061>",
	});

/** Answers with 200, and the ACK arrives: both sides of the dialog. */
function connect(caller: VirtualPhone, callee: VirtualPhone, came: WireMessage) {
	callee.answer(came, "200 OK");
	const ok = caller.take(200, "INVITE");
	const sides = { a: caller.caller(ok), b: callee.callee(came) };
	sides.a.send("ACK");
	return { ...sides, ok, ack: callee.take("ACK") };
}

test("RFC 7118 §5.5, secure-signaling G3b: a sip phone over UDP calls a browser that registered sips over WSS", () => {
	const rig = bed.rig({ listeners: LISTENERS });
	const [caller, callee] = [ann(rig), browser(rig, "sips")];
	caller.request("INVITE", "sip:7789@172.21.83.50");
	const came = callee.take("INVITE");
	assert.equal(protocol(came), "SIP/2.0/WSS 172.21.83.50:8443");
	assert.deepEqual(four(came), {
		uri: `sips:7789@${NAME};transport=ws`,
		from: "<sips:6000@172.21.83.70>",
		to: "<sips:7789@172.21.83.50>",
		contact: "<sips:6000@172.21.83.70:5060>",
	});
	assert.deepEqual(routes(came), ["<sips:172.21.83.50:8443;transport=ws;lr;x5=C;ftag=6000>"]);

	const { a, b, ok, ack } = connect(caller, callee, came);
	assert.equal(ok.value("Contact"), `<sip:7789@${NAME};transport=ws>`);
	assert.deepEqual(routes(ok), ["<sip:172.21.83.50:5060;lr;x5=C;ftag=6000>"]);
	assert.equal(ack.uri, `sips:7789@${NAME};transport=ws`);
	assert.equal(protocol(ack), "SIP/2.0/WSS 172.21.83.50:8443");

	b.send("INVITE");
	const again = caller.take("INVITE");
	assert.deepEqual(four(again), {
		uri: "sip:6000@172.21.83.70:5060",
		from: "<sip:7789@172.21.83.50>",
		to: "<sip:6000@172.21.83.70>",
		contact: `<sip:7789@${NAME};transport=ws>`,
	});
	caller.answer(again, "200 OK");
	assert.equal(callee.take(200, "INVITE").value("Contact"), "<sips:6000@172.21.83.70:5060>");
	b.send("ACK");
	caller.take("ACK");

	a.send("BYE");
	const bye = callee.take("BYE");
	assert.equal(bye.uri, `sips:7789@${NAME};transport=ws`);
	callee.answer(bye, "200 OK");
	caller.take(200, "BYE");
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 7118 §5.5, secure-signaling G3b T20: a browser that registered sip over WSS calls a sips phone and is called: its own leg stays sip", () => {
	const rig = bed.rig({ listeners: LISTENERS });
	const [web, phone] = [browser(rig, "sip"), desk(rig)];
	web.request("INVITE", "sip:5001@example.com", { from: "sip:7789@example.com" });
	const came = phone.take("INVITE");
	assert.equal(protocol(came), "SIP/2.0/TLS 172.21.83.50:5314");
	assert.deepEqual(four(came), {
		uri: "sips:5001@192.168.8.57;transport=tcp",
		from: "<sips:7789@example.com>",
		to: "<sips:5001@example.com>",
		contact: `<sips:7789@${NAME};transport=ws>`,
	});
	assert.deepEqual(routes(came), ["<sips:172.21.83.50:5314;lr;x5=C;ftag=7789>"]);
	const { a, b, ok, ack } = connect(web, phone, came);
	assert.equal(ok.value("Contact"), "<sip:5001@192.168.8.57:5061>");
	assert.deepEqual(routes(ok), ["<sip:172.21.83.50:8443;transport=ws;lr;x5=C;ftag=7789>"]);
	assert.equal(ack.uri, "sips:5001@192.168.8.57:5061");

	a.send("INVITE");
	const held = phone.take("INVITE");
	assert.equal(held.value("Contact"), `<sips:7789@${NAME};transport=ws>`);
	phone.answer(held, "200 OK");
	web.take(200, "INVITE");
	a.send("ACK");
	phone.take("ACK");

	b.send("BYE");
	const bye = web.take("BYE");
	assert.deepEqual(
		[bye.uri, bye.value("From"), bye.value("To")],
		[
			`sip:7789@${NAME};transport=ws`,
			"<sip:5001@example.com>;tag=5001",
			"<sip:7789@example.com>;tag=7789",
		],
	);
	assert.equal(protocol(bye), "SIP/2.0/WSS 172.21.83.50:8443");
	web.answer(bye, "200 OK");
	phone.take(200, "BYE");

	phone.request("INVITE", "sips:7789@172.21.83.50:5314", { from: "sips:5001@192.168.8.57" });
	const called = web.take("INVITE");
	assert.deepEqual(four(called), {
		uri: `sip:7789@${NAME};transport=ws`,
		from: "<sip:5001@192.168.8.57>",
		to: "<sip:7789@172.21.83.50:5314>",
		contact: "<sip:5001@192.168.8.57:5061>",
	});
	assert.deepEqual(routes(called), ["<sip:172.21.83.50:8443;transport=ws;lr;x5=C;ftag=5001>"]);
	for (const message of web.received)
		assert.doesNotMatch(Object.values(four(message)).join(), /sips:/, message.text);
});

test("RFC 5658 §3, secure-signaling G3b: between a sip leg over WSS and one over UDP the Record-Route is double, each entry with its transport", () => {
	const rig = bed.rig({ listeners: LISTENERS });
	const [caller, callee] = [ann(rig), browser(rig, "sip")];
	caller.request("INVITE", "sip:7789@172.21.83.50");
	const came = callee.take("INVITE");
	assert.deepEqual(routes(came), [
		"<sip:172.21.83.50:8443;transport=ws;r2=on;lr;x5=C;ftag=6000>",
		"<sip:172.21.83.50:5060;r2=on;lr;x5=C;ftag=6000>",
	]);
	const { a, b } = connect(caller, callee, came);
	b.send("UPDATE");
	caller.answer(caller.take("UPDATE"), "200 OK");
	callee.take(200, "UPDATE");
	a.send("BYE");
	assert.equal(callee.take("BYE").uri, `sip:7789@${NAME};transport=ws`);
});

test("RFC 7118 §5.5, secure-signaling G17 G3b: transport=ws stays in what a browser registers, whatever uri-transport says", async () => {
	const strip = await testBed(`${YAML}secure-signaling: { uri-transport: strip }\n`);
	const rig = strip.rig({ listeners: LISTENERS });
	const [caller, callee] = [ann(rig), browser(rig, "sips")];
	const [binding] = rig.store.bindings("7789", rig.now);
	assert.equal(binding?.contact, `sips:7789@${NAME};transport=ws`);
	assert.equal(binding?.flow.transport, "wss");
	caller.request("INVITE", "sip:7789@172.21.83.50");
	assert.equal(callee.take("INVITE").uri, `sips:7789@${NAME};transport=ws`);
});

test("RFC 7118 App. B.1: nobody looks for the name of a browser; one that connects and registers again is called there, in mid-call too", () => {
	const rig = bed.rig({ listeners: LISTENERS });
	const [caller, callee] = [ann(rig), browser(rig, "sips")];
	caller.request("INVITE", "sip:7789@172.21.83.50");
	const { a } = connect(caller, callee, callee.take("INVITE"));
	rig.restart();
	caller.request("INVITE", "sip:7789@172.21.83.50");
	assert.deepEqual(rig.questions, []);
	assert.ok((caller.unread.pop()?.status ?? 0) >= 400);
	assert.deepEqual(callee.unread, []);

	assert.equal(register(callee, "sips"), 200);
	a.send("BYE");
	assert.equal(callee.take("BYE").uri, `sips:7789@${NAME};transport=ws`);
	caller.request("INVITE", "sip:7789@172.21.83.50");
	callee.take("INVITE");
});

test("RFC 7118 §9.2, secure-signaling M6 G16d: sips over WS in clear is registered by nobody, and what calls that way is shown WSS", () => {
	const rig = bed.rig({ listeners: LISTENERS });
	const clear = rig.phone("7789", {
		transport: "ws",
		host: "172.21.83.90",
		port: 50_000,
		contact: `<sips:7789@${NAME};transport=ws>`,
	});
	assert.equal(register(clear, "sips"), 400);
	const phone = desk(rig);
	clear.request("INVITE", "sips:5001@example.com", { from: "sips:7789@example.com" });
	const came = phone.take("INVITE");
	phone.answer(came, "200 OK");
	const ok = clear.take(200, "INVITE");
	assert.deepEqual(
		routes(ok).at(-1),
		"<sips:172.21.83.50:8443;transport=ws;r2=on;lr;x5=C;ftag=7789>",
	);
	assert.ok(rig.log.some(({ fields }) => JSON.stringify(fields).includes("sips-in-clear")));
});

test("RFC 7118 §9.2, secure-signaling 5.9-5: a leg that a script forces to sips takes the browser's WSS connection, and never one of WS in clear", () => {
	for (const [transport, taken] of [
		["wss", true],
		["ws", false],
	] as const) {
		const decision = { ...relay("7789"), callee: "sips" as const };
		const rig = bed.rig({ listeners: LISTENERS, routes: () => decision });
		const contact = `sip:7789@${NAME};transport=ws`;
		const web = rig.phone("7789", { transport, host: "172.21.83.90", port: 50_000 });
		const expiresAt = rig.now + 3_600_000;
		rig.store.apply("7789", [binding({ device: "7789", contact, flow: web.flow, expiresAt })], []);
		ann(rig).request("INVITE", "sip:7789@172.21.83.50");
		const uris = web.received.map(({ uri }) => uri);
		assert.deepEqual(uris, taken ? [`sips:7789@${NAME};transport=ws`] : []);
	}
});

for (const keys of ["contact: anchor", "contact: anchor, record-route: no"])
	test(`RFC 7118 §5.5, secure-signaling G3b: with ${keys} a browser is shown our WSS address as Contact, and finds the other side by it`, async () => {
		const anchored = await testBed(
			YAML.replace(
				'"7789": { type: Extension,',
				`"7789": { type: Extension, secure-signaling: { ${keys} },`,
			),
		);
		for (const scheme of ["sip", "sips"] as const) {
			const rig = anchored.rig({ listeners: LISTENERS });
			const [web, phone] = [browser(rig, scheme), desk(rig)];
			phone.request("INVITE", "sips:7789@172.21.83.50:5314", { from: "sips:5001@192.168.8.57" });
			const came = web.take("INVITE");
			const own = new RegExp(`^<${scheme}:5001@172\\.21\\.83\\.50:8443;transport=ws;x5c=[\\w-]+>$`);
			assert.match(came.value("Contact"), own);
			assert.equal(came.recordRoutes.length === 0, keys.includes("record-route: no"));
			const { b } = connect(phone, web, came);
			b.send("BYE");
			assert.equal(phone.take("BYE").uri, "sips:5001@192.168.8.57:5061");

			web.request("INVITE", `${scheme}:5001@example.com`, { from: `${scheme}:7789@example.com` });
			const called = phone.take("INVITE");
			const { a, ok } = connect(web, phone, called);
			assert.match(
				ok.value("Contact"),
				new RegExp(`^<${scheme}:5001@172\\.21\\.83\\.50:8443;transport=ws;x5c=`),
			);
			a.send("BYE");
			assert.equal(phone.take("BYE").uri, "sips:5001@192.168.8.57:5061");
		}
	});
