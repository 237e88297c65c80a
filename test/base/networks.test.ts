/** CIDR blocks and addresses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Networks, parseNetwork } from "../../core/base/networks.ts";
import { seeded } from "../support/seeded.ts";

function networks(...texts: string[]): Networks {
	return new Networks(texts.flatMap((text) => parseNetwork(text) ?? []));
}

test("RFC 4632 §3.1, RFC 4291 §2.3, §2.5.5.2: an address lies in a network by its leading bits", () => {
	const trusted = networks("10.20.0.0/16", "127.0.0.1", "2001:db8::/32", "::1");
	const inside = ["10.20.255.1", "127.0.0.1", "2001:db8:ffff::1", "::1", "::ffff:10.20.0.9"];
	const outside = ["10.21.0.0", "127.0.0.2", "2001:db9::", "::2", "::ffff:10.21.0.9", "", "a.b"];
	for (const address of inside) assert.equal(trusted.contains(address), true, address);
	for (const address of outside) assert.equal(trusted.contains(address), false, address);
});

test("the bits after the prefix do not matter, and an IPv6 zone does not either", () => {
	assert.equal(networks("10.20.3.4/16").contains("10.20.9.9"), true);
	assert.equal(networks("fe80::/10").contains("fe80::1%eth0"), true);
});

test("/0 holds every address of its family, no network holds none", () => {
	assert.equal(networks("0.0.0.0/0").contains("255.255.255.255"), true);
	assert.equal(networks("0.0.0.0/0").contains("::1"), false);
	assert.equal(networks().contains("127.0.0.1"), false);
});

test("from any prefix and address: inside if and only if the leading bits are equal", () => {
	for (let seed = 1; seed <= 300; seed += 1) {
		const random = seeded(seed);
		const [a, b] = [random.below(2 ** 32), random.below(2 ** 32)];
		const prefix = random.below(33);
		const near = random.below(2) === 0 ? b : (a ^ random.below(2 ** 12)) >>> 0;
		const equal = bits(a).slice(0, prefix) === bits(near).slice(0, prefix);
		assert.equal(networks(`${dotted(a)}/${prefix}`).contains(dotted(near)), equal, `seed ${seed}`);
	}
});

test("IPv6, from any prefix and address: inside if and only if the leading bits are equal", () => {
	for (let seed = 1; seed <= 300; seed += 1) {
		const random = seeded(seed);
		const groups = Array.from({ length: 8 }, () => random.below(2 ** 16));
		const prefix = random.below(129);
		const changed = random.below(8);
		const near = groups.map((group, at) =>
			at === changed ? group ^ random.below(2 ** 16) : group,
		);
		const equal = bits128(groups).slice(0, prefix) === bits128(near).slice(0, prefix);
		const inside = networks(`${colons(groups)}/${prefix}`).contains(colons(near));
		assert.equal(inside, equal, `seed ${seed}`);
	}
});

test("what is no network", () => {
	for (const text of ["", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0/8", "a/8"])
		assert.equal(parseNetwork(text), undefined, text);
});

function bits(number: number): string {
	return number.toString(2).padStart(32, "0");
}

function dotted(number: number): string {
	return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

function bits128(groups: readonly number[]): string {
	return groups.map((group) => group.toString(2).padStart(16, "0")).join("");
}

function colons(groups: readonly number[]): string {
	return groups.map((group) => group.toString(16)).join(":");
}
