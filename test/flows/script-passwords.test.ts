/** `challenge({ password })`: a route script says what it knows of the user that a request names. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { HostResult } from "../../core/script/host-call.ts";
import { type Answer, credentials } from "../auth/phone.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { hash } from "../support/hashes.ts";
import { rigConfig } from "../support/rig-config.ts";
import { type ScriptedRig, scriptedRig } from "../support/scripted-rig.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

const config = await rigConfig();
const HERE = "sip:172.21.83.50";
const ALICE = { username: "alice", password: "wonderland" };

/** What `onRequest` does with a request that has not shown a password: `login` is what it gives to `challenge`. */
const asking = (login: string) => `async onRequest(request) {
	const { source, method, to } = request;
	const { user, realm } = source.credentials ?? {};
	if (!source.authenticated) return challenge(${login});
	if (method === "REGISTER") return save();
	request.headers.set("X-User", user + "@" + realm + " " + source.device?.name);
	return relay("sip:bob@10.0.0.1");
}`;
const BY_NAME =
	'{ password: { alice: "wonderland", "7789": "b\\u00fccher", empty: "" }[user ?? ""] }';
const WAITING = "{ password: user && (await kv.get(user)) }";

async function open(t: TestContext, login: string) {
	const rig = await scriptedRig(t, config, [asking(login)]);
	return { rig, ann: rig.phone("ann", { host: "198.51.100.7" }) };
}

function rows(answer: WireMessage | undefined): readonly string[] {
	assert.ok(answer);
	return [...answer.values("WWW-Authenticate"), ...answer.values("Proxy-Authenticate")];
}

const nonceOf = (answer: WireMessage | undefined) =>
	/nonce="([^"]+)"/.exec(rows(answer)[0] ?? "")?.[1];

/** The answer to an INVITE, with these credentials against the challenge for the one before. */
function invite(phone: VirtualPhone, answer?: Omit<Answer, "nonce"> & { nonce?: string }) {
	const uri = "sip:5000@172.21.83.50";
	let headers: string[] = [];
	if (answer !== undefined) {
		const nonce = answer.nonce ?? nonceOf(invite(phone)) ?? "";
		const value = credentials({ realm: "example.com", method: "INVITE", uri, ...answer, nonce });
		headers = [`Proxy-Authorization: ${value}`];
	}
	phone.request("INVITE", uri, { headers });
	return phone.unread.pop();
}

let calls = 0;

/** As a REGISTER for a device, with what this phone was asked for. */
function register(phone: VirtualPhone, to: string, answer: Omit<Answer, "nonce">) {
	const aor = `sip:${to}@172.21.83.50`;
	calls += 1;
	const callId = `register-${calls}`;
	phone.request("REGISTER", HERE, { from: aor, to: aor, callId, cseq: 1 });
	const nonce = nonceOf(phone.take(401)) ?? "";
	const value = credentials({ realm: "example.com", uri: HERE, ...answer, nonce });
	const headers = [`Authorization: ${value}`];
	phone.request("REGISTER", HERE, { from: aor, to: aor, callId, cseq: 2, headers });
	return phone.unread.pop();
}

const bound = (rig: ExchangeRig) => [...rig.store.all(rig.now)].map(({ device }) => device);

test("RFC 3261 §22.1 AU-20: a script's password lets in who knows it; its credentials stay here", async (t) => {
	const { rig, ann } = await open(t, BY_NAME);
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	assert.equal(invite(ann)?.status, 407);
	assert.equal(bob.received.length, 0);
	const nonce = nonceOf(invite(ann)) ?? "";
	invite(ann, { ...ALICE, nonce });
	const came = bob.take("INVITE");
	assert.deepEqual(came.values("X-User"), ["alice@example.com undefined"]);
	assert.deepEqual(came.values("Proxy-Authorization"), []);
	bob.answer(came, "200 OK");
	const side = ann.caller(ann.take(200));
	const value = credentials({ realm: "example.com", method: "INVITE", ...ALICE, nonce });
	side.send("ACK", [`Proxy-Authorization: ${value}`]);
	assert.deepEqual(bob.take("ACK").values("Proxy-Authorization"), [], "nor in the ACK");
});

test("RFC 7616 §5 AU-20: unknown user, wrong password and empty password are answered the same", async (t) => {
	const { ann } = await open(t, BY_NAME);
	const tries = [
		{ ...ALICE, password: "Wonderland" },
		{ username: "nobody", password: "x" },
		{ username: "empty", password: "" },
		{ username: "", password: "" },
	];
	const answers = tries.map((one) => invite(ann, one));
	const looks = answers.map((one) =>
		rows(one)
			.join()
			.replaceAll(/nonce="[^"]+"/g, ""),
	);
	assert.deepEqual(
		answers.map((one) => one?.status),
		[407, 407, 407, 407],
	);
	assert.equal(new Set(looks).size, 1, looks.join("\n"));
	assert.doesNotMatch(looks[0] ?? "", /stale/);
});

test("RFC 7616 §4: a script's password beyond ASCII is hashed as UTF-8", async (t) => {
	const { rig, ann } = await open(t, BY_NAME);
	const answer = { username: "7789", password: "bücher" };
	assert.equal(register(ann, "7789", answer)?.status, 200);
	assert.deepEqual(bound(rig), ["7789"]);
});

test("RFC 3261 §10.3 step 4: a user registers its own device: of its name, or the one that the script says", async (t) => {
	const named = await open(t, '{ password: "wonderland" }');
	assert.equal(register(named.ann, "7789", ALICE)?.status, 403, "alice has no device");
	assert.equal(register(named.ann, "7791", { ...ALICE, username: "7789" })?.status, 403);
	assert.deepEqual(bound(named.rig), []);
	const told = await open(t, '{ password: "wonderland", device: device("7789") }');
	assert.equal(register(told.ann, "7791", ALICE)?.status, 403);
	assert.equal(register(told.ann, "7789", ALICE)?.status, 200);
	assert.deepEqual(bound(told.rig), ["7789"]);
});

test("RFC 7616 §5.2 AU-22: a script may know hashes only, and a realm of its own", async (t) => {
	const realm = "blue.example.org";
	const ha1 = hash("MD5", `alice:${realm}:wonderland`).toUpperCase();
	const { rig, ann } = await open(
		t,
		`{ realm: "${realm}", ha1: user === "alice" ? { MD5: "${ha1}" } : undefined }`,
	);
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	assert.match(rows(invite(ann))[0] ?? "", /realm="blue\.example\.org"/);
	invite(ann, { ...ALICE, realm, algorithm: "MD5" });
	assert.deepEqual(bob.take("INVITE").values("X-User"), [`alice@${realm} undefined`]);
	for (const wrong of [
		{ ...ALICE, realm, algorithm: "SHA-256" },
		{ ...ALICE, realm, algorithm: "MD5", password: "x" },
		{ ...ALICE, algorithm: "MD5" },
		{ username: "bob", password: "", realm, algorithm: "MD5" },
	])
		assert.equal(invite(ann, wrong)?.status, 407, JSON.stringify(wrong));
});

test("AU-20: a user of the configuration is judged by it, whatever a script says of him", async (t) => {
	const { rig, ann } = await open(t, '{ password: "wonderland" }');
	assert.equal(register(ann, "7790", { username: "7790", password: "wonderland" })?.status, 401);
	assert.equal(register(ann, "7790", { username: "7790", password: "rosebud" })?.status, 200);
	assert.deepEqual(bound(rig), ["7790"]);
});

function answerKv(rig: ScriptedRig, value: string | undefined): void {
	const call = rig.hostCalls.shift();
	assert.equal(call?.kind, "kv.get");
	call.answer({ ok: true, value } as HostResult);
}

test("RFC 3261 §26.3.2.4 RG-45: a script that waits for the password is not made to by who has no good nonce", async (t) => {
	const { rig, ann } = await open(t, WAITING);
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	const first = invite(ann);
	assert.equal(first?.status, 407);
	assert.equal(invite(ann, { ...ALICE, nonce: "made-up" })?.status, 407);
	assert.equal(rig.hostCalls.length, 0);
	invite(ann, { ...ALICE, nonce: nonceOf(first) ?? "" });
	assert.equal(ann.unread.length, 0, "it waits");
	answerKv(rig, "wonderland");
	assert.equal(bob.take("INVITE").values("X-User")[0], "alice@example.com undefined");
	invite(ann, { ...ALICE, nonce: nonceOf(first) ?? "", nc: "00000002" });
	answerKv(rig, undefined);
	ann.take(407);
	rig.wait(301_000);
	assert.match(rows(invite(ann, { ...ALICE, nonce: nonceOf(first) ?? "" }))[0] ?? "", /stale=true/);
	assert.equal(rig.hostCalls.length, 0, "an old one neither");
});

test("RFC 3261 §9.2: who gives up while the password is looked up is called by nobody", async (t) => {
	const { rig, ann } = await open(t, WAITING);
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	const nonce = nonceOf(invite(ann)) ?? "";
	const uri = "sip:5000@172.21.83.50";
	const value = credentials({ realm: "example.com", method: "INVITE", uri, ...ALICE, nonce });
	const sent = ann.request("INVITE", uri, { headers: [`Proxy-Authorization: ${value}`] });
	ann.cancel(sent);
	ann.take(487);
	answerKv(rig, "wonderland");
	assert.equal(bob.received.length, 0);
	rig.wait(64_000);
	assert.deepEqual([rig.size, rig.retained, rig.exchange.waiting], [0, 0, 0]);
});

test("RFC 7616 §3.4 AU-16: the count of a nonce is used up by the password that a script gave, too", async (t) => {
	const { rig, ann } = await open(t, BY_NAME);
	const nonce = nonceOf(invite(ann)) ?? "";
	invite(ann, { ...ALICE, nonce });
	rig.phone("bob", { host: "10.0.0.1" });
	const again = invite(ann, { ...ALICE, nonce });
	assert.match(rows(again)[0] ?? "", /stale=true/);
});

test("RFC 3261 §22.1 AU-21: guesses at a script's users are slowed down as any others, and the script is not asked", async (t) => {
	for (const login of [BY_NAME, "undefined"]) {
		const { rig, ann } = await open(t, login);
		for (let guess = 1; guess <= 10; guess += 1)
			assert.equal(invite(ann, { ...ALICE, password: `guess ${guess}` })?.status, 407);
		const { failedLogins } = rig.exchange.counters;
		assert.equal(failedLogins, 10);
		assert.equal(invite(ann, ALICE)?.status, 403);
		assert.equal(rig.exchange.counters.throttledLogins, 1);
	}
});

test("RFC 3261 §22.1: a script that challenges who has shown his password asks him again, not itself", async (t) => {
	const rig = await scriptedRig(t, config, [
		'onRequest: () => challenge({ password: "wonderland" })',
	]);
	const ann = rig.phone("ann", { host: "198.51.100.7" });
	assert.equal(invite(ann, ALICE)?.status, 407);
});

test("what is no password, hash, realm or device fails the hook, and says nothing of the secret", async (t) => {
	const wrong = [
		'{ password: ["hunter2"] }',
		'{ password: "hunter2", ha1: { MD5: "hunter2" } }',
		'{ ha1: { MD5: "hunter2" } }',
		'{ ha1: { MD4: "hunter2" } }',
		'{ realm: "" }',
		'{ realm: "a\\r\\nb" }',
		"{ device: undefined }",
		"{ device: {} }",
		'"hunter2"',
	];
	for (const login of wrong) {
		const { rig, ann } = await open(t, login);
		assert.equal(invite(ann)?.status, 500, login);
		assert.match(JSON.stringify(rig.log), /challenge\(\)|CR/, login);
		assert.doesNotMatch(JSON.stringify(rig.log), /hunter2/);
	}
});
