import assert from "node:assert/strict";
import { test } from "node:test";
import type { DigestOptions, Verdict } from "../../core/auth/digest.ts";
import { challenge, mayChallenge, verify } from "../../core/auth/digest.ts";
import { hash } from "../support/hashes.ts";
import {
	type Answer,
	attempt,
	credentials,
	judge,
	nonceOf,
	realm,
	request,
	SOURCE,
} from "./phone.ts";

/** A phone that answers a fresh challenge at once. */
function answered(options: DigestOptions, answer: Partial<Answer> = {}, now = 1_000) {
	const nonce = nonceOf(options, now);
	return judge(options, [credentials({ nonce, ...answer })], now);
}
const CLAIM = { user: "1001", realm: "sip.example.com" };
const ACCEPTED = { kind: "accepted", claim: CLAIM, line: 6 } as const;
const challenged = (why: string, stale = false) => ({
	...{ kind: "challenge", stale, why, realm: CLAIM.realm },
	...(!stale && { claim: CLAIM }),
});
const wrong = challenged("wrong digest");

test("RFC 3261 §22.1 AU-01 RG-03: a registrar asks with 401, a proxy with 407", () => {
	const options = realm({ algorithms: ["MD5"] });
	const by = (as: "registrar" | "proxy") =>
		challenge(options, { as, stale: false, source: SOURCE, realm: options.realm, length: 500 }, 0);
	assert.equal(by("registrar").status, 401);
	assert.equal(by("registrar").headers[0]?.[0], "WWW-Authenticate");
	assert.equal(by("proxy").status, 407);
	assert.equal(by("proxy").headers[0]?.[0], "Proxy-Authenticate");
});

test("RFC 8760 §2.3 AU-04 AU-08 AU-26 AU-28: one row per algorithm, best first, quoted as the grammar says", () => {
	const options = realm({ algorithms: ["SHA-512-256", "SHA-256", "MD5"] });
	const { headers } = challenge(
		options,
		{ as: "registrar", stale: true, source: SOURCE, realm: options.realm, length: 500 },
		0,
	);
	const rows = headers.map(([, value]) => value.replace(/nonce="[^"]+"/, "nonce=…"));
	assert.deepEqual(
		rows,
		["SHA-512-256", "SHA-256", "MD5"].map(
			(name) =>
				`Digest realm="sip.example.com", nonce=…, algorithm=${name}, qop="auth", stale=true`,
		),
	);
	const how = { as: "proxy", stale: false, source: "", realm: 'a "b" \\', length: 0 } as const;
	const [row] = challenge(realm({ algorithms: ["MD5"] }), how, 0).headers;
	assert.match(
		row?.[1] ?? "",
		/^Digest realm="a \\"b\\" \\\\", nonce="[^"]+", algorithm=MD5, qop="auth"$/,
	);
});

test("TR-60: a request shorter than any phone's is answered with the best challenge alone", () => {
	const rows = (length: number) => {
		const how = { as: "proxy", stale: false, source: SOURCE, realm: "r", length } as const;
		return challenge(realm(), how, 0).headers.map(
			([, value]) => /algorithm=([^,]+)/.exec(value)?.[1],
		);
	};
	assert.deepEqual(rows(255), ["SHA-256"]);
	assert.deepEqual(rows(256), ["SHA-256", "MD5"]);
});

test("RFC 3261 §22.1 AU-02: ACK and CANCEL are never challenged", () => {
	const methods = ["INVITE", "ACK", "CANCEL", "BYE", "REGISTER"].filter(mayChallenge);
	assert.deepEqual(methods, ["INVITE", "BYE", "REGISTER"]);
});

test("RFC 3261 §22.1, RFC 8760 §2.3 AU-04 AU-05: every algorithm offered is accepted, session forms too", () => {
	const options = realm({ algorithms: ["SHA-512-256", "SHA-256", "MD5"] });
	for (const algorithm of ["MD5", "SHA-256", "SHA-512-256"])
		for (const form of [algorithm, `${algorithm}-sess`])
			assert.deepEqual(answered(options, { algorithm: form }), ACCEPTED, form);
	assert.deepEqual(answered(options, { algorithm: undefined }), ACCEPTED, "absent is MD5");
});

test("RFC 8760 §3 AU-28: an algorithm that is not offered is not accepted", () => {
	const options = realm({ algorithms: ["SHA-256"] });
	const verdict = answered(options, { algorithm: "MD5" });
	assert.deepEqual(verdict, { kind: "challenge", stale: false, why: "algorithm not offered" });
	const value = credentials({ nonce: nonceOf(options, 0) }).replace("SHA-256", "SHA-1");
	assert.deepEqual(judge(options, [value], 0), verdict);
});

test("RFC 3261 §22.4 AU-03, RFC 8760 §2.7, RFC 8898 §4 AU-30: Basic, Bearer and a name without a digest are answered like no credentials", () => {
	const none = { kind: "challenge", stale: false, why: "no credentials" };
	assert.deepEqual(judge(realm(), [], 0), none);
	assert.deepEqual(judge(realm(), ["Basic MTAwMTpzZWNyZXQ="], 0), none);
	assert.deepEqual(judge(realm(), ["Bearer x"], 0), none);
	const early =
		'Digest username="1001", realm="sip.example.com", nonce="", uri="sip:h", response=""';
	assert.deepEqual(judge(realm(), [early], 0), none);
});

test("RFC 3261 §22.1: broken credentials are malformed, unless another row is good", () => {
	const options = realm();
	const broken = 'Digest username="1001", realm="sip.example.com"';
	assert.equal(judge(options, [broken], 0).kind, "malformed");
	const good = credentials({ nonce: nonceOf(options, 0) });
	assert.equal(judge(options, [broken, good], 0).kind, "accepted");
});

test("RFC 3261 §22.3 AU-18: rows of other realms are passed over, several of ours are tried", () => {
	const options = realm();
	const nonce = nonceOf(options, 0);
	const foreign = credentials({ nonce, realm: "elsewhere.example.com" });
	const bad = credentials({ nonce, password: "wrong" });
	const good = credentials({ nonce });
	assert.deepEqual(judge(options, [foreign], 0), judge(options, [], 0));
	assert.deepEqual(judge(options, [foreign, bad, good], 0), { ...ACCEPTED, line: 8 });
});

test("RFC 3261 §26.3.2.4: a user name of more than 128 octets is nobody's", () => {
	const none = { kind: "challenge", stale: false, why: "no credentials" };
	assert.equal(answered(realm(), { username: "x".repeat(128) }).kind, "challenge");
	assert.notDeepEqual(answered(realm(), { username: "x".repeat(128) }), none);
	assert.deepEqual(answered(realm(), { username: "x".repeat(129) }), none);
});

test("RFC 3261 §22.3: no more than eight rows are tried", () => {
	const options = realm();
	const foreign = credentials({ nonce: "n", realm: "elsewhere.example.com" });
	const rows = [...Array(8).fill(foreign), credentials({ nonce: nonceOf(options, 0) })];
	assert.equal(judge(options, rows, 0).kind, "challenge");
});

test("RFC 3261 §22.3 AU-01: a proxy reads Proxy-Authorization, and only that", () => {
	const options = realm();
	const value = credentials({ nonce: nonceOf(options, 0), method: "INVITE" });
	const ask = (header: string) =>
		verify(
			options,
			attempt(request([`${header}: ${value}`], { method: "INVITE" }), { as: "proxy" }),
			0,
		);
	assert.equal(ask("Authorization").kind, "challenge");
	assert.equal(ask("Proxy-Authorization").kind, "accepted");
});

test("RFC 7616 §3.4 AU-23: no opaque is sent, and one that comes all the same is no hindrance", () => {
	const options = realm();
	const how = { as: "registrar", stale: false, source: SOURCE, realm: "r", length: 500 } as const;
	const [row] = challenge(options, how, 0).headers;
	assert.doesNotMatch(row?.[1] ?? "", /opaque/);
	const value = `${credentials({ nonce: nonceOf(options, 0) })}, opaque="of an earlier proxy"`;
	assert.deepEqual(judge(options, [value], 0), ACCEPTED);
});

test("RFC 7616 §3.4.3 AU-13: a digest for one method is no good for another", () => {
	assert.deepEqual(answered(realm(), { method: "INVITE" }), wrong);
});

test("RFC 7616 §3.4.2 AU-07: upper-case hexadecimal is accepted", () => {
	const options = realm();
	const value = credentials({ nonce: nonceOf(options, 0) });
	const upper = value.replace(
		/response="(\w+)"/,
		(_, digits) => `response="${digits.toUpperCase()}"`,
	);
	assert.equal(judge(options, [upper], 0).kind, "accepted");
});

test("RFC 8760 §2.6 AU-08 AU-10: auth-int is accepted with the right body only", () => {
	const options = realm();
	const send = (body: string) => {
		const nonce = nonceOf(options, 0);
		const value = credentials({ nonce, method: "MESSAGE", qop: "auth-int", body: "hello" });
		const sent = request([`Authorization: ${value}`], { method: "MESSAGE", body });
		return verify(options, attempt(sent), 0).kind;
	};
	assert.equal(send("hello"), "accepted");
	assert.equal(send("hullo"), "challenge");
});

test("RFC 8760 §2.6 AU-09: credentials without qop are accepted only where that is switched on", () => {
	const none = { algorithm: "MD5", qop: undefined };
	assert.deepEqual(answered(realm(), none), { kind: "challenge", stale: false, why: "no qop" });
	assert.deepEqual(answered(realm({ withoutQop: true }), none), ACCEPTED);
	const session = { algorithm: "MD5-sess", qop: undefined };
	assert.equal(answered(realm({ withoutQop: true }), session).kind, "challenge");
});

test("RFC 7616 §3.3 §3.6 AU-15: an old nonce is stale, whatever its digest; a wrong digest with a good one is not", () => {
	const options = realm();
	const nonce = nonceOf(options, 0);
	const at = (now: number, password: string) =>
		judge(options, [credentials({ nonce, password })], now);
	assert.deepEqual(at(300_001, "secret"), challenged("old nonce", true));
	assert.deepEqual(at(300_001, "wrong"), challenged("old nonce", true), "nobody looks at it");
	assert.deepEqual(at(300_000, "wrong"), wrong);
	assert.deepEqual(at(300_000, "secret"), ACCEPTED);
});

test("RFC 3261 §26.3.2.4 RG-45: a nonce that is not ours, or old, makes nobody look up a user, and hashes nothing", () => {
	const refused = () => assert.fail("looked up");
	const users = { get: refused, has: refused } as unknown as DigestOptions["users"];
	const base = realm();
	const [ours, foreign] = [nonceOf(base, 0), nonceOf(realm({ keys: [new Uint8Array(32)] }), 0)];
	const options = { ...base, users, hash: () => assert.fail("hashed") };
	for (const nonce of [foreign, "made-up", ours]) {
		const value = credentials({ nonce });
		const sent = request([`Authorization: ${value}`]);
		const verdict = verify(options, attempt(sent, { known: refused }), 400_000);
		assert.equal(verdict.kind === "challenge" && verdict.stale, true, nonce);
	}
});

test("RFC 7616 §5.4 AU-14: a nonce that we did not sign is not accepted, however right the digest", () => {
	const options = realm();
	const ours = nonceOf(options, 0);
	const other = nonceOf(realm({ keys: [new Uint8Array(32).fill(2)] }), 0);
	const forged = [
		"dcd98b7102dd2f0e8b11d0f600bfb0c093",
		other,
		`0${ours.slice(1, 10)}1${ours.slice(11)}`,
		`${ours.slice(0, -1)}${ours.endsWith("A") ? "B" : "A"}`,
		`${ours}A`,
		ours.slice(0, 23),
	];
	for (const nonce of forged)
		assert.deepEqual(
			judge(options, [credentials({ nonce })], 0),
			challenged("unknown nonce", true),
			nonce,
		);
});

test("RFC 7616 §5.4 AU-14: a nonce of another realm with the same key is unknown", () => {
	const nonce = nonceOf(realm(), 0, SOURCE, "other.example.com");
	assert.equal(judge(realm(), [credentials({ nonce })], 0).kind, "challenge");
});

test("RFC 7616 §5.4 AU-14: nonces of a key that was rotated out of first place still hold", () => {
	const [before, after] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
	const nonce = nonceOf(realm({ keys: [before] }), 0);
	assert.equal(
		judge(realm({ keys: [after, before] }), [credentials({ nonce })], 0).kind,
		"accepted",
	);
	assert.equal(judge(realm({ keys: [after] }), [credentials({ nonce })], 0).kind, "challenge");
});

test("RFC 7616 §3.3 AU-17: a nonce is bound to the source it was made for, unless that is none", () => {
	const options = realm();
	const from = (source: string) =>
		judge(options, [credentials({ nonce: nonceOf(options, 0, source) })], 0);
	assert.deepEqual(from("192.0.2.99"), challenged("unknown nonce", true));
	const sent = request([`Authorization: ${credentials({ nonce: nonceOf(options, 0, "") })}`]);
	assert.equal(verify(options, attempt(sent, { source: "" }), 0).kind, "accepted");
});

test("RFC 7616 §3.3: two challenges of the same moment have different nonces", () => {
	const options = realm();
	assert.notEqual(nonceOf(options, 0), nonceOf(options, 0));
});

test("RFC 7616 §3.4 AU-16: a count that was used is stale for another request", () => {
	const options = realm();
	const nonce = nonceOf(options, 0);
	const send = (nc: string) => judge(options, [credentials({ nonce, nc })], 0);
	assert.deepEqual(send("00000001"), ACCEPTED);
	assert.deepEqual(send("00000001"), challenged("replayed nonce", true));
	assert.deepEqual(send("00000002"), ACCEPTED);
	assert.deepEqual(send("0000000a"), ACCEPTED);
	assert.deepEqual(send("00000009"), ACCEPTED, "overtaken on the way");
	assert.equal(send("0000000A").kind, "challenge", "the same number in other digits");
});

test("RFC 7616 §5.5 AU-16: a wrong digest uses up no count", () => {
	const options = realm();
	const nonce = nonceOf(options, 0);
	assert.deepEqual(judge(options, [credentials({ nonce, password: "wrong" })], 0), wrong);
	assert.deepEqual(judge(options, [credentials({ nonce })], 0), ACCEPTED);
});

test("RFC 7616 §5 AU-20: an unknown user and a wrong password get the same verdict for the same work", () => {
	const hashed: string[] = [];
	const base = realm();
	const options = realm({
		hash: (algorithm, text) => {
			hashed.push(algorithm);
			return base.hash(algorithm, text);
		},
	});
	const known = answered(options, { password: "wrong" });
	const work = hashed.splice(0);
	assert.deepEqual(known, wrong);
	const nobody = { ...wrong, why: "unknown user", claim: { ...CLAIM, user: "9999" } };
	assert.deepEqual(answered(options, { username: "9999", password: "wrong" }), nobody);
	assert.deepEqual(hashed.splice(0), work);
	assert.deepEqual(
		answered(options, { username: "9999", password: "" }),
		nobody,
		"nor is there a default",
	);
	const asked = (verdict: Verdict) => {
		const stale = verdict.kind === "challenge" && verdict.stale;
		return challenge(
			options,
			{ as: "registrar", stale, source: SOURCE, realm: CLAIM.realm, length: 500 },
			0,
		);
	};
	const rows = [known, answered(options, { username: "9999" })].map((verdict) =>
		JSON.stringify(asked(verdict)).replaceAll(/nonce=.{50}/g, ""),
	);
	assert.equal(rows[0], rows[1], "and the same answer");
});

test("RFC 3261 §22.1 AU-20: what a script knows of a user is judged as the configuration's own, and no other user by it", () => {
	const options = realm();
	const login = (user: string, password: string | undefined, name = CLAIM.realm) => {
		const nonce = nonceOf(options, 0, SOURCE, name);
		const value = credentials({ nonce, username: "alice", password: "s3cret", realm: name });
		const secret = password === undefined ? undefined : { password };
		const told = { login: { claim: { user, realm: CLAIM.realm }, secret } };
		return verify(options, attempt(request([`Authorization: ${value}`]), told), 0);
	};
	const claim = { ...CLAIM, user: "alice" };
	assert.deepEqual(login("alice", "s3cret"), { ...ACCEPTED, claim });
	assert.deepEqual(login("alice", "other"), { ...wrong, claim });
	assert.deepEqual(login("alice", undefined), { ...wrong, claim }, "there is no such user");
	assert.equal(login("bob", "s3cret").kind, "challenge");
	assert.equal(login("alice", "s3cret", "other.example.com").kind, "challenge");
});

test("RFC 7616 §5.2 AU-22: a user without a hash for the algorithm cannot log in with it, as if there were none", () => {
	const ha1 = { MD5: hash("MD5", "1001:sip.example.com:secret") };
	const users = new Map([["1001", { name: "1001", device: "1001", secret: { ha1 } }]]);
	const options = realm({ users });
	assert.deepEqual(answered(options, { algorithm: "MD5" }), ACCEPTED);
	assert.deepEqual(answered(options, { algorithm: "MD5-sess" }), ACCEPTED);
	assert.deepEqual(answered(options, { algorithm: "SHA-256" }), wrong);
	const nonce = nonceOf(options, 0);
	const guessed = hash(
		"SHA-256",
		`:${nonce}:00000001:c:auth:${hash("SHA-256", "REGISTER:sip:sip.example.com")}`,
	);
	const value = credentials({ nonce }).replace(/response="\w+"/, `response="${guessed}"`);
	assert.deepEqual(judge(options, [value], 0), wrong, "nor with the digest of an empty hash");
});

test("RFC 3261 §22.1 AU-21: the sixth wrong password in ten seconds is refused, for unknown users too", () => {
	for (const username of ["1001", "9999"]) {
		const options = realm();
		for (let count = 1; count <= 5; count += 1) {
			const why = answered(options, { username, password: "wrong" });
			assert.equal(why.kind, "challenge");
			// The script had its say, and knew nobody.
			if (username === "9999") options.failures.failed({ user: username, source: SOURCE }, 1_000);
		}
		const refused = { kind: "refused", why: "too many failures" };
		assert.deepEqual(answered(options, { username, password: "wrong" }), refused);
		assert.deepEqual(answered(options, { username }), refused, "the right one too");
		assert.notEqual(answered(options, { username }, 11_001).kind, "refused");
	}
});

test("RFC 3261 §22.4 AU-11 AU-12: `uri` is hashed as sent and need not equal the Request-URI", () => {
	const options = realm();
	const send = (uri: string, requestUri: string) => {
		const nonce = nonceOf(options, 0);
		const value = credentials({ nonce, method: "INVITE", uri });
		const sent = request([`Proxy-Authorization: ${value}`], { method: "INVITE", uri: requestUri });
		return verify(options, attempt(sent, { as: "proxy" }), 0);
	};
	const foreign = { kind: "refused", why: "foreign uri" };
	const retargeted = "sip:2001@192.0.2.77";
	assert.equal(send("sip:1002@sip.example.com", retargeted).kind, "accepted", "one that we serve");
	assert.equal(send("sips:2001@192.0.2.77:5061;transport=tcp", retargeted).kind, "accepted");
	assert.equal(send("sip:%32001@192.0.2.77", retargeted).kind, "accepted");
	assert.deepEqual(send("sip:2001@elsewhere.example.com", retargeted), foreign);
	assert.deepEqual(send("/index.html", retargeted), foreign);
	assert.equal(send("tel:+15551234", "tel:+15551234").kind, "accepted");
	assert.deepEqual(send("tel:+15551234", "tel:+15559999"), foreign);
});
