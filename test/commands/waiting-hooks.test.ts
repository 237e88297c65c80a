/** Reloads, a restart and the end of the real program while route scripts wait for an HTTP server. */
import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { message } from "../support/dialog.ts";
import { udpPeer } from "../support/sip-peer.ts";
import { type Sipwright, startSipwright } from "../support/sipwright-process.ts";

/** Answers with the status that the HTTP server says, and its own number more. */
const script = (
	origin: string,
	version: number,
) => `import { defineRoutes, fetch, reply } from "sipwright";
export default defineRoutes({ async onRequest(request) {
	const { text } = await fetch("${origin}/" + request.uri.user);
	return reply(Number(text) + ${version});
} });`;

async function start(t: TestContext) {
	const http = await httpServer(t);
	const config = `listen: [udp:127.0.0.1:0]
location: { store: memory }
routes: routes
script: { fetch: ["${http.origin}"], deadline-ms: 60000, fetch-timeout-ms: 60000 }
reload: { typecheck: off }`;
	const files = { "routes/default.ts": script(http.origin, 0) };
	const server = await startSipwright({ config, files, supervised: true });
	closing(t, server, (one) => one.stop());
	const peer = closing(t, await udpPeer(), (one) => one.close());
	const asks = async (user: string) => {
		const { listeners } = await server.status();
		const lines = [
			`Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKwaits${user}`,
			"Max-Forwards: 70",
			"From: <sip:asker@127.0.0.1>;tag=a",
			`To: <sip:${user}@127.0.0.1>`,
			`Call-ID: waits-${user}`,
			"CSeq: 1 OPTIONS",
		];
		peer.send(message(`OPTIONS sip:${user}@127.0.0.1 SIP/2.0`, lines), listeners[0]?.port);
		return http.asked(user);
	};
	const answered = (status: number) => peer.response(status);
	const reload = async (version: number) => {
		server.folder.write("routes/default.ts", script(http.origin, version));
		await server.reload(config);
	};
	return { server, asks, answered, reload };
}

/** Holds every request until the test answers it. */
async function httpServer(t: TestContext) {
	const held = new Map<string, PromiseWithResolvers<ServerResponse>>();
	const at = (user: string) => {
		const place = held.get(user) ?? Promise.withResolvers<ServerResponse>();
		held.set(user, place);
		return place;
	};
	const server = createServer(({ url = "" }, response) => at(url.slice(1)).resolve(response));
	await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	t.after(() => {
		server.closeAllConnections();
		server.close();
	});
	const { port } = server.address() as AddressInfo;
	return {
		origin: `http://127.0.0.1:${port}`,
		/** Resolves when it is asked about this user, each time anew. */
		asked: async (user: string) => {
			const response = await at(user).promise;
			held.delete(user);
			return (text: string) => response.end(text);
		},
	};
}

/** Numbers of the generations that are alive. */
const alive = async (server: Sipwright) => (await server.status()).generations.map(({ id }) => id);

test("architecture §5: a request whose script waits through a reload ends on the scripts that it began on, and these then end", async (t) => {
	const { server, asks, answered, reload } = await start(t);
	const first = await asks("first");
	await reload(1);
	const second = await asks("second");
	await reload(2);
	const third = await asks("third");
	assert.deepEqual(await alive(server), [1, 2, 3]);
	third("480");
	await answered(482);
	first("480");
	await answered(480);
	second("480");
	await answered(481);
	const { scriptErrors, hooksWaiting } = await server.counters();
	assert.deepEqual([scriptErrors, hooksWaiting], [0, 0]);
});

test("a worker that is killed while scripts wait: the next one asks anew for the request that is sent again, and answers it", async (t) => {
	const { server, asks, answered } = await start(t);
	await asks("again");
	process.kill((await server.status()).pid, "SIGKILL");
	await server.logged(/"event":"worker.started".*"restarts":1\b/);
	const answer = await asks("again");
	answer("480");
	await answered(480);
});

test("SIGTERM while scripts wait ends the program in good order, and does not wait for them", async (t) => {
	const { server, asks } = await start(t);
	await asks("never");
	server.signal("SIGTERM");
	assert.equal(await server.ended, 0);
	assert.ok(server.log().every(({ event }) => event !== "stuck"));
});
