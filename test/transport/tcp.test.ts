import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { acceptor, bench, LOOPBACKS, message, Peer, toward } from "./harness.ts";

const TCP = { transport: "tcp", address: "127.0.0.1", port: 0 } as const;
const RESPONSE = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";

for (const address of LOOPBACKS)
	test(`RFC 3261 §18.2.2 TR-15: over ${address} a response goes out on the connection of its request`, async () => {
		await using one = await bench([{ ...TCP, address }]);
		one.user.reply = ({ flow }) => one.transports.send(RESPONSE, flow, 1);
		const peer = await Peer.connect(one.listener("tcp").port, address);
		peer.write(message());
		assert.equal(await peer.until("\r\n\r\n"), RESPONSE);
		const { flow } = await one.user.nth(0);
		assert.equal(flow.host, address);
		assert.equal(flow.port, peer.socket.localPort);
		assert.ok(one.transports.alive(flow));
		peer.socket.destroy();
	});

test("RFC 3261 §18.2.2 TR-15, RFC 5626 §7: a flow whose connection is gone fails and opens nothing", async () => {
	await using one = await bench([TCP]);
	const peer = await Peer.connect(one.listener("tcp").port);
	peer.write(message());
	const { flow } = await one.user.nth(0);
	peer.socket.destroy();
	await one.user.until(() => one.user.closed.includes(flow.connection));
	assert.equal(one.transports.alive(flow), false);
	one.transports.send(RESPONSE, flow, 5);
	await one.user.until(() => one.user.failed.length > 0);
	assert.deepEqual(one.user.failed, [{ owner: 5, reason: "the connection is gone" }]);
	assert.equal(one.transports.counters.connectionsOpened, 0);
});

test("RFC 3261 §18.2.2 TR-15: after the connection closed a response reaches the sent-by port by a new one", async () => {
	await using one = await bench([TCP]);
	await using agent = await acceptor();
	const peer = await Peer.connect(one.listener("tcp").port);
	peer.write(message());
	const { flow } = await one.user.nth(0);
	peer.socket.destroy();
	await one.user.until(() => !one.transports.alive(flow));
	one.transports.send(RESPONSE, { ...flow, connection: 0, port: agent.port }, 1);
	assert.equal(await (await agent.nth(0)).until("\r\n\r\n"), RESPONSE);
});

test("a flow is taken at its word only if transport, listener, host and port are the connection's", async () => {
	await using one = await bench([TCP]);
	const peer = await Peer.connect(one.listener("tcp").port);
	peer.write(message());
	const { flow } = await one.user.nth(0);
	for (const wrong of [
		{ transport: "tls" },
		{ listener: 2 },
		{ host: "127.0.0.2" },
		{ port: 1 },
	] as const)
		assert.equal(one.transports.alive({ ...flow, ...wrong }), false);
	peer.socket.destroy();
});

test("RFC 3261 §18.1.1 TR-18: two requests to one place share a connection, even while it opens", async () => {
	await using one = await bench([TCP]);
	await using agent = await acceptor();
	const flow = toward(one.listener("tcp"), agent.port);
	one.transports.send(message("INVITE"), flow, 1);
	one.transports.send(message("BYE"), flow, 2);
	const peer = await agent.nth(0);
	await peer.until("BYE sip");
	one.transports.send(message("INFO"), flow, 3);
	await peer.until("INFO sip");
	assert.equal(peer.received, message("INVITE") + message("BYE") + message("INFO"));
	assert.equal(agent.peers.length, 1);
	assert.deepEqual(one.user.failed, []);
});

test("connections to one place from two listeners are two: the source address is the listener's", async () => {
	await using one = await bench([TCP, { ...TCP, address: "127.0.0.2" }]);
	await using agent = await acceptor();
	for (const listener of one.listeners)
		one.transports.send(message(), { ...toward(listener, agent.port), host: "127.0.0.1" }, 1);
	const peers = [await agent.nth(0), await agent.nth(1)];
	assert.deepEqual(peers.map(({ socket }) => socket.remoteAddress).sort(), [
		"127.0.0.1",
		"127.0.0.2",
	]);
});

test("RFC 5923 §3 TR-44: a request toward a host does not take the connection that the host opened", async () => {
	await using one = await bench([TCP]);
	await using agent = await acceptor();
	const inward = await Peer.connect(one.listener("tcp").port);
	inward.write(message());
	const { flow } = await one.user.nth(0);
	one.transports.send(message("INVITE"), { ...flow, connection: 0, port: agent.port }, 1);
	await (await agent.nth(0)).until("INVITE sip");
	assert.equal(inward.received, "");
	inward.socket.destroy();
});

test("RFC 3261 §18: what the peer sends on a connection of ours is handled like anything else", async () => {
	await using one = await bench([TCP]);
	await using agent = await acceptor();
	one.transports.send(message("INVITE"), toward(one.listener("tcp"), agent.port, "a.example"), 1);
	const peer = await agent.nth(0);
	peer.write(RESPONSE + message("BYE"));
	const { flow } = await one.user.nth(1);
	assert.deepEqual([flow.port, flow.serverName], [agent.port, "a.example"]);
	one.transports.send(RESPONSE, flow, 2);
	await peer.until(RESPONSE);
	assert.equal(agent.peers.length, 1);
});

test("RFC 3261 §18.4 TR-21: a refused connection fails every request that waits for it", async () => {
	await using one = await bench([TCP]);
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	const port = typeof address === "object" && address !== null ? address.port : 0;
	server.close();
	await once(server, "close");
	for (const owner of [1, 2, 0])
		one.transports.send(message(), toward(one.listener("tcp"), port), owner);
	assert.deepEqual(one.user.calls, [], "no call from inside send");
	await one.user.until(() => one.user.failed.length > 1);
	assert.deepEqual(
		one.user.failed.map(({ owner }) => owner),
		[1, 2],
	);
	assert.match(one.user.failed[0]?.reason ?? "", /ECONNREFUSED/);
});

test("RFC 3261 §18.4 TR-21: a reset fails what was sent; the next request opens a new connection", async () => {
	await using one = await bench([TCP]);
	await using agent = await acceptor();
	const flow = toward(one.listener("tcp"), agent.port);
	one.transports.send(message("INVITE"), flow, 1);
	const peer = await agent.nth(0);
	await peer.until("INVITE sip");
	peer.write("SIP/2.0 100 Trying\r\nContent-Length: 0\r\n\r\n");
	await one.user.nth(0);
	peer.socket.resetAndDestroy();
	await one.user.until(() => one.user.failed.length > 0);
	assert.equal(one.user.failed[0]?.owner, 1);
	one.transports.send(message("INVITE"), flow, 2);
	await (await agent.nth(1)).until("INVITE sip");
});

test("RFC 3261 §18.4: an orderly close fails what got no sign of life, not what did", async () => {
	await using one = await bench([TCP]);
	await using agent = await acceptor();
	const flow = toward(one.listener("tcp"), agent.port);
	one.transports.send(message("INVITE"), flow, 1);
	const peer = await agent.nth(0);
	await peer.until("INVITE sip");
	peer.write(RESPONSE);
	await one.user.nth(0);
	one.transports.send(message("INFO"), flow, 2);
	await peer.until("INFO sip");
	peer.socket.end();
	await one.user.until(() => one.user.closed.length > 0);
	assert.deepEqual(one.user.failed, [{ owner: 2, reason: "the peer closed the connection" }]);
});

test("RFC 5626 §4.4.1 TR-23 TR-25: a ping is answered by one pong, however it is cut, from any client", async () => {
	await using one = await bench([TCP]);
	const peer = await Peer.connect(one.listener("tcp").port);
	peer.socket.setNoDelay(true);
	for (const part of ["\r\n\r", "\n", message(), "\r", "\n\r\n", "\r\n\r\n"]) {
		peer.write(part);
		await new Promise((resolve) => setImmediate(resolve));
	}
	await peer.until("\r\n\r\n\r\n");
	assert.equal(peer.received, "\r\n\r\n\r\n");
	assert.equal(one.transports.counters.pings, 3);
	assert.equal(one.user.messages.length, 1);
	peer.socket.destroy();
});

test("RFC 5626 §4.4.1 TR-24: CR LF CR LF inside a body is body, and a pong stands between messages", async () => {
	await using one = await bench([TCP]);
	one.user.reply = ({ text, flow }) => one.transports.send(text, flow, 0);
	const peer = await Peer.connect(one.listener("tcp").port);
	const body = message("INFO", "\r\n\r\n\r\n\r\n");
	peer.write(`${body}\r\n\r\n${body}`);
	await peer.until(`${body}\r\n${body}`);
	assert.equal(peer.received, `${body}\r\n${body}`);
	assert.deepEqual(
		one.user.messages.map(({ text }) => text),
		[body, body],
	);
	peer.socket.destroy();
});

test("RFC 3261 §18.3: many messages in one segment make one batch, answered in one write", async () => {
	await using one = await bench([TCP]);
	await using agent = await acceptor();
	one.user.reply = () =>
		one.transports.send(message("INFO"), toward(one.listener("tcp"), agent.port), 0);
	const peer = await Peer.connect(one.listener("tcp").port);
	peer.write(message().repeat(3));
	const far = await agent.nth(0);
	await far.until(message("INFO").repeat(3));
	assert.deepEqual(one.user.calls.slice(0, 4), ["message", "message", "message", "end"]);
	peer.socket.destroy();
});

test("every octet of a message survives a stream, in and out, however it is cut", async () => {
	await using one = await bench([TCP]);
	one.user.reply = ({ text, flow }) => one.transports.send(text, flow, 0);
	const octets = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index));
	const text = message("INFO", octets.repeat(400));
	const peer = await Peer.connect(one.listener("tcp").port);
	for (let at = 0; at < text.length; at += 9_973) peer.write(text.slice(at, at + 9_973));
	assert.equal(await peer.until(text), text);
	peer.socket.destroy();
});

test("close: what was sent arrives, connections end, ports are free again", async () => {
	const one = await bench([TCP]);
	await using agent = await acceptor();
	const { port } = one.listener("tcp");
	const inward = await Peer.connect(port);
	inward.write(message());
	const { flow } = await one.user.nth(0);
	one.transports.send(message("INFO"), toward(one.listener("tcp"), agent.port), 1);
	const outward = await agent.nth(0);
	await outward.until("INFO sip");
	one.transports.send(RESPONSE, flow, 2);
	const closed = one.transports.close();
	await Promise.all([inward.ended, outward.ended, closed]);
	assert.equal(inward.received, RESPONSE);
	assert.equal(one.transports.connections, 0);
	await using again = await bench([{ ...TCP, port }]);
	assert.equal(again.listener("tcp").port, port);
});
