/** Ten thousand connections that only keep alive, and calls that work all the same. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { openFilesMax } from "../../core/host/open-files.ts";
import { LIMITS } from "../../core/transport/limits.ts";
import { closing } from "../support/cleanup.ts";
import { answer, message } from "../support/dialog.ts";
import { freePort } from "../support/ports.ts";
import { tcpClient, udpPeer } from "../support/sip-peer.ts";
import { startSipwright } from "../support/sipwright-process.ts";

/** As many as this process, and that of the proxy, may have files for. */
const CONNECTIONS = Math.min(10_000, (openFilesMax() ?? 10_000) - 500);
const AT_ONCE = 200;
/** Against a call that the connections hold up: a lost message is sent again for 32 s. */
const SOON_MS = 10_000;

test(`RFC 3261 §18 TR-55: ${CONNECTIONS} idle connections leave the service usable, and one address has its limit`, async (t) => {
	const port = await freePort();
	const phone = closing(t, await udpPeer(), (peer) => peer.close());
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${port} ]`,
			"trusted: [127.0.0.0/8]",
			`devices: { "5000": { type: Extension, contact: "sip:5000@127.0.0.1:${phone.port}" } }`,
		].join("\n"),
	});
	closing(t, sipwright, (one) => one.stop());
	const sockets = await crowd(t, port);
	assert.equal(sockets.filter(({ destroyed }) => destroyed).length, 0);

	const before = performance.now();
	const caller = closing(t, await tcpClient(port), (client) => client.close());
	caller.send(invite(port));
	const arrived = await phone.request("INVITE");
	const headers = [`Contact: <sip:5000@127.0.0.1:${phone.port}>`];
	phone.send(answer(arrived, "200 OK", { tag: "p", headers }));
	await caller.response(200);
	assert.ok(performance.now() - before < SOON_MS, `${performance.now() - before} ms`);

	// 127.0.0.2 has as many as one address may.
	if (CONNECTIONS >= LIMITS.connectionsPerSource) {
		const refused = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2" });
		refused.on("error", () => {});
		await once(refused, "close");
	}
	assert.equal(sockets.filter(({ destroyed }) => destroyed).length, 0, "and nobody else is cut");
});

/** Connections from as many addresses of this machine as it takes, each of which has had its pong. */
async function crowd(t: TestContext, port: number): Promise<readonly Socket[]> {
	const sockets: Socket[] = [];
	closing(t, sockets, (all) => {
		for (const socket of all) socket.destroy();
	});
	while (sockets.length < CONNECTIONS) {
		const count = Math.min(AT_ONCE, CONNECTIONS - sockets.length);
		const first = sockets.length;
		const opened = Array.from({ length: count }, (_, index) => {
			const source = 2 + Math.floor((first + index) / LIMITS.connectionsPerSource);
			const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${source}` });
			socket.write("\r\n\r\n");
			return socket;
		});
		sockets.push(...opened);
		await Promise.all(opened.map((socket) => once(socket, "data")));
	}
	return sockets;
}

function invite(port: number): string {
	return message(`INVITE sip:5000@127.0.0.1:${port} SIP/2.0`, [
		"Via: SIP/2.0/TCP 127.0.0.1;rport;branch=z9hG4bK-crowd",
		"Max-Forwards: 70",
		"From: <sip:caller@127.0.0.1>;tag=c",
		"To: <sip:5000@127.0.0.1>",
		"Call-ID: crowd@test",
		"CSeq: 1 INVITE",
		"Contact: <sip:caller@127.0.0.1>",
	]);
}
