/** What TLS clients are shown and asked for, and what their certificates are worth. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { authority, type Pair } from "./certificates.ts";
import { bench, comesTrue, message, Peer, toward } from "./harness.ts";

const TLS = { transport: "tls", address: "127.0.0.1", port: 0 } as const;
const trusted = await authority();
const ours = await trusted.options({ dns: ["proxy.example.com"], ips: ["127.0.0.1", "::1"] });

async function client(port: number, more: ConnectionOptions = {}): Promise<Peer> {
	const options = { ca: trusted.certificate, servername: "proxy.example.com", ...more };
	const socket = connect({ port, host: "127.0.0.1", ...options });
	await once(socket, "secureConnect");
	return new Peer(socket);
}

/** What became of a BYE toward far.example, at 5061 of the address that this client has. */
async function reversed(pair: Pair | undefined, port = 5061, name = "far.example") {
	await using one = await bench([TLS], { tls: { ...ours, verifyClient: "optional" } });
	const inward = await client(
		one.listener("tls").port,
		pair && { cert: pair.certificate, key: pair.key },
	);
	inward.write(message());
	const { flow } = await one.user.nth(0);
	one.transports.alias(flow, 5061);
	const there = { ...flow, connection: 0, port, serverName: name };
	one.transports.send(message("BYE"), there, 1);
	const arrived = inward.until("BYE").then(() => true);
	const failed = one.user.until(() => one.user.failed.length > 0).then(() => false);
	const reused = await Promise.race([arrived, failed]);
	for (const other of [arrived, failed]) other.catch(() => {});
	inward.socket.destroy();
	await comesTrue(() => one.transports.connections === 0);
	one.transports.send(message("BYE"), there, 2);
	await one.user.until(() => one.user.failed.some(({ owner }) => owner === 2));
	return reused ? "on the connection of the client" : "by a new connection";
}

test("RFC 5923 §8.2 §9.2 TR-42: with alias, requests to the address and domain that a client proved take its connection; without a certificate none does", async () => {
	const proved = await trusted.issue({ uris: ["sip:far.example"] });
	assert.equal(await reversed(proved), "on the connection of the client");
	assert.equal(await reversed(proved, 5061, "FAR.example"), "on the connection of the client");
	assert.equal(await reversed(proved, 5071), "by a new connection");
	assert.equal(await reversed(proved, 5061, "other.example"), "by a new connection");
	assert.equal(await reversed(undefined), "by a new connection");
	const stranger = await (await authority()).issue({ uris: ["sip:far.example"] });
	assert.equal(await reversed(stranger), "by a new connection");
});

test("RFC 5922 §7.4 TR-39: with verify-client optional everybody is served, and the flow says what a trusted certificate proves", async () => {
	await using one = await bench([TLS], { tls: { ...ours, verifyClient: "optional" } });
	const wish = { uris: ["sip:Sbc.example"], dns: ["host.sbc.example"] };
	const own = await trusted.issue(wish);
	const stranger = await (await authority()).issue(wish);
	const serverOnly = await trusted.issue({ ...wish, usage: "server" });
	for (const [index, pair] of [own, undefined, stranger, serverOnly].entries()) {
		const peer = await client(
			one.listener("tls").port,
			pair && { cert: pair.certificate, key: pair.key },
		);
		peer.write(message());
		await one.user.nth(index);
		peer.socket.destroy();
	}
	assert.deepEqual(
		one.user.messages.map(({ flow }) => flow.identities),
		[["sbc.example"], undefined, undefined, undefined],
	);
	assert.equal(one.transports.counters.handshakesFailed, 0);
});

test("RFC 5922 §7.8 TR-40: a client is shown the certificate with the name that it asks for, else the first", async () => {
	const second = await trusted.issue({ uris: ["sip:b.example"], dns: ["sip.b.example"] });
	const third = await trusted.issue({ dns: ["*.c.example", "proxy.example.com"] });
	const tls = { ...ours, more: [second, third] };
	await using one = await bench([TLS], { tls });
	const shown = async (servername: string) => {
		const peer = await client(one.listener("tls").port, {
			servername,
			checkServerIdentity: () => undefined,
		});
		const { subjectaltname } = (peer.socket as TLSSocket).getPeerCertificate();
		peer.socket.destroy();
		return subjectaltname;
	};
	const [first, b, c] = [
		"DNS:proxy.example.com, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
		"URI:sip:b.example, DNS:sip.b.example",
		"DNS:*.c.example, DNS:proxy.example.com",
	];
	assert.equal(await shown("B.example"), b);
	assert.equal(await shown("sip.b.example"), b);
	assert.equal(await shown("x.c.example"), c);
	assert.equal(await shown("y.x.c.example"), first);
	assert.equal(await shown("proxy.example.com"), first, "what several have is the first one's");
	assert.equal(await shown("other.example"), first);
	assert.equal(await shown(""), first);

	const renewed = await trusted.issue({ uris: ["sip:b.example"] });
	one.transports.replaceTls({ ...tls, more: [renewed] });
	assert.equal(await shown("b.example"), "URI:sip:b.example");
	assert.equal(await shown("x.c.example"), first);
});

test("RFC 5922 §7.5 §7.8 TR-40: whoever comes back to the host in our Record-Route is shown a certificate that covers it", async () => {
	const second = await trusted.issue({ dns: ["b.example"] });
	const advertise = { host: "b.example", port: 0 };
	await using one = await bench([{ ...TLS, advertise }], { tls: { ...ours, more: [second] } });
	await using two = await bench([TLS], { tls: ours });
	const { host, port } = one.listener("tls");
	assert.equal(host, "b.example", "what Record-Route says");
	two.transports.send(message(), toward(two.listener("tls"), port, host), 1);
	await one.user.nth(0);
	assert.deepEqual(two.user.failed, []);
});

test("RFC 5922 §7.4 TR-40: with verify-client a client has to show its own, whichever of ours it asks for", async () => {
	const second = await trusted.issue({ dns: ["b.example"] });
	const tls = { ...ours, verifyClient: true, more: [second] };
	await using one = await bench([TLS], { tls });
	const { port } = one.listener("tls");
	const bare = await client(port, { servername: "b.example" });
	await bare.ended;
	const own = await trusted.issue({ dns: ["phone.example"] });
	const peer = await client(port, {
		servername: "b.example",
		cert: own.certificate,
		key: own.key,
	});
	peer.write(message());
	await one.user.nth(0);
	assert.equal(one.transports.counters.handshakesFailed, 1);
	peer.socket.destroy();
});
