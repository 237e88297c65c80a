import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, credentials } from "../auth/phone.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

/** 7790 is asked for its password with everything, 7791 when it registers; 198.51.100.0/24 is not trusted. */
const bed = await testBed();
const HERE = "sip:172.21.83.50";
const ROSEBUD = { username: "7790", password: "rosebud" };
const SWORDFISH = { username: "7791", password: "swordfish" };

const stranger = (rig: ExchangeRig, name = "7790") => rig.phone(name, { host: "198.51.100.7" });

/** The nonce of the first challenge of an answer. */
function nonceOf(answer: WireMessage): string {
	const [first = ""] = [
		...answer.values("WWW-Authenticate"),
		...answer.values("Proxy-Authenticate"),
	];
	const nonce = /nonce="([^"]+)"/.exec(first)?.[1];
	assert.ok(nonce, answer.text);
	return nonce;
}

type Try = Omit<Answer, "nonce"> & { readonly to?: string; readonly nonce?: string };

/** Registers as the owner of `to`: asks for a challenge, then answers it with these credentials. */
function register(phone: VirtualPhone, { to = phone.name, ...answer }: Try, cseq = 2): WireMessage {
	const aor = `sip:${to}@172.21.83.50`;
	const callId = `register-${to}`;
	let nonce = answer.nonce;
	if (nonce === undefined) {
		phone.request("REGISTER", HERE, { from: aor, to: aor, callId, cseq: cseq - 1 });
		nonce = nonceOf(phone.take(401));
	}
	const value = credentials({ realm: "example.com", uri: HERE, ...answer, nonce });
	const headers = [`Authorization: ${value}`];
	phone.request("REGISTER", HERE, { from: aor, to: aor, callId, cseq, headers });
	const last = phone.unread.pop();
	assert.ok(last);
	return last;
}

function invite(phone: VirtualPhone, uri: string, answer?: Answer): WireMessage | undefined {
	const value = answer && credentials({ realm: "example.com", method: "INVITE", uri, ...answer });
	const headers = value === undefined ? [] : [`Proxy-Authorization: ${value}`];
	phone.request("INVITE", uri, { headers, from: `sip:${phone.name}@172.21.83.50` });
	return phone.unread.pop();
}

test("RFC 3261 §22.2 §10.3: REGISTER is challenged with 401, the right password binds, for every algorithm offered", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	phone.request("REGISTER", HERE, { from: "sip:7790@h", to: "sip:7790@172.21.83.50" });
	const challenge = phone.take(401);
	const offered = challenge
		.values("WWW-Authenticate")
		.map((value) => /algorithm=([\w-]+)/.exec(value)?.[1]);
	assert.ok(offered.includes("SHA-256") && offered.includes("MD5"), offered.join());
	assert.deepEqual(rig.store.bindings("7790", rig.now), []);
	let cseq = 2;
	for (const algorithm of offered) {
		assert.equal(register(phone, { ...ROSEBUD, algorithm }, cseq).status, 200, algorithm);
		cseq += 2;
	}
	assert.equal(rig.store.bindings("7790", rig.now).length, 1);
});

test("RFC 3261 §22.4, RFC 7616 §3.5 AU-24: a 200 says nothing of the password in Authentication-Info", () => {
	const rig = bed.rig();
	const answer = register(stranger(rig), ROSEBUD);
	assert.equal(answer.status, 200);
	assert.doesNotMatch(answer.text, /authentication-info/i);
});

test("RFC 3261 §22.2: a wrong password, user, realm or digest URI binds nothing", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	const wrong: readonly Try[] = [
		{ ...ROSEBUD, password: "Rosebud" },
		{ ...ROSEBUD, username: "nobody" },
		{ ...ROSEBUD, username: "7789", password: "" },
		{ ...ROSEBUD, realm: "other.example.org" },
		{ ...ROSEBUD, nonce: "made-up" },
		{ ...ROSEBUD, algorithm: "SHA-512-256" },
	];
	for (const [at, one] of wrong.entries())
		assert.equal(register(phone, one, at * 2 + 2).status, 401, JSON.stringify(one));
	assert.equal(register(phone, { ...ROSEBUD, uri: "sip:elsewhere.example.org" }, 20).status, 403);
	assert.deepEqual(rig.store.bindings("7790", rig.now), []);
});

test("RFC 3261 §10.3 step 4: the user of one number may not bind another", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	assert.equal(register(phone, { ...ROSEBUD, to: "7791" }).status, 403);
	assert.equal(register(phone, { ...SWORDFISH, to: "7790" }, 4).status, 403);
	assert.deepEqual([...rig.store.all(rig.now)], []);
});

test("RFC 3261 §22.2: not from a trusted network either; a number without a password is asked for one as if it had one", () => {
	const rig = bed.rig();
	const inside = rig.phone("7790", { host: "172.21.83.24" });
	assert.equal(register(inside, { ...ROSEBUD, password: "no" }).status, 401);
	const outside = stranger(rig, "7789");
	const aor = "sip:7789@172.21.83.50";
	outside.request("REGISTER", HERE, { from: aor, to: aor });
	outside.take(401);
});

test("RFC 7616 §3.4 §5.5: the credentials of one REGISTER are good for that one only", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	assert.equal(register(phone, ROSEBUD).status, 200);
	const used = phone.received.find(({ status }) => status === 401);
	assert.ok(used);
	const nonce = nonceOf(used);
	const replayed = register(phone, { ...ROSEBUD, nonce }, 3);
	assert.equal(replayed.status, 401);
	assert.match(replayed.values("WWW-Authenticate")[0] ?? "", /stale=true/);
	assert.equal(register(phone, { ...ROSEBUD, nonce, nc: "00000002" }, 4).status, 200);
	rig.wait(86_400_000);
	assert.match(
		register(phone, { ...ROSEBUD, nonce, nc: "00000003" }, 5).values("WWW-Authenticate")[0] ?? "",
		/stale=true/,
		"and not for ever",
	);
});

test("RFC 3261 §22.3 PX-06: an INVITE is challenged with 407, and goes on with the right password", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	const uri = "sip:5000@172.21.83.50";
	const challenge = invite(phone, uri);
	assert.equal(challenge?.status, 407);
	assert.equal(challenge.values("WWW-Authenticate").length, 0);
	assert.match(challenge.value("To"), /;tag=/, "PX-08");
	const nonce = nonceOf(challenge);
	assert.equal(invite(phone, uri, { ...ROSEBUD, password: "no", nonce })?.status, 407);
	assert.equal(bob.received.length, 0);
	invite(phone, uri, { ...ROSEBUD, nonce });
	const came = bob.take("INVITE");
	assert.equal(came.uri, "sip:5000@172.21.83.60:5060");
	assert.deepEqual(came.values("Proxy-Authorization"), [], "nobody else can try passwords on them");
});

test("RFC 3261 §22.1: ACK and CANCEL are never challenged, nor is a request inside a dialog", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	const uri = "sip:5000@172.21.83.50";
	const challenge = invite(phone, uri);
	assert.ok(challenge);
	invite(phone, uri, { ...ROSEBUD, nonce: nonceOf(challenge) });
	bob.answer(bob.take("INVITE"), "200 OK");
	const dialog = phone.caller(phone.take(200));
	dialog.send("ACK");
	assert.equal(bob.take("ACK").method, "ACK");
	dialog.send("BYE");
	bob.answer(bob.take("BYE"), "200 OK");
	assert.equal(phone.take(200, "BYE").status, 200);
	phone.request("CANCEL", uri);
	assert.equal(phone.take(481).status, 481);
	assert.equal(phone.received.filter(({ status }) => status === 407).length, 1);
});

test("architecture §6: a phone that registered with its password calls along that flow without another challenge", () => {
	const rig = bed.rig();
	const phone = stranger(rig, "7791");
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	register(phone, SWORDFISH);
	invite(phone, "sip:5000@172.21.83.50");
	assert.equal(bob.take("INVITE").uri, "sip:5000@172.21.83.60:5060");
	const impostor = rig.phone("7791", { host: "198.51.100.7", port: 5070 });
	assert.equal(invite(impostor, "sip:5000@172.21.83.50")?.status, 407);
});

test("RFC 7616 §5.2: after ten wrong passwords in a minute the address is refused, the right one included", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	for (let n = 1; n <= 10; n += 1)
		assert.equal(register(phone, { ...ROSEBUD, password: `guess ${n}` }, n * 2).status, 401);
	assert.equal(register(phone, ROSEBUD, 22).status, 403);
	const elsewhere = rig.phone("7790", { host: "198.51.100.8" });
	assert.equal(register(elsewhere, ROSEBUD, 24).status, 200);
	rig.wait(60_001);
	assert.equal(register(phone, ROSEBUD, 26).status, 200);
});

test("RFC 3261 §22.3: in the ACK and later requests of the call, credentials for us stay here too, and others go on", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	const uri = "sip:5000@172.21.83.50";
	const challenged = invite(phone, uri);
	assert.ok(challenged);
	const answer = { ...ROSEBUD, nonce: nonceOf(challenged) };
	const own = credentials({ realm: "example.com", method: "INVITE", uri, ...answer });
	const ours = `Proxy-Authorization: ${own}`;
	const theirs = 'Digest username="7790", realm="elsewhere", nonce="n", uri="sip:e", response="r"';
	const nobodys = theirs.replace("7790", "7789").replace("elsewhere", "example.com");
	const kept = [theirs, nobodys];
	const headers = [ours, ...kept.map((value) => `Proxy-Authorization: ${value}`)];
	phone.request("INVITE", uri, { headers, from: "sip:7790@172.21.83.50" });
	const came = bob.take("INVITE");
	assert.deepEqual(came.values("Proxy-Authorization"), kept, "7789 has no password here");
	bob.answer(came, "200 OK");
	const side = phone.caller(phone.take(200));
	for (const method of ["ACK", "INFO", "BYE"]) {
		side.send(method, headers);
		assert.deepEqual(bob.take(method).values("Proxy-Authorization"), kept, method);
	}
});

test("RFC 3261 §22.4 PX-09: credentials that cannot be read get 400", () => {
	const rig = bed.rig();
	const phone = stranger(rig);
	const headers = ["Proxy-Authorization: Digest username="];
	phone.request("INVITE", "sip:5000@172.21.83.50", { headers });
	assert.match(phone.take(400).startLine, /Bad Credentials/);
	assert.equal(rig.retained, 0);
});

test("RFC 3261 §22.3 AU-19: a 407 of the callee reaches the caller, whose credentials reach the callee: none of ours are added", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	const uri = "sip:5000@172.21.83.50";
	ann.request("INVITE", uri);
	const first = bob.take("INVITE");
	assert.deepEqual(first.values("Proxy-Authorization"), []);
	const asked = 'Digest realm="elsewhere",  nonce="1"';
	bob.answer(first, "407 Proxy Authentication Required", {
		headers: [`Proxy-Authenticate: ${asked}`],
	});
	assert.deepEqual(ann.take(407).values("Proxy-Authenticate"), [asked]);
	bob.take("ACK");
	const value = credentials({ realm: "elsewhere", nonce: "1", method: "INVITE", uri });
	ann.request("INVITE", uri, { cseq: 2, headers: [`Proxy-Authorization: ${value}`] });
	assert.deepEqual(bob.take("INVITE").values("Proxy-Authorization"), [value]);
});
