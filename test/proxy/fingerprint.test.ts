import assert from "node:assert/strict";
import { test } from "node:test";
import { Fingerprint } from "../../core/proxy/fingerprint.ts";
import { seeded } from "../support/seeded.ts";

test("RFC 3261 §16.6 step 8: 16 lower-case hexadecimal digits, the same for the same texts", () => {
	assert.match(fingerprint(["a", "b"]), /^[0-9a-f]{16}$/);
	assert.match(fingerprint([]), /^[0-9a-f]{16}$/);
	assert.equal(fingerprint(["a", "b"]), fingerprint(["a", "b"]));
});

test("RFC 5393 §4.2.4: where one text ends and the next begins counts", () => {
	const splits = [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"], ["a", "b", "c"]];
	assert.equal(new Set(splits.map(fingerprint)).size, splits.length);
});

test("RFC 5393 §4.2.4: no two of 50,000 similar requests have the same hash", () => {
	const { below, hex } = seeded(7);
	const seen = new Set<string>();
	for (let n = 0; n < 50_000; n += 1)
		seen.add(fingerprint([`sip:${below(100)}@example.com`, hex(4), "", `call-${n}`, "1"]));
	assert.equal(seen.size, 50_000);
});

test("RFC 5393 §4.2.4: one letter changes about half of the bits", () => {
	let changed = 0;
	for (let n = 0; n < 500; n += 1) {
		const [a, b] = [n, n + 1].map((port) => fingerprint(["sip:h", `call-1@192.0.2.1:${port}`]));
		changed += bits(BigInt(`0x${a}`) ^ BigInt(`0x${b}`));
	}
	assert.ok(changed / 500 > 24 && changed / 500 < 40, `${changed / 500} of 64`);
});

function bits(value: bigint): number {
	return value.toString(2).replaceAll("0", "").length;
}

function fingerprint(texts: readonly string[]): string {
	const hash = new Fingerprint();
	for (const text of texts) hash.add(text);
	return hash.hex();
}
