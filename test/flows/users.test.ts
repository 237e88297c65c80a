/** Users of the configuration: their devices, changes of theirs, and those who guess. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore } from "../../core/location/memory.ts";
import type { LocationStore } from "../../core/location/store.ts";
import { type Answer, credentials } from "../auth/phone.ts";
import { hash } from "../support/hashes.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";

const HERE = "sip:172.21.83.50";
const yaml = (users: string) => `${YAML}\nusers:\n${users}`;
const SHA = hash("SHA-256", "bob:example.com:builder");
const BEFORE = `  alice: { device: "7789", password: wonderland }
  bob: { device: "7789", ha1: { example.com: { SHA-256: ${SHA} } } }
`;
const AFTER = `  bob: { device: "7789", password: changed }
`;
/** 7789 is a device without a password of its own. */
const bed = await testBed(yaml(BEFORE));

let calls = 0;

/** The status of a REGISTER of `to` with credentials of this user. */
function register(
	phone: VirtualPhone,
	to: string,
	answer: Omit<Answer, "nonce">,
): number | undefined {
	calls += 1;
	const given = { from: `sip:${to}@h`, to: `sip:${to}@172.21.83.50`, callId: `register-${calls}` };
	phone.request("REGISTER", HERE, { ...given, cseq: 1 });
	const [row = ""] = phone.take(401).values("WWW-Authenticate");
	const nonce = /nonce="([^"]+)"/.exec(row)?.[1] ?? "";
	const value = credentials({ realm: "example.com", uri: HERE, ...answer, nonce });
	phone.request("REGISTER", HERE, { ...given, cseq: 2, headers: [`Authorization: ${value}`] });
	return phone.unread.pop()?.status;
}

const alice = { username: "alice", password: "wonderland" };
const bob = { username: "bob", password: "builder" };

test("RFC 3261 §22.1 AU-20 AU-22: users of a device log in as it, with a password or by its hash, and as no other", () => {
	const rig = bed.rig();
	const phone = rig.phone("phone", { host: "198.51.100.7" });
	for (const user of [alice, bob, { ...bob, algorithm: "SHA-256-sess" }])
		assert.equal(register(phone, "7789", user), 200, JSON.stringify(user));
	assert.equal(register(phone, "7789", { ...bob, algorithm: "MD5" }), 401, "there is no such hash");
	assert.equal(register(phone, "7789", { username: "7789", password: "" }), 401);
	assert.equal(register(phone, "7790", alice), 403);
	assert.equal(rig.store.bindings("7789", rig.now).length, 1);
});

test("RFC 7616 §5.2 AU-22: another list of users counts from the next request; registrations stay", async () => {
	const rig = bed.rig();
	const phone = rig.phone("phone", { host: "198.51.100.7" });
	assert.equal(register(phone, "7789", alice), 200);
	rig.reload(await rigConfig(yaml(AFTER)));
	assert.equal(register(phone, "7789", alice), 401);
	assert.equal(register(phone, "7789", bob), 401);
	assert.equal(register(phone, "7789", { ...bob, password: "changed" }), 200);
	assert.equal(rig.store.bindings("7789", rig.now).length, 1);
});

/** A store of which every change fails the test. */
class UntouchedStore extends MemoryStore {
	override apply(...[device]: Parameters<LocationStore["apply"]>): void {
		assert.fail(`touched for ${device}`);
	}
}

test("RFC 3261 §10.3 §26.3.2.4 RG-45: a thousand REGISTERs a second without a good nonce leave no transaction and no binding", () => {
	const rig = bed.rig({ store: new UntouchedStore() });
	const eve = rig.phone("eve", { host: "198.51.100.9" });
	for (let count = 0; count < 1_000; count += 1) {
		const user = ["7789", "7790", "nobody"][count % 3];
		const aor = `sip:${user}@172.21.83.50`;
		const forged = { username: user ?? "", password: "rosebud", nonce: "made-up", uri: HERE };
		const value = credentials({ realm: "example.com", ...forged });
		const headers = count % 2 === 0 ? [] : [`Authorization: ${value}`];
		eve.request("REGISTER", HERE, { from: aor, to: aor, callId: `flood-${count}`, headers });
		rig.wait(1);
	}
	const statuses = new Set(eve.received.map(({ status }) => status));
	assert.deepEqual([...statuses], [401]);
	assert.deepEqual([rig.size, rig.retained, rig.exchange.counters.failedLogins], [0, 0, 0]);
});

test("RFC 3261 §22.1 AU-21: one password for many users: their source is refused, but for phones that registered from there", () => {
	const rig = bed.rig();
	const eve = rig.phone("eve", { host: "198.51.100.9" });
	const office = rig.phone("office", { host: "198.51.100.9", port: 5070 });
	assert.equal(register(office, "7789", alice), 200);
	for (let user = 1; user <= 100; user += 1)
		assert.equal(register(eve, "7790", { username: `u${user}`, password: "1234" }), 401);
	assert.equal(register(eve, "7790", { username: "7790", password: "rosebud" }), 403);
	assert.equal(register(office, "7789", alice), 200);
	assert.equal(register(office, "7789", { ...alice, password: "1234" }), 401);
	rig.wait(60_000);
	assert.equal(register(eve, "7790", { username: "7790", password: "rosebud" }), 200);
});

test("RFC 3261 §22.1 AU-21: many sources that guess one password: its phone stays, and nobody else gets in", () => {
	const rig = bed.rig();
	const phone = rig.phone("phone", { host: "198.51.100.7" });
	assert.equal(register(phone, "7789", alice), 200);
	for (let host = 1; host <= 50; host += 1) {
		const eve = rig.phone(`eve${host}`, { host: `203.0.113.${host}` });
		assert.equal(register(eve, "7789", { ...alice, password: "1234" }), 401);
	}
	const lucky = rig.phone("lucky", { host: "203.0.113.99" });
	assert.equal(register(lucky, "7789", alice), 403);
	assert.equal(register(phone, "7789", alice), 200);
});
