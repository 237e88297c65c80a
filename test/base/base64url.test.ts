import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "../../core/base/base64url.ts";
import { seeded } from "../support/seeded.ts";

test("RFC 4648 §5, §10: encode and decode agree with the vectors and with Node", () => {
	const random = seeded(1);
	for (let length = 0; length < 70; length += 1) {
		const octets = Array.from({ length }, () => String.fromCharCode(random.below(256))).join("");
		const text = encode(octets);
		assert.equal(text, Buffer.from(octets, "latin1").toString("base64url"));
		assert.equal(decode(text), octets);
	}
	assert.equal(encode("foobar"), "Zm9vYmFy");
	assert.equal(encode("\xfb\xff"), "-_8");
});

test("RFC 4648 §3.5: each value has one spelling, anything else is undefined", () => {
	for (const text of [
		"A",
		"AAAAA",
		"Zg==",
		"Zm9+",
		"Zm9/",
		"Z g",
		"Zh",
		"Zm9vYh\u0100",
		"-_9",
		"Zm9vYmF Zm9v",
		"Zm9vZm9vZm9vZh",
	])
		assert.equal(decode(text), undefined, text);
	assert.equal(decode(""), "");
});
