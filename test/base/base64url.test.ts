import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "../../core/base/base64url.ts";
import { seeded } from "../support/seeded.ts";

test("RFC 4648 §5, §10: encode and decode agree with the vectors and with Node", () => {
	const random = seeded(1);
	for (let length = 0; length < 70; length += 1) {
		const bytes = Uint8Array.from({ length }, () => random.below(256));
		const text = encode(bytes);
		assert.equal(text, Buffer.from(bytes).toString("base64url"));
		assert.deepEqual(decode(text), bytes);
	}
	assert.equal(encode(new TextEncoder().encode("foobar")), "Zm9vYmFy");
	assert.equal(encode(Uint8Array.of(0xfb, 0xff)), "-_8");
});

test("RFC 4648 §3.5: each value has one spelling, anything else is undefined", () => {
	for (const text of ["A", "AAAAA", "Zg==", "Zm9+", "Zm9/", "Z g", "Zh", "Zm9vYh\u0100", "-_9"])
		assert.equal(decode(text), undefined, text);
	assert.deepEqual(decode(""), new Uint8Array(0));
});
