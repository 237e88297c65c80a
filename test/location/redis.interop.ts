/** The shared store against a real Redis: what every store promises, and what only several nodes can break. */
import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import type { Binding } from "../../core/base/binding.ts";
import { RedisStore, type RedisStoreOptions } from "../../core/location/redis.ts";
import { REMOVED_KEPT } from "../../core/location/redis-replica.ts";
import { binding, tlsFlow } from "../support/bindings.ts";
import { loopbackCertificate } from "../support/certificate.ts";
import { closing } from "../support/cleanup.ts";
import { startRedis, type TestRedis } from "../support/redis-server.ts";
import { lastingStoreBattery } from "./lasting.battery.ts";
import { locationStoreBattery } from "./store.battery.ts";

let redis: TestRedis;
before(async () => {
	redis = await startRedis();
});
after(() => redis.close());

const LISTENERS = [
	{ id: 0, transport: "udp", address: "192.0.2.1", port: 5060 },
	{ id: 2, transport: "tls", address: "192.0.2.1", port: 5061 },
] as const;

type Line = { readonly event?: string; readonly [field: string]: unknown };

type Given = Partial<RedisStoreOptions> & { readonly lines?: Line[] };

let runs = 0;

/** A node of this name; `lines` gets what it logs. */
async function open(
	name: string,
	prefix: string,
	{ lines = [], ...given }: Given = {},
): Promise<RedisStore> {
	const write = (fields: object) => void lines.push({ ...fields });
	const store = new RedisStore({
		server: redis.server,
		prefix,
		here: { name, listeners: () => LISTENERS, path: () => `<sip:token@${name};lr;ob>` },
		run: String(++runs),
		at: [],
		keys: () => ["key"],
		log: { debug: write, info: write, warn: write, error: write },
		now: Date.now,
		...given,
	});
	await store.opened();
	return store;
}

/** Two nodes, which are closed when the test ends. */
async function openTwo(t: TestContext, prefix: string, given: Given = {}) {
	const a = closing(t, await open("a", prefix, given), (one) => one.close());
	const b = closing(t, await open("b", prefix, given), (one) => one.close());
	return { a, b };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
	while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Good for a minute from now. */
function fresh(changes: Partial<Binding> = {}): Binding {
	return binding({ expiresAt: Date.now() + 60_000, ...changes });
}

const contacts = (store: RedisStore, device = "1001") =>
	store.bindings(device, Date.now()).map(({ contact }) => contact);

const prefixes = { next: 0 };
const ownPrefix = () => `test-${++prefixes.next}`;

locationStoreBattery("location in Redis", () => open("a", ownPrefix(), { now: () => 0 }));

lastingStoreBattery("location in Redis", () => {
	const prefix = ownPrefix();
	return { open: (now) => open("a", prefix, { now: () => now }) };
});

test("RFC 5626 §5.3 PX-114: another node sees a binding with the Path to its node on top, and on no flow of its own", async (t) => {
	const { a, b } = await openTwo(t, ownPrefix());
	const one = fresh({
		flow: tlsFlow(7),
		path: ["<sip:edge;lr>"],
		instance: "urn:uuid:1",
		regId: 1,
	});
	a.apply("1001", [one], []);
	await until(() => contacts(b).length > 0);
	const { flow, ...rest } = one;
	const [{ flow: shown, ...seen } = one] = b.bindings("1001", Date.now());
	assert.deepEqual(seen, { ...rest, path: ["<sip:token@a;lr;ob>", "<sip:edge;lr>"], node: "a" });
	assert.deepEqual([shown.connection, shown.listener], [0, -1]);
	assert.equal(b.isPresent({ ...one, node: "a" }), true);
	assert.deepEqual(b.dropFlow(7), [], "the connection 7 of b is another one");
	assert.deepEqual(a.bindings("1001", Date.now()), [one], "and at home nothing changes");
});

test("RFC 3261 §10.3 RG-16: a device that registers at another node moves there, and its removal there counts everywhere", async (t) => {
	const { a, b } = await openTwo(t, ownPrefix());
	const one = fresh({ flow: tlsFlow(7) });
	a.apply("1001", [one], []);
	await until(() => contacts(b).length > 0);
	b.apply("1001", [{ ...one, flow: tlsFlow(3), cseq: 2 }], b.bindings("1001", Date.now()));
	await until(() => a.bindings("1001", Date.now())[0]?.node === "b");
	assert.equal(a.restsOn(7), false, "the old connection carries no binding any more");
	assert.deepEqual(a.dropFlow(7), []);
	b.apply("1001", [], b.bindings("1001", Date.now()));
	await until(() => contacts(a).length === 0);
});

test("RFC 5626 §6 RG-30: a flow that ends late ends nothing that was registered elsewhere meanwhile", async (t) => {
	const { a, b } = await openTwo(t, ownPrefix());
	const one = fresh({ flow: tlsFlow(7) });
	a.apply("1001", [one], []);
	await until(() => contacts(b).length > 0);
	// Both before either has heard of the other.
	b.apply("1001", [{ ...one, flow: tlsFlow(3), cseq: 2 }], []);
	a.dropFlow(7);
	await Promise.all([a.flush(), b.flush()]);
	await until(() => contacts(a).length > 0);
	assert.equal(contacts(b).length, 1);
});

test("RFC 3261 §10.3 RG-21: the server ends what nobody refreshes, when its last binding has expired", async (t) => {
	const prefix = ownPrefix();
	const { a } = await openTwo(t, prefix);
	a.apply("1001", [fresh({ expiresAt: Date.now() + 1_000 })], []);
	a.apply("1002", [fresh({ device: "1002" })], []);
	await a.flush();
	await until(async () => (await redis.ask("EXISTS", `${prefix}:device:1001`)) === 0);
	const left = Number(await redis.ask("PTTL", `${prefix}:device:1002`));
	assert.ok(left > 0 && left <= 60_000, `${left}`);
});

test("RFC 3261 §10.3 step 7: two nodes that write one device at the same time end with the same bindings", async (t) => {
	const prefix = ownPrefix();
	const { a, b } = await openTwo(t, prefix);
	for (let round = 0; round < 200; round += 1) {
		const [store, name] = round % 2 === 0 ? [a, "a"] : [b, "b"];
		const contact = `sip:${round % 5}@h`;
		if (round % 7 === 0) store.apply("1001", [], store.bindings("1001", Date.now()));
		else store.apply("1001", [fresh({ contact, callId: `${name}${round}` })], []);
		if (round % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
	}
	const calls = (store: RedisStore) =>
		store
			.bindings("1001", Date.now())
			.map(({ contact, callId }) => `${contact} ${callId}`)
			.sort()
			.join();
	await Promise.all([a.flush(), b.flush()]);
	await until(() => calls(a) === calls(b));
	assert.notEqual(calls(a), "");
	const c = closing(t, await open("c", prefix), (one) => one.close());
	assert.equal(calls(c), calls(a), "and so does a node that comes later");
});

test("a removal while another node was away is not undone when that comes back", async (t) => {
	const prefix = ownPrefix();
	const lonely = closing(t, await startRedis(), (one) => one.close());
	const { a, b } = await openTwo(t, prefix, { server: lonely.server });
	const one = fresh();
	a.apply("1001", [one], []);
	await until(() => contacts(b).length > 0);
	await lonely.kill();
	await until(() => !a.shared.connected && !b.shared.connected);
	b.apply("1001", [], b.bindings("1001", Date.now()));
	b.apply("1002", [fresh({ device: "1002" })], []);
	assert.deepEqual(contacts(a), [one.contact], "who is away serves what it knows");
	assert.equal(b.shared.waiting, 2);
	await assert.rejects(b.flush(), { code: "LOCATION_AWAY" });
	await lonely.start();
	await until(() => contacts(a).length === 0 && contacts(a, "1002").length === 1);
	await until(() => b.shared.waiting === 0);
	assert.deepEqual(contacts(b), []);
});

test("a phone that changes its Contact all the time while Redis is away leaves what is remembered, and no more", async (t) => {
	const prefix = ownPrefix();
	const lonely = closing(t, await startRedis(), (one) => one.close());
	const { a, b } = await openTwo(t, prefix, { server: lonely.server });
	await lonely.kill();
	await until(() => !a.shared.connected);
	for (let round = 0; round < 1_000; round += 1)
		a.apply("1001", [fresh({ contact: `sip:${round}@h` })], a.bindings("1001", Date.now()));
	await lonely.start();
	await until(() => contacts(b).join() === "sip:999@h");
	const kept = Number(await lonely.ask("HLEN", `${prefix}:device:1001`));
	assert.equal(kept, REMOVED_KEPT + 1);
});

test("what Redis has lost without anybody noticing is sent again by the nodes", async (t) => {
	const lines: Line[] = [];
	const lonely = closing(t, await startRedis(), (one) => one.close());
	const prefix = ownPrefix();
	const { a } = await openTwo(t, prefix, { server: lonely.server, lines });
	a.apply("1001", [fresh(), fresh({ contact: "sip:b@h" })], []);
	a.apply("1001", [], [fresh({ contact: "sip:b@h" })]);
	await a.flush();
	await lonely.ask("FLUSHALL");
	await until(async () => (await lonely.ask("HLEN", `${prefix}:device:1001`)) === 2);
	assert.ok(lines.some(({ event }) => event === "location.redis-emptied"));
	assert.ok(!lines.some(({ event }) => event === "node.away"), "nobody was away");
	const c = closing(t, await open("c", prefix, { server: lonely.server }), (one) => one.close());
	assert.deepEqual(contacts(c), [fresh().contact], "the removal is remembered, too");
});

test("RFC 3261 §26.1: with a user, a password and TLS of the server; and neither is ever logged", async (t) => {
	const certificate = await loopbackCertificate();
	const password = "a-secret-nobody-reads";
	const safe = closing(
		t,
		await startRedis(
			[
				...["tls-port PORT", "tls-auth-clients no"],
				...[
					"tls-cert-file DIR/own.pem",
					"tls-key-file DIR/own.key",
					"tls-ca-cert-file DIR/own.pem",
				],
				`user default on >${password} ~* &* +@all`,
				`user edge on >${password} ~safe:* &safe:* -@all +@connection +eval +evalsha +subscribe +publish +scan +hget +hset +hdel +hgetall +pexpire +time`,
			],
			{ user: undefined, password, tls: { ca: [certificate.cert] } },
			{ "own.pem": certificate.cert, "own.key": certificate.key },
		),
		(one) => one.close(),
	);
	const lines: Line[] = [];
	const server = { ...safe.server, user: "edge" };
	const { a, b } = await openTwo(t, "safe", { server, lines });
	a.apply("1001", [fresh()], []);
	await until(() => contacts(b).length > 0);
	const wrong = closing(
		t,
		new RedisStore({
			...{ server: { ...server, password: `${password}!` }, prefix: "safe", run: "w" },
			here: { name: "w", listeners: () => LISTENERS, path: () => "" },
			...{ at: [], keys: () => ["key"], now: Date.now },
			log: { debug() {}, info() {}, warn() {}, error: (...said) => void lines.push({ said }) },
		}),
		(one) => one.close(),
	);
	await until(() => JSON.stringify(lines).includes("WRONGPASS"));
	assert.equal(wrong.shared.connected, false);
	assert.doesNotMatch(JSON.stringify(lines), /a-secret/);
});

test("a Redis that is full is said once, memory serves on, and all is sent when there is room", async (t) => {
	const lines: Line[] = [];
	const small = closing(t, await startRedis(), (one) => one.close());
	const { a, b } = await openTwo(t, ownPrefix(), { server: small.server, lines });
	await small.ask("CONFIG", "SET", "maxmemory", "1");
	a.apply("1001", [fresh()], []);
	await assert.rejects(a.flush(), { code: "LOCATION_AWAY" });
	assert.equal(contacts(a).length, 1);
	await small.ask("CONFIG", "SET", "maxmemory", "0");
	await until(() => contacts(b).length === 1);
	const said = (name: string) => lines.filter(({ event }) => event === name).length;
	await until(() => said("location.redis-takes") > 0);
	assert.ok(said("location.redis-refuses") <= 2, "once for each node");
});

test("two nodes of one name, or with different keys, are told so", async (t) => {
	const lines: Line[] = [];
	const prefix = ownPrefix();
	closing(t, await open("a", prefix, { lines }), (one) => one.close());
	closing(t, await open("a", prefix), (one) => one.close());
	closing(t, await open("b", prefix, { keys: () => ["other"] }), (one) => one.close());
	const said = (name: string) => lines.filter(({ event }) => event === name).length;
	await until(() => said("node.name-taken") > 0 && said("node.keys-differ") > 0);
});

test("RFC 5626 §5.3: a node that ends says so, and its bindings cannot be called; one that is killed is missed", async (t) => {
	const prefix = ownPrefix();
	const b = closing(t, await open("b", prefix), (one) => one.close());
	const a = await open("a", prefix);
	a.apply("1001", [fresh()], []);
	await until(() => contacts(b).length > 0);
	await a.close();
	const [seen = fresh()] = b.bindings("1001", Date.now());
	await until(() => !b.isPresent(seen));
	const again = closing(t, await open("a", prefix), (one) => one.close());
	assert.deepEqual(contacts(again), [fresh().contact], "what it had is what it gets");
	await until(() => b.isPresent(seen));
});
