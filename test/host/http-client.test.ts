/** Real requests on loopback: what comes back, what is too slow or too much, and how many go at a time. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { HttpClient, type HttpOutcome, type HttpRequest } from "../../core/host/http-client.ts";

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
	const server = createServer(listener).listen(0, "127.0.0.1");
	await once(server, "listening");
	t.after(() => {
		server.close();
		server.closeAllConnections();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function ask(client: HttpClient, url: string, given: Partial<HttpRequest> = {}) {
	const request = { url, method: "GET", headers: {}, body: undefined, timeoutMs: 10_000, ...given };
	return new Promise<HttpOutcome>((answered) => void client.fetch(request, answered));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
	const parts: Buffer[] = [];
	for await (const part of request) parts.push(part as Buffer);
	return Buffer.concat(parts).toString();
}

test("fetch: method, header fields and body go out; status, header fields and text come back", async (t) => {
	const url = await serve(t, async (request, response) => {
		const { method, headers } = request;
		response.writeHead(201, { "X-Two": ["a", "b"], "Content-Type": "text/plain" });
		response.end(
			`${method} ${headers["x-key"]} ${headers["user-agent"]} ${await bodyOf(request)} é`,
		);
	});
	const given = { method: "PUT", headers: { "X-Key": "1" }, body: "ö" };
	const outcome = await ask(new HttpClient(), `${url}/a`, given);
	assert.ok(outcome.ok, JSON.stringify(outcome));
	assert.deepEqual([outcome.value.status, outcome.value.text], [201, "PUT 1 sipwright ö é"]);
	assert.equal(new Map(outcome.value.headers).get("x-two"), "a, b");
});

test("fetch: a redirect is not followed", async (t) => {
	let asked = 0;
	const url = await serve(t, (_request, response) => {
		asked += 1;
		response.writeHead(302, { Location: "/elsewhere" }).end();
	});
	const outcome = await ask(new HttpClient(), url);
	assert.ok(outcome.ok);
	assert.equal(outcome.value.status, 302);
	assert.equal(new Map(outcome.value.headers).get("location"), "/elsewhere");
	assert.equal(asked, 1);
});

test("fetch: a server that is silent, or stops in the middle, is left when the time is over", async (t) => {
	const url = await serve(t, (request, response) => {
		if (request.url === "/half") response.writeHead(200).write("half");
	});
	const client = new HttpClient();
	for (const path of ["/silent", "/half"])
		assert.deepEqual(await ask(client, url + path, { timeoutMs: 40 }), {
			ok: false,
			code: "HOST_TIMEOUT",
			message: "no answer within 40 ms",
		});
	assert.deepEqual(client.counts, { running: 0, waiting: 0 });
});

test("fetch: a body beyond the limit, or that is not UTF-8, is an error", async (t) => {
	const url = await serve(t, (request, response) => {
		response.end(request.url === "/long" ? "x".repeat(101) : Buffer.from([0xc3, 0x28]));
	});
	const client = new HttpClient({ octets: 100 });
	const [long, broken] = [await ask(client, `${url}/long`), await ask(client, `${url}/broken`)];
	assert.deepEqual(long, {
		ok: false,
		code: "HOST_LIMIT",
		message: "the body has more than 100 octets",
	});
	assert.deepEqual(broken, { ok: false, code: "HOST_FAILED", message: "the body is not UTF-8" });
});

test("fetch: where nobody listens the reason is told", async (t) => {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	await new Promise((closed) => server.close(closed));
	const outcome = await ask(new HttpClient(), `http://127.0.0.1:${port}`);
	assert.ok(!outcome.ok);
	assert.match(`${outcome.code} ${outcome.message}`, /^HOST_FAILED .*ECONNREFUSED/);
	t.diagnostic(outcome.message);
});

test("fetch: a dead server holds its own places only, each until its time is over; others are served", async (t) => {
	let reached = 0;
	const dead = await serve(t, () => {
		reached += 1;
	});
	const alive = await serve(t, (_request, response) => void response.end("here"));
	const client = new HttpClient({ perOrigin: 2, all: 4, waiting: 10 });
	// The first two hold their places for longer than the others have.
	const lost = Array.from({ length: 8 }, (_, at) =>
		ask(client, dead, { timeoutMs: at < 2 ? 2_500 : 300 }),
	);
	assert.deepEqual(client.counts, { running: 2, waiting: 6 });
	const outcome = await ask(client, alive);
	assert.ok(outcome.ok && outcome.value.text === "here");
	for (const one of await Promise.all(lost)) assert.ok(!one.ok && one.code === "HOST_TIMEOUT");
	assert.deepEqual(client.counts, { running: 0, waiting: 0 });
	assert.ok(
		reached <= 2,
		`${reached} requests reached it: what waits is not sent once its time is over`,
	);
});

test("fetch: requests in excess wait for a place in their order, and beyond the bound are refused", async (t) => {
	const served: string[] = [];
	const url = await serve(t, (request, response) => {
		served.push(String(request.url));
		response.end();
	});
	const client = new HttpClient({ perOrigin: 1, all: 1, waiting: 2 });
	const all = ["/1", "/2", "/3", "/4"].map((path) => ask(client, url + path));
	const outcomes = await Promise.all(all);
	assert.deepEqual(served, ["/1", "/2", "/3"]);
	assert.deepEqual(
		outcomes.map((one) => (one.ok ? one.value.status : one.code)),
		[...[200, 200, 200], "HOST_LIMIT"],
	);
});

test("fetch: what is abandoned is broken off and answers nothing", async (t) => {
	const closed: Promise<unknown>[] = [];
	const arrived = Promise.withResolvers<void>();
	const url = await serve(t, (request) => {
		closed.push(once(request.socket, "close"));
		arrived.resolve();
	});
	const client = new HttpClient();
	const request = { url, method: "GET", headers: {}, body: undefined, timeoutMs: 10_000 };
	const breakOff = client.fetch(request, () => assert.fail("it answered"));
	await arrived.promise;
	breakOff();
	await Promise.all(closed);
	assert.deepEqual(client.counts, { running: 0, waiting: 0 });
});
