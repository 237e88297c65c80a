import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import type { Hmac } from "../../core/base/hash.ts";
import { hashHex, makeHmac } from "../../core/host/hashes.ts";
import { settledHeap } from "../simulation/heap.ts";
import { seeded } from "../support/seeded.ts";

const hex = (octets: string) => Buffer.from(octets, "latin1").toString("hex");

test("RFC 2104 §2: the vectors of RFC 4231 §4.2, §4.3 and §4.7", () => {
	const hmac = makeHmac();
	assert.equal(
		hex(hmac(new Uint8Array(20).fill(0x0b), "Hi There")),
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	);
	assert.equal(
		hex(hmac(Buffer.from("Jefe"), "what do ya want for nothing?")),
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	);
	assert.equal(
		hex(
			hmac(
				new Uint8Array(131).fill(0xaa),
				"Test Using Larger Than Block-Size Key - Hash Key First",
			),
		),
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	);
});

test("RFC 2104 §2: any keys in any order, texts longer and shorter than before", () => {
	const random = seeded(2104);
	const hmac = makeHmac();
	const keys = [0, 1, 32, 63, 64, 65, 200].map((length) =>
		Uint8Array.from({ length }, () => random.below(256)),
	);
	for (let round = 0; round < 300; round += 1) {
		const key = keys[random.below(keys.length)] ?? new Uint8Array();
		const text = Array.from({ length: random.below(1_500) }, () =>
			String.fromCharCode(random.below(256)),
		).join("");
		const expected = createHmac("sha256", key).update(text, "latin1").digest("hex");
		assert.equal(hex(hmac(key, text)), expected, `${key.length} ${text.length}`);
	}
});

test("RFC 2104 §2: results that are kept are those of their own text and key, the empty text among them", () => {
	const hmac = makeHmac();
	const keys = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
	const texts = ["", ...Array.from({ length: 9_000 }, (_, at) => `${at} ends like others`)];
	for (const text of [...texts, ...texts.slice(-50), ""])
		for (const key of keys) {
			const expected = createHmac("sha256", key).update(text, "latin1").digest("hex");
			assert.equal(hex(hmac(key, text)), expected, text);
		}
});

test("RFC 8760 §2.1: text is hashed octet by octet, one character each", () => {
	assert.equal(hashHex("MD5", "\xe9"), "3406877694691ddd1dfb0aca54681407");
	assert.equal(hashHex("SHA-512-256", "").length, 64);
	assert.equal(
		hashHex("SHA-512-256", "abc"),
		"53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
	);
});

test("RFC 2104 §2: what is kept for a key goes with the key, since each reload reads the keys anew", async () => {
	const hmac = makeHmac();
	const before = usedOnce(hmac);
	await new Promise((resolve) => setImmediate(resolve));
	settledHeap();
	assert.equal(before.deref(), undefined);
	assert.equal(hmac(new Uint8Array(32), "signed with another").length, 32);
});

function usedOnce(hmac: Hmac): WeakRef<Uint8Array> {
	const key = new Uint8Array(32).fill(3);
	hmac(key, "signed");
	return new WeakRef(key);
}
