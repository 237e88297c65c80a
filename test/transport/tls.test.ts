import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import {
	type ConnectionOptions,
	connect,
	createServer,
	type TlsOptions as ServerOptions,
	type TLSSocket,
} from "node:tls";
import type { TlsOptions } from "../../core/transport/tls-settings.ts";
import { authority, type Pair, type Wish } from "./certificates.ts";
import {
	type Acceptor,
	acceptor,
	bench,
	comesTrue,
	LOOPBACKS,
	message,
	Peer,
	toward,
} from "./harness.ts";

const TLS = { transport: "tls", address: "127.0.0.1", port: 0 } as const;
const RESPONSE = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";
const trusted = await authority();
const ours = await trusted.options({ dns: ["proxy.example.com"], ips: ["127.0.0.1", "::1"] });

function server({ certificate, key }: Pair, more: ServerOptions = {}): Promise<Acceptor> {
	return acceptor(createServer({ cert: certificate, key, ...more }), "secureConnection");
}

async function client(port: number, more: ConnectionOptions = {}): Promise<Peer> {
	const options = { ca: trusted.certificate, servername: "proxy.example.com", ...more };
	const socket = connect({ port, host: "127.0.0.1", ...options });
	await once(socket, "secureConnect");
	return new Peer(socket);
}

/** What becomes of a request to a server with that certificate. */
async function outcome(wish: Wish, name: string | undefined): Promise<string> {
	await using one = await bench([TLS], { tls: ours });
	await using peer = await server(await trusted.issue(wish));
	one.transports.send(message(), toward(one.listener("tls"), peer.port, name), 1);
	const arrived = peer.nth(0).then((it) => it.until("OPTIONS"));
	const failed = one.user.until(() => one.user.failed.length > 0);
	await Promise.race([arrived, failed]);
	arrived.catch(() => {});
	failed.catch(() => {});
	return one.user.failed[0]?.reason ?? "arrived";
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const)
	test(`RFC 3261 §26.3.1 TR-33: ${version} is spoken in both directions`, async () => {
		await using one = await bench([TLS], { tls: ours });
		one.user.reply = ({ flow }) => one.transports.send(RESPONSE, flow, 0);
		const peer = await client(one.listener("tls").port, {
			maxVersion: version,
			minVersion: version,
		});
		peer.write(message());
		assert.equal(await peer.until("\r\n\r\n"), RESPONSE);
		assert.equal((await one.user.nth(0)).flow.transport, "tls");

		await using far = await server(await trusted.issue({ dns: ["far.example"] }), {
			minVersion: version,
			maxVersion: version,
		});
		one.transports.send(message(), toward(one.listener("tls"), far.port, "far.example"), 1);
		await (await far.nth(0)).until("OPTIONS");
		peer.socket.destroy();
	});

test("RFC 3261 §26.3.1 TR-33: TLS 1.0 and 1.1 are refused in both directions", async () => {
	await using one = await bench([TLS], { tls: ours });
	const old = {
		minVersion: "TLSv1",
		maxVersion: "TLSv1.1",
		ciphers: "DEFAULT@SECLEVEL=0",
	} as const;
	await assert.rejects(client(one.listener("tls").port, old));
	await using far = await server(await trusted.issue({ dns: ["far.example"] }), old);
	one.transports.send(message(), toward(one.listener("tls"), far.port, "far.example"), 1);
	await one.user.until(() => one.user.failed.length > 0);
	assert.equal(one.transports.counters.handshakesFailed, 2);
	assert.equal(one.user.messages.length, 0);
});

for (const address of LOOPBACKS)
	test(`RFC 5922 §7.3, RFC 6066 §3: an IP address as target (${address}) is proved by an address in the certificate, without SNI`, async () => {
		await using one = await bench([{ ...TLS, address }], { tls: ours });
		const far = createServer({ ...(await pair({ ips: [address] })) });
		await using peer = await acceptor(far, "secureConnection", address);
		one.transports.send(message(), toward(one.listener("tls"), peer.port, address), 1);
		const { socket } = await peer.nth(0);
		assert.equal((socket as TLSSocket & { servername: unknown }).servername, false);
		await (await peer.nth(0)).until("OPTIONS");
	});

async function pair(wish: Wish): Promise<{ cert: string; key: string }> {
	const { certificate, key } = await trusted.issue(wish);
	return { cert: certificate, key };
}

test("RFC 5922 §7.8 TR-34: the domain of the URI is the server name of the handshake", async () => {
	await using one = await bench([TLS], { tls: ours });
	const names: (string | false | null)[] = [];
	const far = createServer({ ...(await pair({ dns: ["far.example"] })) });
	far.on("secureConnection", (socket: TLSSocket & { servername?: string | false | null }) =>
		names.push(socket.servername ?? null),
	);
	await using peer = await acceptor(far, "secureConnection");
	one.transports.send(message(), toward(one.listener("tls"), peer.port, "Far.example"), 1);
	await (await peer.nth(0)).until("OPTIONS");
	assert.deepEqual(names, ["far.example"]);
});

for (const [title, wish, expected] of [
	[
		"RFC 5922 §7.1 TR-34: an expired certificate is refused",
		{ dns: ["far.example"], expired: true },
		/expired/,
	],
	[
		"RFC 5922 §7.1 TR-34: a certificate for clients only is refused",
		{ dns: ["far.example"], usage: "client" },
		/purpose/,
	],
	[
		"RFC 5922 §7.3 TR-38: another domain's certificate is refused",
		{ dns: ["other.example"] },
		/for other.example, not for far.example/,
	],
	[
		"RFC 5922 §7.2 TR-36: a certificate for the host that SRV named, and not for the domain, is refused",
		{ dns: ["srv1.far.example"] },
		/for srv1.far.example, not for far.example/,
	],
	[
		"RFC 5922 §7.2 TR-37: a wildcard certificate is refused",
		{ dns: ["*.example"] },
		/not for far.example/,
	],
	[
		"RFC 5922 §7.2 TR-36: the domain's own certificate is accepted",
		{ dns: ["FAR.example"] },
		/^arrived$/,
	],
] as const)
	test(title, async () => assert.match(await outcome(wish, "far.example"), expected));

test("RFC 5922 §7.3: without a name to prove, the address we connect to has to be proved", async () => {
	assert.match(await outcome({ dns: ["far.example"] }, undefined), /not for 127.0.0.1/);
	assert.equal(await outcome({ ips: ["127.0.0.1"] }, undefined), "arrived");
});

test("RFC 5922 §7.1 TR-34: a chain nobody trusts is refused, also where names are not checked", async () => {
	const stranger = await authority();
	const tls: TlsOptions = { ...ours, nameCheck: () => "off" };
	await using one = await bench([TLS], { tls });
	await using refused = await server(await stranger.issue({ dns: ["far.example"] }));
	one.transports.send(message(), toward(one.listener("tls"), refused.port, "far.example"), 1);
	await one.user.until(() => one.user.failed.length > 0);
	assert.match(one.user.failed[0]?.reason ?? "", /certificate signature failure|unable to/);
	assert.ok(refused.peers.every(({ received }) => received === ""));

	one.transports.replaceTls({ ...tls, ca: stranger.certificate });
	await using trusting = await server(await stranger.issue({ dns: ["far.example"] }));
	one.transports.send(message(), toward(one.listener("tls"), trusting.port, "any.example"), 2);
	await (await trusting.nth(0)).until("OPTIONS");
});

test("RFC 5922 §7.2 TR-37, secure-signaling T29: on a connection each name is checked as its device says", async () => {
	const nameCheck = (name: string) => (name === "loose.far.example" ? "https" : "rfc5922");
	await using one = await bench([TLS], { tls: { ...ours, nameCheck } });
	await using far = await server(await trusted.issue({ dns: ["*.far.example"] }));
	one.transports.send(message(), toward(one.listener("tls"), far.port, "loose.far.example"), 1);
	await (await far.nth(0)).until("OPTIONS");
	one.transports.send(message(), toward(one.listener("tls"), far.port, "firm.far.example"), 2);
	await one.user.until(() => one.user.failed.length > 0);
	assert.match(
		one.user.failed[0]?.reason ?? "",
		/for \*\.far\.example, not for firm\.far\.example/,
	);
});

test("RFC 5923 §3: one peer under two names has two connections: the TLS identity is part of the key", async () => {
	await using one = await bench([TLS], { tls: ours });
	await using far = await server(await trusted.issue({ dns: ["a.example", "b.example"] }));
	for (const name of ["a.example", "A.example", "b.example"])
		one.transports.send(message(), toward(one.listener("tls"), far.port, name), 1);
	await (await far.nth(0)).until("OPTIONS");
	await (await far.nth(1)).until("OPTIONS");
	assert.equal(one.transports.counters.connectionsOpened, 2);
});

test("RFC 5923 §3 TR-44: a request toward a host opens a TLS connection, whatever the host has opened to us", async () => {
	await using one = await bench([TLS], { tls: ours });
	await using far = await server(await trusted.issue({ dns: ["far.example"] }));
	const inward = await client(one.listener("tls").port);
	inward.write(message());
	const { flow } = await one.user.nth(0);
	const there = { ...flow, connection: 0, serverName: "far.example" };
	one.transports.send(message("INVITE"), { ...there, port: far.port }, 1);
	await (await far.nth(0)).until("INVITE sip");
	one.transports.send(message("BYE"), there, 2);
	await one.user.until(() => one.user.failed.length > 0);
	assert.equal(one.user.failed[0]?.owner, 2, "its ephemeral port is no place to call");
	assert.equal(inward.received, "");
	inward.socket.destroy();
});

test("RFC 3261 §26.2.2: what is meant for TLS never leaves in clear", async () => {
	await using one = await bench([{ ...TLS, transport: "tcp" }, TLS], { tls: ours });
	await using clear = await acceptor();
	const tcp = toward(one.listener("tcp"), clear.port);
	one.transports.send(message("INFO"), tcp, 1);
	const peer = await clear.nth(0);
	peer.write(message());
	const { flow } = await one.user.nth(0);
	// A TCP connection to the very same address and port is there; TLS must not take it.
	one.transports.send(message("BYE"), { ...tcp, transport: "tls" }, 2);
	one.transports.send(message("BYE"), { ...flow, transport: "tls" }, 3);
	one.transports.send(
		message("BYE"),
		{ ...toward(one.listener("tls"), clear.port), transport: "tcp" },
		4,
	);
	one.transports.send(message("BYE"), toward(one.listener("tls"), clear.port), 5);
	await one.user.until(() => one.user.failed.length === 3);
	const secured = await clear.nth(1);
	await secured.until("\x16\x03");
	secured.socket.destroy();
	await one.user.until(() => one.user.failed.length === 4);
	assert.deepEqual(one.user.failed.map(({ owner }) => owner).sort(), [2, 3, 4, 5]);
	assert.ok(!peer.received.includes("BYE") && !secured.received.includes("BYE"));
});

test("RFC 5922 §7.4 TR-33: with verify-client a client without a trusted certificate is refused", async () => {
	await using one = await bench([TLS], { tls: { ...ours, verifyClient: true } });
	const { port } = one.listener("tls");
	const bare = await client(port);
	await bare.ended;
	const stranger = await (await authority()).issue({ dns: ["phone.example"] });
	const wrong = await client(port, { cert: stranger.certificate, key: stranger.key });
	await wrong.ended;

	const own = await trusted.issue({ dns: ["phone.example"] });
	const peer = await client(port, { cert: own.certificate, key: own.key });
	peer.write(message());
	await one.user.nth(0);
	assert.equal(one.user.messages.length, 1);
	assert.equal(one.transports.counters.handshakesFailed, 2);
	peer.socket.destroy();
	await comesTrue(() => one.transports.connections === 0);
});

test("RFC 5922 §7.5 TR-33: our own certificate is shown to servers that ask for it", async () => {
	await using one = await bench([TLS], { tls: ours });
	await using far = await server(await trusted.issue({ dns: ["far.example"] }), {
		ca: trusted.certificate,
		requestCert: true,
		rejectUnauthorized: true,
	});
	one.transports.send(message(), toward(one.listener("tls"), far.port, "far.example"), 1);
	const { socket } = await far.nth(0);
	assert.equal(
		(socket as TLSSocket).getPeerX509Certificate()?.checkHost("proxy.example.com"),
		"proxy.example.com",
	);
});

test("RFC 3261 §18.4 TR-21: a broken handshake fails every request that waits for it", async () => {
	await using one = await bench([TLS], { tls: ours });
	await using far = await acceptor();
	const flow = toward(one.listener("tls"), far.port, "far.example");
	one.transports.send(message(), flow, 1);
	one.transports.send(message(), flow, 2);
	(await far.nth(0)).socket.end("SIP/2.0 400 No TLS here\r\n\r\n");
	await one.user.until(() => one.user.failed.length === 2);
	assert.equal(one.transports.counters.handshakesFailed, 1);
});

test("plain SIP on a TLS port is cut, and garbage in a handshake leaves nothing behind", async () => {
	await using one = await bench([TLS], { tls: ours });
	const peer = await Peer.connect(one.listener("tls").port);
	peer.write(message());
	await peer.ended;
	await comesTrue(() => one.transports.connections === 0);
	assert.equal(one.transports.counters.handshakesFailed, 1);
	assert.deepEqual(one.user.messages, []);
});

test("RFC 5626 §3.5.1 TR-23: a ping inside TLS gets its pong inside TLS", async () => {
	await using one = await bench([TLS], { tls: ours });
	const peer = await client(one.listener("tls").port);
	peer.write("\r\n\r\n");
	assert.equal(await peer.until("\r\n"), "\r\n");
	peer.socket.destroy();
});

test("close: what was sent over TLS arrives, and the connection ends in order", async () => {
	const one = await bench([TLS], { tls: ours });
	const peer = await client(one.listener("tls").port);
	peer.write(message());
	const { flow } = await one.user.nth(0);
	one.transports.send(RESPONSE, flow, 2);
	const closed = one.transports.close();
	await Promise.all([peer.ended, closed]);
	assert.equal(peer.received, RESPONSE);
	assert.equal(one.transports.connections, 0);
});
