/** The handshake: who gets a WebSocket, and what the others are told. RFC 7118 §4.1, §7; RFC 6455 §4.2, §10.2. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { admitsOrigin, isOwnOrigin } from "../../core/transport/origins.ts";
import type { WebRules } from "../../core/transport/transport-user.ts";
import { authority } from "./certificates.ts";
import { type Bench, bench, comesTrue, message, Peer } from "./harness.ts";
import { ask, WebPhone } from "./web-phone.ts";

const WS = { transport: "ws", address: "127.0.0.1", port: 0 } as const;

const web = (rules: Partial<WebRules>) =>
	bench([{ ...WS, web: { paths: undefined, admits: () => false, ...rules } }]);
const at = (one: Bench, path = "/") => `http://127.0.0.1:${one.listener("ws").port}${path}`;

test("RFC 7118 §4.1 TR-45: an upgrade that offers sip gets it, among others too", async () => {
	await using one = await bench([WS]);
	for (const offered of ["sip", "msrp, sip", "sip,xmpp"]) {
		const answer = await ask(at(one), { "Sec-WebSocket-Protocol": offered });
		assert.equal(answer.status, 101);
		const headers: Record<string, string> = { ...answer.headers };
		assert.equal(headers["sec-websocket-protocol"], "sip");
		assert.equal(headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
		assert.equal(headers["sec-websocket-extensions"], undefined);
	}
	assert.equal(one.transports.counters.upgradesRefused, 0);
});

test("RFC 7118 §4.1 TR-45: without sip in Sec-WebSocket-Protocol there is no WebSocket, and 400 says why", async () => {
	await using one = await bench([WS]);
	for (const offered of [undefined, "", "msrp", "SIP", "sip2, xsip"]) {
		const { status, body } = await ask(at(one), { "Sec-WebSocket-Protocol": offered });
		assert.deepEqual(
			[status, body],
			[400, 'no subprotocol "sip" in Sec-WebSocket-Protocol\n'],
			String(offered),
		);
	}
	assert.equal(one.transports.counters.upgradesRefused, 5);
	assert.deepEqual(one.warnings, [
		{
			event: "websocket.protocol",
			listener: 1,
			source: "127.0.0.1",
			reason: 'no subprotocol "sip" in Sec-WebSocket-Protocol',
		},
	]);
	await comesTrue(() => one.transports.connections === 0);
});

test("RFC 6455 §4.2.1: what is no upgrade to WebSocket gets 426, another version or no key 400", async () => {
	await using one = await bench([WS]);
	const plain = await ask(at(one), { Connection: undefined, Upgrade: undefined });
	assert.equal(plain.status, 426);
	assert.equal({ upgrade: "", ...plain.headers }.upgrade, "websocket");
	assert.match(plain.body, /^This is a SIP server/);
	assert.equal((await ask(at(one), { Upgrade: "h2c" })).status, 400);
	assert.equal((await ask(at(one), { "Sec-WebSocket-Key": "short" })).status, 400);
	assert.match(String((await ask(at(one), { "Sec-WebSocket-Version": "99" })).status), /^4/);
	assert.equal(one.transports.counters.upgradesRefused, 4);
	await comesTrue(() => one.transports.connections === 0);
});

test("TR-54: what is no HTTP is closed with 400, headers without an end with 431, and nothing of it is SIP", async () => {
	await using one = await bench([WS]);
	for (const [octets, status] of [
		[message(), "400"],
		["\x16\x03\x01\x02\x00\x01\x00", "400"],
		[`GET / HTTP/1.1\r\nHost: a\r\nCookie: ${"x".repeat(20_000)}\r\n\r\n`, "431"],
	] as const) {
		const peer = await Peer.connect(one.listener("ws").port);
		peer.write(octets);
		await peer.ended;
		assert.match(peer.received, new RegExp(`^HTTP/1.1 ${status} `));
	}
	assert.equal(one.transports.counters.upgradesRefused, 3);
	assert.deepEqual(one.user.calls, []);
	await comesTrue(() => one.transports.connections === 0);
});

test("TR-54: a request for a WebSocket that does not get done in time is closed, in clear and over TLS", async () => {
	const tls = await (await authority()).options({ dns: ["a.example"] });
	await using one = await bench([WS, { ...WS, transport: "wss" }], {
		tls,
		limits: { upgradeMs: 40 },
	});
	for (const octets of ["", "GET / HTTP/1.1\r\nHost:"]) {
		const peer = await Peer.connect(one.listener("ws").port);
		peer.write(octets);
		await peer.ended;
		assert.equal(peer.received, "");
	}
	assert.equal(one.transports.counters.upgradesRefused, 2);
	await comesTrue(() => one.transports.connections === 0);
});

test("TR-54: a handshake that is done in time is not cut later", async () => {
	await using one = await bench([WS], { limits: { upgradeMs: 40 } });
	const phone = await WebPhone.connect(one.listener("ws").port);
	const silent = await Peer.connect(one.listener("ws").port);
	await silent.ended;
	phone.send(message());
	await one.user.nth(0);
	phone.socket.terminate();
});

test("close: a connection that has not asked yet is ended", async () => {
	const one = await bench([WS]);
	const silent = await Peer.connect(one.listener("ws").port);
	await comesTrue(() => one.transports.connections === 1);
	await one.transports.close();
	await silent.ended;
	assert.equal(one.transports.connections, 0);
});

test("RFC 7118 §7: with paths there is a WebSocket at these, whatever the query, and 404 elsewhere", async () => {
	await using one = await web({ paths: ["/ws", "/sip/phones"] });
	for (const [path, status] of [
		["/ws", 101],
		["/ws?token=1", 101],
		["/sip/phones", 101],
		["/", 404],
		["/ws/", 404],
		["/WS", 404],
	] as const)
		assert.equal((await ask(at(one, path))).status, status, path);
	assert.deepEqual(one.warnings, [
		{
			event: "websocket.path",
			listener: 1,
			source: "127.0.0.1",
			reason: 'no WebSocket at "/"',
		},
	]);
});

test("RFC 7118 §7 TR-52: a page whose origin is not admitted gets 403, one that is gets its WebSocket, and who is no browser too", async () => {
	const asked: string[] = [];
	await using one = await web({
		admits: (origin) => {
			asked.push(origin);
			return origin === "https://phone.example.com";
		},
	});
	const refused = await ask(at(one), { Origin: "https://evil.example" });
	assert.equal(refused.status, 403);
	assert.equal(refused.body, 'pages of "https://evil.example" may not connect\n');
	assert.equal((await ask(at(one), { Origin: "null" })).status, 403);
	assert.equal((await ask(at(one), { Origin: "https://phone.example.com" })).status, 101);
	assert.equal((await ask(at(one))).status, 101);
	assert.deepEqual(asked, ["https://evil.example", "null", "https://phone.example.com"]);
	assert.deepEqual(one.warnings, [
		{
			event: "websocket.origin",
			listener: 1,
			source: "127.0.0.1",
			reason: 'pages of "https://evil.example" may not connect',
		},
	]);
});

test("RFC 7118 §7 TR-52: origin, path and cookies of the handshake belong to the flow", async () => {
	await using one = await web({ admits: () => true });
	const url = `ws://127.0.0.1:${one.listener("ws").port}`;
	const headers = { Origin: "https://phone.example.com", Cookie: "session=y; theme=dark" };
	const browser = await WebPhone.connect(`${url}/ws?token=x`, { headers });
	browser.send(message());
	await one.user.nth(0);
	const program = await WebPhone.connect(url);
	program.send(message());
	await one.user.nth(1);
	assert.deepEqual(
		one.user.messages.map(({ flow }) => flow.handshake),
		[
			{
				...{ origin: "https://phone.example.com", path: "/ws?token=x" },
				cookie: "session=y; theme=dark",
			},
			{ origin: undefined, path: "/", cookie: undefined },
		],
	);
	for (const { socket } of [browser, program]) socket.terminate();
});

test("RFC 7118 §7 TR-52: without rules no page connects", async () => {
	await using one = await bench([WS]);
	assert.equal((await ask(at(one), { Origin: "https://127.0.0.1" })).status, 403);
});

test("RFC 6455 §10.2: a list of origins admits what is in it, names below a star, or all", () => {
	const list = ["https://phone.example.com", "https://*.example.org", "http://localhost:5173"];
	for (const [origin, admitted] of [
		["https://phone.example.com", true],
		["HTTPS://Phone.Example.com", true],
		["https://a.example.org", true],
		["https://a.b.example.org", true],
		["http://localhost:5173", true],
		["https://example.org", false],
		["https://evilexample.org", false],
		["http://a.example.org", false],
		["https://a.example.org.evil.example", false],
		["https://a.example.org:8443", false],
		["http://phone.example.com", false],
		["https://phone.example.com.evil.example", false],
		["https://phone.example.com:8443", false],
		["http://localhost", false],
		["null", false],
		["", false],
	] as const)
		assert.equal(admitsOrigin(origin, list), admitted, origin);
	for (const origin of ["https://a.example", "null"]) assert.ok(admitsOrigin(origin, ["*"]));
	assert.equal(admitsOrigin("https://a.example", []), false);
});

test("RFC 6455 §10.2: without a list pages of our names are admitted over https, those of this machine over http too", () => {
	const own = (host: string) => ["example.com", "localhost", "127.0.0.1", "[::1]"].includes(host);
	for (const [origin, admitted] of [
		["https://example.com", true],
		["https://example.com:8443", true],
		["http://localhost:5173", true],
		["http://127.0.0.1", true],
		["https://[::1]:3000", true],
		["http://example.com", false],
		["https://www.example.com", false],
		["https://example.com.evil.example", false],
		["ftp://example.com", false],
		["http://localhost.evil.example", false],
		["null", false],
		["", false],
		["example.com", false],
	] as const)
		assert.equal(isOwnOrigin(origin, own), admitted, origin);
	assert.equal(
		isOwnOrigin("http://127.0.0.1", () => false),
		false,
	);
});
