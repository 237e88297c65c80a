import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCredentials } from "../../core/auth/credentials.ts";

const REQUIRED = 'username="a", realm="r", nonce="n", uri="sip:h", response="0"';

test("RFC 3261 §20.7, RFC 7616 §3.4: every parameter of the credentials is read, whatever its order and case", () => {
	const value =
		'DIGEST  nc=00000001,Response="ab" , QOP=auth,cnonce="c",uri="sip:a@h;x=1,2", nonce = "n",realm="r", username="u",algorithm=MD5,opaque=""';
	assert.deepEqual(parseCredentials(value), {
		kind: "digest",
		username: "u",
		realm: "r",
		nonce: "n",
		uri: "sip:a@h;x=1,2",
		response: "ab",
		algorithm: "MD5",
		protection: { qop: "auth", nc: "00000001", cnonce: "c" },
	});
});

test("RFC 7616 §3.4 AU-26: quoted and unquoted forms are both read, backslashes resolved", () => {
	const read = parseCredentials(
		`Digest ${REQUIRED}, algorithm="SHA-256", qop="auth", nc="1", cnonce=c/+=`,
	);
	assert.equal(read.kind === "digest" && read.algorithm, "SHA-256");
	assert.deepEqual(read.kind === "digest" && read.protection, {
		qop: "auth",
		nc: "1",
		cnonce: "c/+=",
	});
	const escaped = parseCredentials(`Digest ${REQUIRED.replace('"a"', '"a\\"b\\\\"')}`);
	assert.equal(escaped.kind === "digest" && escaped.username, 'a"b\\');
});

test("RFC 7235 §2.1: empty list elements are no fault", () => {
	assert.equal(parseCredentials(`Digest ,, ${REQUIRED},`).kind, "digest");
});

test("RFC 3261 §22.4 AU-03, RFC 8898 §4 AU-30: other schemes are told apart from broken digest", () => {
	for (const value of ["Basic YTpi", "Bearer abc.def", "basic", "Negotiate"])
		assert.equal(parseCredentials(value).kind, "other-scheme", value);
});

test("RFC 7616 §3.4: what cannot be read is malformed, and says where", () => {
	const broken = [
		"",
		"Digest",
		'Digest username="a"',
		`Digest ${REQUIRED}, realm="other"`,
		`Digest ${REQUIRED} x="1"`,
		`Digest ${REQUIRED}, x`,
		`Digest ${REQUIRED}, x="1`,
		`Digest ${REQUIRED}, qop=auth`,
		`Digest ${REQUIRED}, qop=auth, cnonce="c", nc=zz`,
		`Digest ${REQUIRED}, qop=auth, cnonce="c", nc=000000001`,
		`Digest ${REQUIRED}, qop=auth, nc=1`,
	];
	for (const value of broken) {
		const read = parseCredentials(value);
		assert.equal(read.kind, "malformed", value);
		assert.match(read.kind === "malformed" ? read.reason : "", /^Authorization: .* at offset \d+$/);
	}
});
