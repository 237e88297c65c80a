/** What comes and goes in WebSocket messages, and what becomes of a browser that leaves: RFC 7118 §5, App. B.1. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";

const bed = await testBed(
	YAML.replace("listen:", "listen:\n  - ws:172.21.83.50:8080\n  - wss:172.21.83.50:8443"),
);

const NAME = "df7jal23ls0d.invalid";
const CONTACT = `<sip:7789@${NAME};transport=ws>`;
const ann = (rig: ExchangeRig) => rig.phone("6000", { host: "172.21.83.70" });

function browser(rig: ExchangeRig, transport: "ws" | "wss" = "wss", contact = CONTACT) {
	return rig.phone("7789", { transport, host: "172.21.83.90", port: 50_000, contact });
}

/** RFC 7118 App. B.1: the name in its Via is made up, too. */
function send(phone: VirtualPhone, method: string, uri: string, lines = "", body = ""): void {
	const to = method === "REGISTER" ? "sip:7789@example.com" : uri;
	const via = `SIP/2.0/${phone.transport.toUpperCase()} ${NAME};branch=z9hG4bK-${method}`;
	phone.send(
		`${method} ${uri} SIP/2.0\r\nVia: ${via}\r\nMax-Forwards: 70\r\nFrom: <sip:7789@example.com>;tag=7789\r\nTo: <${to}>\r\nCall-ID: ${method}\r\nCSeq: 1 ${method}\r\nContact: ${phone.contact}\r\n${lines}\r\n${body}`,
	);
}

function register(phone: VirtualPhone): void {
	send(phone, "REGISTER", "sip:example.com");
}

function registered(rig: ExchangeRig, transport: "ws" | "wss" = "wss"): VirtualPhone {
	const phone = browser(rig, transport);
	phone.request("REGISTER", "sip:example.com", {
		from: "sip:7789@example.com",
		to: "sip:7789@example.com",
	});
	assert.equal(phone.take(200, "REGISTER").status, 200);
	return phone;
}

test("RFC 7118 §5 TR-47: a message from a WebSocket needs no Content-Length, and gets one where it goes on over TCP or TLS", () => {
	const rig = bed.rig();
	const web = browser(rig);
	const tcp = rig.phone("5003", { transport: "tcp", host: "172.21.83.63" });
	send(web, "INVITE", "sip:5003@example.com", "Content-Type: application/sdp\r\n", "v=0\r\n");
	const came = tcp.take("INVITE");
	assert.equal(came.value("Content-Length"), "5");
	assert.ok(came.text.endsWith("\r\n\r\nv=0\r\n"));
});

test("RFC 7118 §5, RFC 3261 §18.3 TR-47: octets behind the body are no second message, and a Content-Length that promises more is 400", () => {
	const rig = bed.rig();
	const [web, phone] = [browser(rig), ann(rig)];
	const second = "OPTIONS sip:5000@example.com SIP/2.0\r\nCSeq: 9 OPTIONS\r\n\r\n";
	const desk = rig.phone("5000", { host: "172.21.83.60" });
	send(web, "MESSAGE", "sip:5000@example.com", "Content-Length: 4\r\n", `abcd${second}`);
	const came = desk.take("MESSAGE");
	assert.ok(came.text.endsWith("\r\n\r\nabcd"), came.text);
	assert.deepEqual(desk.unread, []);
	send(web, "INVITE", "sip:5000@example.com", "Content-Length: 400\r\n", "v=0\r\n");
	assert.equal(web.take(400, "INVITE").startLine, "SIP/2.0 400 Bad Content-Length");
	assert.notEqual(web.connection, 0, "the connection stays");
	assert.deepEqual([desk.unread, phone.unread], [[], []]);
});

for (const [transport, protocol] of [
	["ws", "SIP/2.0/WS 172.21.83.50:8080"],
	["wss", "SIP/2.0/WSS 172.21.83.50:8443"],
] as const)
	test(`RFC 7118 §5.1 §5.2 TR-48: towards a browser on ${transport} Via says so, Record-Route transport=ws, and nothing is sent twice`, () => {
		const rig = bed.rig();
		const [caller, web] = [ann(rig), registered(rig, transport)];
		caller.request("INVITE", "sip:7789@172.21.83.50");
		const invite = web.take("INVITE");
		assert.equal(invite.vias[0]?.replace(/;.*/, ""), protocol);
		const host = protocol.replace(/.* /, "");
		assert.match(invite.recordRoutes[0] ?? "", new RegExp(`^<sip:${host};transport=ws;`));
		rig.wait(20_000);
		assert.deepEqual(web.unread, [], "no Timer A");
		web.answer(invite, "486 Busy Here");
		web.take("ACK");
		rig.wait(20_000);
		assert.deepEqual(web.unread, [], "no Timer E, D or K");

		caller.request("MESSAGE", "sip:7789@172.21.83.50");
		const message = web.take("MESSAGE");
		rig.wait(10_000);
		assert.deepEqual(web.unread, [], "no Timer E");
		web.answer(message, "200 OK");

		rig.phone("5000", { host: "172.21.83.60" });
		send(web, "INVITE", "sip:5000@example.com");
		rig.wait(64_000);
		const final = web.unread.filter(({ status }) => (status ?? 0) >= 200);
		assert.equal(final.length, 1, "no Timer G");
		rig.wait(64_000);
		assert.equal(rig.size, 0);
	});

test("RFC 7118 §5.3 §8.1 TR-49: a browser whose Via and Contact are made up is answered and called on its connection, and no name is looked up", () => {
	const rig = bed.rig();
	const [caller, web] = [ann(rig), browser(rig)];
	register(web);
	const ok = web.take(200, "REGISTER");
	assert.ok(ok.vias[0]?.startsWith(`SIP/2.0/WSS ${NAME};branch=`), ok.vias[0]);
	assert.match(ok.value("Contact"), new RegExp(`^<sip:7789@${NAME};transport=ws>;expires=`));
	caller.request("INVITE", "sip:7789@172.21.83.50");
	const came = web.take("INVITE");
	assert.equal(came.uri, `sip:7789@${NAME};transport=ws`);
	web.answer(came, "200 OK");
	const a = caller.caller(caller.take(200, "INVITE"));
	a.send("ACK");
	web.take("ACK");
	a.send("BYE");
	web.answer(web.take("BYE"), "200 OK");
	caller.take(200, "BYE");
	assert.deepEqual(rig.questions, []);
	assert.deepEqual(rig.nowhere, []);
});

test("RFC 7118 App. B.1, RFC 5626 §7 TR-50: when its connection is gone its bindings are, a call gets 480, and no name is looked up", () => {
	const rig = bed.rig();
	const [caller, web] = [ann(rig), registered(rig)];
	const other = rig.phone("7789", {
		transport: "wss",
		host: "172.21.83.91",
		port: 50_000,
		contact: "<sip:7789@other.invalid;transport=ws>",
	});
	register(other);
	other.take(200, "REGISTER");
	web.disconnect();
	assert.deepEqual(
		rig.store.bindings("7789", rig.now).map(({ contact }) => contact),
		["sip:7789@other.invalid;transport=ws"],
	);
	other.disconnect();
	caller.request("INVITE", "sip:7789@172.21.83.50");
	assert.equal(caller.take(480, "INVITE").startLine, "SIP/2.0 480 Temporarily Unavailable");
	assert.deepEqual(rig.questions, []);
	assert.deepEqual(rig.nowhere, []);
});

test("RFC 7118 App. B.1 TR-50: a browser that leaves while it rings is out of the call at once, and in a call nobody reaches it", () => {
	const rig = bed.rig();
	const [caller, web] = [ann(rig), registered(rig)];
	caller.request("INVITE", "sip:7789@172.21.83.50");
	web.answer(web.take("INVITE"), "180 Ringing");
	caller.take(180);
	web.disconnect();
	rig.wait(1);

	const again = registered(rig);
	caller.request("INVITE", "sip:7789@172.21.83.50", { callId: "second" });
	again.answer(again.take("INVITE"), "200 OK");
	const a = caller.caller(caller.take(200, "INVITE"));
	a.send("ACK");
	again.disconnect();
	a.send("BYE");
	const status = caller.unread.findLast(({ cseqMethod }) => cseqMethod === "BYE")?.status ?? 0;
	assert.ok(status >= 400, `${status}`);
	assert.deepEqual(rig.questions, []);
});

test("RFC 7118 §5.5: a URI with transport=ws that is no registered browser's is called nowhere: we open no WebSocket", () => {
	const rig = bed.rig();
	const contact = "<sip:7789@10.0.0.7:8080;transport=ws>";
	const web = browser(rig, "ws", contact);
	web.request("REGISTER", "sip:example.com", {
		from: "sip:7789@example.com",
		to: "sip:7789@example.com",
	});
	web.take(200, "REGISTER");
	web.disconnect();
	const caller = ann(rig);
	caller.request("INVITE", "sip:7789@172.21.83.50");
	assert.equal(caller.unread.at(-1)?.status, 480);
	caller.request("INVITE", "sip:7789@10.0.0.7:8080;transport=ws");
	assert.ok((caller.unread.at(-1)?.status ?? 0) >= 400);
	assert.deepEqual(rig.nowhere, []);
});
