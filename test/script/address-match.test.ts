/** Networks in scripts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "./evaluate.ts";

test("an address lies in a network, or in one of several, IPv4 and IPv6; a name lies in none", async (t) => {
	const list = '["10.20.0.0/16", "192.0.2.7", "2001:db8:20::/48"]';
	const inside = ["10.20.9.1", "192.0.2.7", "2001:db8:20:1::9", "[2001:db8:20::1]"];
	const outside = ["10.21.0.1", "192.0.2.8", "2001:db8:21::1", "example.com", ""];
	const addresses = JSON.stringify([...inside, ...outside]);
	assert.deepEqual(await evaluate(t, `${addresses}.map((one) => inNetwork(one, ${list}))`), [
		...inside.map(() => true),
		...outside.map(() => false),
	]);
	const single =
		'inNetwork(request.source.address, "127.0.0.0/8") && inNetwork("::ffff:10.0.0.1", "10.0.0.0/8")';
	assert.equal(await evaluate(t, single), true);
});

test("a list is read once: a thousand networks can be asked about again and again", async (t) => {
	const top =
		"globalThis.list ??= Array.from({ length: 1000 }, (_, n) => ['10', n >> 8, n & 255, '0/24'].join('.'))";
	const asked = "Array(200).fill(0).every(() => inNetwork('10.3.231.1', globalThis.list))";
	assert.equal(await evaluate(t, `(${top}, ${asked})`), true);
});

test("what is no network throws, and says which", async (t) => {
	for (const [given, message] of [
		[
			'"10.0.0.0/33"',
			'TypeError: inNetwork(): 10.0.0.0/33 is no network; write "10.0.0.0/8" or "::1"',
		],
		[
			'["10.0.0.0/8", "office"]',
			'TypeError: inNetwork(): office is no network; write "10.0.0.0/8" or "::1"',
		],
		["undefined", 'TypeError: inNetwork() takes a network, "10.0.0.0/8", or a list of them'],
	])
		assert.equal(await evaluate(t, `inNetwork("10.0.0.1", ${given})`), message);
	const wrong = "TypeError: inNetwork() takes an address, such as request.source.address";
	assert.equal(await evaluate(t, 'inNetwork(undefined, "10.0.0.0/8")'), wrong);
});
