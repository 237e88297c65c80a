import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
	canAnswer,
	type DigestInput,
	digestResponse,
	sameDigest,
} from "../../core/auth/digest-response.ts";
import type { HashHex } from "../../core/base/hash.ts";
import { octetsOf } from "../../core/base/utf8.ts";
import { hash } from "../support/hashes.ts";

const BOB: DigestInput = {
	algorithm: "MD5",
	session: false,
	username: "bob",
	realm: "biloxi.com",
	method: "INVITE",
	uri: "sip:bob@biloxi.com",
	nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
	protection: { qop: "auth", nc: "00000001", cnonce: "0a4f113b" },
	body: "",
};
const bob = (changes: Partial<DigestInput> = {}) =>
	digestResponse(hash, { password: "zanzibar" }, { ...BOB, ...changes });

const MUFASA: DigestInput = {
	algorithm: "MD5",
	session: false,
	username: "Mufasa",
	realm: "http-auth@example.org",
	method: "GET",
	uri: "/dir/index.html",
	nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
	protection: {
		qop: "auth",
		nc: "00000001",
		cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
	},
	body: "",
};
const mufasa = (algorithm: DigestInput["algorithm"]) =>
	digestResponse(hash, { password: "Circle of Life" }, { ...MUFASA, algorithm });

test("RFC 7616 §3.4.1 §3.9.1: the example, MD5 and SHA-256", () => {
	assert.equal(mufasa("MD5"), "8ca523f5e9506fed4657c9700eebdbec");
	assert.equal(
		mufasa("SHA-256"),
		"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	);
});

test("RFC 7616 §3.9.2 AU-06 AU-27: the printed example comes out of SHA-512 that is cut off, and ours of SHA-512/256", () => {
	const jason: DigestInput = {
		...{ ...MUFASA, algorithm: "SHA-512-256", username: octetsOf("Jäsøn Doe"), uri: "/doe.json" },
		realm: "api@example.org",
		nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
		protection: {
			...{ qop: "auth", nc: "00000001" },
			cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
		},
	};
	const password = "Secret, or not?";
	const cutOff: HashHex = (_, text) =>
		createHash("sha512").update(text, "latin1").digest("hex").slice(0, 64);
	const printed = "ae66e67d6b427bd3f120414a82e4acff38e8ecd9101d6c861229025f607a79dd";
	assert.equal(digestResponse(cutOff, { password }, jason), printed);
	assert.equal(digestResponse(hash, { password }, jason), fips(jason, password));
	assert.notEqual(digestResponse(hash, { password }, jason), printed);
});

/** As Node writes SHA-512/256, without any code of ours. */
function fips({ username, realm, nonce, protection, uri }: DigestInput, password: string): string {
	const h = (text: string) => createHash("sha512-256").update(text, "latin1").digest("hex");
	const { nc, cnonce, qop } = protection ?? { nc: "", cnonce: "", qop: "" };
	const a1 = h(`${username}:${realm}:${password}`);
	return h(`${a1}:${nonce}:${nc}:${cnonce}:${qop}:${h(`GET:${uri}`)}`);
}

test("RFC 8760 §2.6 AU-05 AU-10 AU-27: MD5, its session form, auth-int and the form without qop", () => {
	assert.equal(bob(), "89eb0059246c02b2f6ee02c7961d5ea3");
	assert.equal(bob({ session: true }), "e4e4ea61d186d07a92c9e1f6919902e9");
	const integrity = { qop: "auth-int", nc: "00000001", cnonce: "0a4f113b" };
	assert.equal(bob({ protection: integrity }), "2d6fc6e788367208f746582b18a69618");
	assert.equal(bob({ protection: undefined }), "bf57e4e0d0bffc0fbaedce64d59add5e");
});

test("RFC 8760 §2.2 AU-06 AU-07 AU-27: SHA-256 and SHA-512-256 with its own initial value, 64 digits", () => {
	const cases = [
		["SHA-256", false, "b3b5a6c69453abafaab9ae4dccdac90a076b6c80615d5f3498e7433b6e93bf4f"],
		["SHA-256", true, "5da59c9ca40954be9d5063a15a174066c8251be2c10cf47c144c366dc7daf792"],
		["SHA-512-256", false, "7f1a09de0f19af0a1eac2b28d33e3f2fb89cca1ad8fb01bba5e1883b288bac14"],
		["SHA-512-256", true, "077d9677be83f41f162d1a4453dc163389919f81e5927391d972f477da767633"],
	] as const;
	for (const [algorithm, session, expected] of cases)
		assert.equal(bob({ algorithm, session }), expected, `${algorithm} ${session}`);
});

test("RFC 7616 §3.4.3 AU-10: auth-int covers the body, auth does not", () => {
	const integrity = { qop: "auth-int", nc: "00000001", cnonce: "0a4f113b" };
	assert.notEqual(bob({ protection: integrity, body: "v=0" }), bob({ protection: integrity }));
	assert.equal(bob({ body: "v=0" }), bob());
});

test("RFC 7616 §5.2 AU-22: a stored hash does what the password does, for its algorithm only", () => {
	const ha1 = { MD5: hash("MD5", "bob:biloxi.com:zanzibar") };
	assert.equal(digestResponse(hash, { ha1 }, BOB), bob());
	assert.equal(digestResponse(hash, { ha1 }, { ...BOB, session: true }), bob({ session: true }));
	const sha: DigestInput = { ...BOB, algorithm: "SHA-256" };
	assert.ok(canAnswer({ ha1 }, "MD5") && !canAnswer({ ha1 }, "SHA-256"));
	assert.throws(() => digestResponse(hash, { ha1 }, sha), /no hash for SHA-256/);
});

test("RFC 7616 §4: a password beyond ASCII is hashed as UTF-8", () => {
	const octets = "p\xc3\xa4ss \xf0\x9f\x98\x80";
	assert.equal(
		digestResponse(hash, { password: octetsOf("päss 😀") }, BOB),
		digestResponse(hash, { ha1: { MD5: hash("MD5", `bob:biloxi.com:${octets}`) } }, BOB),
	);
});

test("RFC 7616 §5 AU-20: digests compare equal only when every digit is", () => {
	assert.ok(sameDigest("00ff", "00ff"));
	assert.ok(sameDigest("", ""));
	for (const other of ["00fe", "10ff", "00f", "00fff", ""]) assert.ok(!sameDigest("00ff", other));
});
