/** SIP over WebSocket on real sockets: messages, pings, flows, and how a connection ends. RFC 7118 §4, §5, §6. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authority } from "./certificates.ts";
import { bench, comesTrue, LOOPBACKS, message, toward } from "./harness.ts";
import { WebPhone } from "./web-phone.ts";

const WS = { transport: "ws", address: "127.0.0.1", port: 0 } as const;
const RESPONSE = "SIP/2.0 200 OK\r\n\r\n";

for (const address of LOOPBACKS)
	test(`RFC 7118 §5 TR-46: over ${address} one SIP message is one WebSocket message, in both directions`, async () => {
		await using one = await bench([{ ...WS, address }]);
		one.user.reply = ({ flow }) => one.transports.send(RESPONSE, flow, 1);
		const host = address.includes(":") ? `[${address}]` : address;
		const phone = await WebPhone.connect(`ws://${host}:${one.listener("ws").port}`);
		assert.equal(phone.socket.protocol, "sip");
		phone.send(message("REGISTER"));
		phone.send(message("OPTIONS"), true);
		await phone.nth(1);
		assert.deepEqual(
			one.user.messages.map(({ text }) => text),
			[message("REGISTER"), message("OPTIONS")],
		);
		assert.deepEqual(phone.heard, [
			{ text: RESPONSE, binary: false },
			{ text: RESPONSE, binary: false },
		]);
		const { flow } = await one.user.nth(0);
		assert.deepEqual([flow.transport, flow.host, flow.serverName], ["ws", address, undefined]);
		assert.ok(one.transports.alive(flow));
		assert.equal(one.transports.counters.connectionsAccepted, 1);
		assert.equal(one.transports.counters.streamMessagesIn, 2);
		phone.socket.terminate();
	});

test("RFC 7118 §4.2 TR-46: what is UTF-8 goes out as text, what is not as binary, octet for octet", async () => {
	await using one = await bench([WS]);
	const phone = await WebPhone.connect(one.listener("ws").port);
	phone.send(message());
	const { flow } = await one.user.nth(0);
	const utf8 = message("INFO", Buffer.from("grüß €").toString("latin1"));
	const octets = message("INFO", "\xff\xfe\x00a");
	for (const text of [utf8, octets, message("INFO", "plain")]) one.transports.send(text, flow, 1);
	await phone.nth(2);
	assert.deepEqual(phone.heard, [
		{ text: utf8, binary: false },
		{ text: octets, binary: true },
		{ text: message("INFO", "plain"), binary: false },
	]);
	phone.send(octets, true);
	assert.equal((await one.user.nth(1)).text, octets);
	phone.socket.terminate();
});

test("RFC 7118 §5 TR-46: what was sent together arrives as messages of their own, and a message of 200 kB whole", async () => {
	await using one = await bench([WS]);
	const large = message("INFO", "x".repeat(200_000));
	const phone = await WebPhone.connect(one.listener("ws").port);
	one.user.reply = ({ flow }) => {
		for (const method of ["INVITE", "BYE"]) one.transports.send(message(method), flow, 0);
		one.transports.send(large, flow, 0);
	};
	phone.send(large);
	await phone.nth(2);
	assert.deepEqual(
		phone.heard.map(({ text }) => text),
		[message("INVITE"), message("BYE"), large],
	);
	assert.equal((await one.user.nth(0)).text, large);
	phone.socket.terminate();
});

test("RFC 7118 §6, RFC 5626 §4.4.1 TR-51: CRLF CRLF in a message is answered by CRLF in one, a ping frame by a pong with its octets", async () => {
	await using one = await bench([WS]);
	const phone = await WebPhone.connect(one.listener("ws").port);
	phone.send("\r\n\r\n");
	phone.send("\r\n\r\n", true);
	phone.socket.ping("are you there?");
	phone.socket.ping();
	await comesTrue(() => phone.pongs.length === 2 && phone.heard.length === 2);
	assert.deepEqual(phone.heard, [
		{ text: "\r\n", binary: false },
		{ text: "\r\n", binary: false },
	]);
	assert.deepEqual(phone.pongs, ["are you there?", ""]);
	assert.equal(one.transports.counters.pings, 4);
	for (const blank of ["\r\n", "", "\0", " \r\n\r\n\r\n"]) phone.send(blank);
	phone.send(message());
	await one.user.nth(0);
	assert.equal(phone.heard.length, 2, "what says nothing gets no answer");
	assert.deepEqual(one.user.messages.length, 1);
	phone.socket.terminate();
});

test("RFC 7118 §5.2, RFC 5626 §7 TR-49: a flow is its connection: without it nothing is opened, and who had sent is told", async () => {
	await using one = await bench([WS]);
	const phone = await WebPhone.connect(one.listener("ws").port);
	phone.send(message());
	const { flow } = await one.user.nth(0);
	one.transports.send(message("INVITE"), flow, 7);
	await phone.nth(0);
	phone.socket.terminate();
	await one.user.until(() => one.user.closed.includes(flow.connection));
	assert.deepEqual(
		one.user.failed.map(({ owner }) => owner),
		[7],
	);
	assert.equal(one.transports.alive(flow), false);
	one.transports.send(RESPONSE, flow, 5);
	await one.user.until(() => one.user.failed.length > 1);
	assert.deepEqual(one.user.failed[1], { owner: 5, reason: "the connection is gone" });
});

test("RFC 7118 §4.1: we open no WebSocket ourselves: a flow without a connection is dead", async () => {
	await using one = await bench([WS]);
	const flow = toward(one.listener("ws"), 9);
	assert.equal(one.transports.alive(flow), false);
	one.transports.send(message(), flow, 3);
	await one.user.until(() => one.user.failed.length > 0);
	assert.deepEqual(one.user.failed, [
		{ owner: 3, reason: "WebSocket clients connect to us, and never the other way" },
	]);
	assert.equal(one.transports.counters.connectionsOpened, 0);
});

test("RFC 6455 §7.1: the peer's close frame is answered, and the flow is over", async () => {
	await using one = await bench([WS]);
	const phone = await WebPhone.connect(one.listener("ws").port);
	phone.send(message());
	const { flow } = await one.user.nth(0);
	phone.socket.close(1000);
	assert.equal(await phone.ended, 1000);
	await one.user.until(() => one.user.closed.includes(flow.connection));
	assert.deepEqual(one.user.failed, []);
});

for (const transport of ["ws", "wss"] as const)
	test(`RFC 6455 §7.4.1: when we close ${transport}, what was sent arrives, and the close frame says that we go away`, async () => {
		const trusted = await authority();
		const tls = await trusted.options({ dns: ["sip.example.com"] });
		const one = await bench([{ ...WS, transport }], { tls });
		const url = `${transport}://127.0.0.1:${one.listener(transport).port}`;
		const client = { ca: trusted.certificate, servername: "sip.example.com" };
		const phone = await WebPhone.connect(url, client);
		phone.send(message());
		const { flow } = await one.user.nth(0);
		one.transports.send(message("NOTIFY"), flow, 0);
		await one.transports.close();
		assert.equal(await phone.ended, 1001);
		assert.equal(phone.heard[0]?.text, message("NOTIFY"));
		assert.equal(one.transports.connections, 0);
	});

test("RFC 7118 §5.1, §9.2: over TLS it is WSS, by the certificate of the name that was asked for", async () => {
	const trusted = await authority();
	const tls = await trusted.options({ dns: ["sip.example.com"] });
	await using one = await bench([{ ...WS, transport: "wss" }], { tls });
	one.user.reply = ({ flow }) => one.transports.send(RESPONSE, flow, 0);
	const url = `wss://127.0.0.1:${one.listener("wss").port}`;
	const client = { ca: trusted.certificate, servername: "sip.example.com" };
	const phone = await WebPhone.connect(url, client);
	phone.send(message());
	assert.equal((await phone.nth(0)).text, RESPONSE);
	assert.equal((await one.user.nth(0)).flow.transport, "wss");
	await assert.rejects(WebPhone.connect(url), /self-signed|unable to/);
	phone.socket.terminate();
});

test("a wss listener needs a certificate, as a tls one does", async () => {
	await assert.rejects(bench([{ ...WS, transport: "wss" }]), { code: "NET_NO_CERTIFICATE" });
});
