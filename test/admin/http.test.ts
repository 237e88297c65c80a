/** The admin API over real sockets: who may ask, what is answered, errors with a code. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { type Admin, AdminError, type AdminOptions, openAdmin } from "../../core/admin/http.ts";
import type { ProcessStatus, ReloadOutcome } from "../../core/admin/status.ts";
import type { Log } from "../../core/base/log.ts";

const TOKEN = "a-token-of-at-least-32-characters-";

const STATUS: ProcessStatus = {
	listeners: [{ id: 1, transport: "udp", address: "127.0.0.1", host: "127.0.0.1", port: 5060 }],
	generation: { id: 3, hash: "4f2a" },
	generations: [
		{
			...{ id: 3, hash: "4f2a", origin: "script", serving: true, requests: 2 },
			...{ asked: 9, failed: 1, activated: 1_000 },
		},
	],
	devices: 2,
	services: [],
	bindings: 1,
	transactions: 0,
	connections: 0,
	metrics: [{ name: "calls_blocked", kind: "count", value: 3 }],
	counters: { "sip.received": 7 },
	version: "1.0.0",
	node: "v24.0.0",
	pid: 1,
	uptimeSeconds: 9,
};

const DONE: ReloadOutcome = { ok: true, generation: 4, hash: "77aa", errors: [] };
const REFUSED: ReloadOutcome = {
	ok: false,
	generation: 3,
	hash: "4f2a",
	errors: [{ code: "CONFIG_VALUE", file: "/f.yaml", line: 1, column: 2, message: "m", fix: "f" }],
};

type Opened = { admin: Admin; logged: string[] };

async function open(t: TestContext, options: Partial<AdminOptions> = {}): Promise<Opened> {
	const logged: string[] = [];
	const write = (fields: object, message: string) => {
		logged.push(`${JSON.stringify(fields)} ${message}`);
	};
	const log: Log = { debug: write, info: write, warn: write, error: write };
	const admin = await openAdmin({
		address: "127.0.0.1",
		port: 0,
		token: TOKEN,
		log,
		status: () => STATUS,
		reload: async () => DONE,
		rollback: async () => DONE,
		promote: async () => DONE,
		...options,
	});
	t.after(() => admin.close());
	return { admin, logged };
}

type Answer = { status: number; body: unknown; headers: Headers };

async function ask(
	{ port }: Admin,
	path: string,
	{ method = "GET", token = `Bearer ${TOKEN}`, body }: Partial<Record<string, string>> = {},
): Promise<Answer> {
	const response = await fetch(`http://127.0.0.1:${port}${path}`, {
		method,
		...(body === undefined ? {} : { body }),
		headers: {
			...(token === "" ? {} : { authorization: token }),
			...(body === undefined ? {} : { "content-type": "application/json" }),
		},
	});
	return { status: response.status, body: await response.json(), headers: response.headers };
}

test("RFC 6750 §2.1: GET /status with the token: the status as JSON", async (t) => {
	const { admin } = await open(t);
	const { status, body } = await ask(admin, "/status");
	assert.deepEqual([status, body], [200, STATUS]);
});

test("POST /reload: 200 with the outcome, 422 with the errors when nothing was changed", async (t) => {
	const good = await open(t);
	assert.deepEqual((await ask(good.admin, "/reload", { method: "POST" })).body, DONE);
	const bad = await open(t, { reload: async () => REFUSED });
	const { status, body } = await ask(bad.admin, "/reload", { method: "POST" });
	assert.deepEqual([status, body], [422, REFUSED]);
});

test("GET /generations: those that are alive; POST /rollback answers as a reload does", async (t) => {
	const good = await open(t);
	const { generations } = STATUS;
	assert.deepEqual((await ask(good.admin, "/generations")).body, { generations });
	assert.deepEqual((await ask(good.admin, "/rollback", { method: "POST" })).body, DONE);
	const bad = await open(t, { rollback: async () => REFUSED });
	assert.equal((await ask(bad.admin, "/rollback", { method: "POST" })).status, 422);
});

test("GET /generations shows what is tried and what was rolled back; POST /promote answers as a reload does", async (t) => {
	const canary = {
		...{ generation: 4, hash: "77aa", share: 5, devices: ["1001"], networks: [], prefixes: [] },
		...{
			since: 1_000,
			until: 2_000,
			asked: 7,
			failed: 0,
			outside: 0,
			answered: 6,
			serverErrors: 1,
		},
	};
	const rolledBack = { generation: 2, hash: "11bb", at: 900, because: "12 of 60 requests failed" };
	const good = await open(t, { status: () => ({ ...STATUS, canary, rolledBack }) });
	const { body } = await ask(good.admin, "/generations");
	assert.deepEqual(body, { generations: STATUS.generations, canary, rolledBack });
	assert.deepEqual((await ask(good.admin, "/promote", { method: "POST" })).body, DONE);
	const bad = await open(t, { promote: async () => REFUSED });
	assert.equal((await ask(bad.admin, "/promote", { method: "POST" })).status, 422);
});

test("GET /shadow: what other scripts would have decided; null where none are asked", async (t) => {
	const difference = {
		...{ at: 1_000, method: "INVITE", uri: "sip:9@127.0.0.1", callId: "a", device: "1001" },
		...{ now: "reply 404", shadow: "relay fly" },
	};
	const shadow = {
		...{ routes: "/next", hash: "11bb", share: 10, same: 5, different: 1, failed: 0 },
		...{ overflowed: 0, queued: 0, differences: [difference] },
	};
	const { admin } = await open(t, { status: () => ({ ...STATUS, shadow }) });
	assert.deepEqual((await ask(admin, "/shadow")).body, { shadow });
	assert.deepEqual((await ask((await open(t)).admin, "/shadow")).body, { shadow: null });
});

test("RFC 6750 §3: without the token, or with another, every path answers 401 and does nothing", async (t) => {
	let reloads = 0;
	const reload = async () => {
		reloads += 1;
		return DONE;
	};
	const { admin, logged } = await open(t, { reload });
	const wrong = ["", "Bearer", "Bearer x", `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN];
	for (const token of wrong)
		for (const [method, path] of [
			["POST", "/reload"],
			["GET", "/status"],
			["GET", "/nothing"],
		] as const) {
			const { status, body, headers } = await ask(admin, path, { method, token });
			assert.equal(status, 401, `${method} ${path} ${token}`);
			assert.equal(headers.get("www-authenticate"), "Bearer");
			assert.deepEqual(body, {
				error: { code: "ADMIN_TOKEN", message: "the admin token is missing or wrong" },
			});
		}
	assert.equal(reloads, 0);
	assert.equal(logged.length, wrong.length * 3);
	assert.doesNotMatch(logged.join(), new RegExp(TOKEN));
});

test("the scheme of the token is matched without case", async (t) => {
	const { admin } = await open(t);
	assert.equal((await ask(admin, "/status", { token: `bearer ${TOKEN}` })).status, 200);
});

test("an unknown path or method answers 404 with a code", async (t) => {
	const { admin } = await open(t);
	for (const [method, path] of [
		["GET", "/reload"],
		["POST", "/status"],
		["GET", "/"],
	] as const) {
		const { status, body } = await ask(admin, path, { method });
		assert.equal(status, 404);
		assert.deepEqual(body, {
			error: { code: "ADMIN_NOT_FOUND", message: `there is no ${method} ${path}` },
		});
	}
});

test("a body that is malformed or too large answers 4xx with a code", async (t) => {
	const { admin } = await open(t);
	for (const [body, expected] of [
		["{", 400],
		[JSON.stringify("x".repeat(2000)), 413],
	] as const) {
		const answer = await ask(admin, "/reload", { method: "POST", body });
		assert.equal(answer.status, expected);
		assert.match(JSON.stringify(answer.body), /"code":"ADMIN_REQUEST"/);
	}
});

test("a failure inside answers 500 with a code; the cause is in the log and not in the answer", async (t) => {
	const { admin, logged } = await open(t, {
		status: () => {
			throw new RangeError("the inner cause");
		},
	});
	const { status, body } = await ask(admin, "/status");
	assert.equal(status, 500);
	assert.deepEqual(body, {
		error: { code: "ADMIN_FAILED", message: "the request failed; the log says why" },
	});
	assert.match(logged.join(), /admin\.failed/);
});

test("an address that is taken is an error with code and fix", async (t) => {
	const { admin } = await open(t);
	await assert.rejects(open(t, { port: admin.port }), (error) => {
		assert.ok(error instanceof AdminError);
		assert.equal(error.code, "ADMIN_LISTEN");
		assert.match(error.message, /cannot be opened \(EADDRINUSE\)$/);
		return error.fix.includes("admin: {");
	});
});

test("close ends connections that are kept alive, and frees the port", async (t) => {
	const { admin } = await open(t);
	const idle = request({
		port: admin.port,
		path: "/status",
		headers: { connection: "keep-alive" },
	});
	idle.on("error", () => {});
	await new Promise((resolve) =>
		idle.on("response", (response) => response.resume().on("end", resolve)).end(),
	);
	await admin.close();
	const again = createServer();
	await new Promise<void>((resolve, reject) =>
		again.once("error", reject).listen(admin.port, "127.0.0.1", resolve),
	);
	again.close();
});
