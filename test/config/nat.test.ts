/** The block `nat`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { read } from "./reading.ts";

test("nat: phones behind NAT are pinged every 30 s with OPTIONS unless it says otherwise", async (t) => {
	assert.deepEqual((await read(t, "")).config?.nat, {
		pingSeconds: 30,
		pingTo: "behind-nat",
		pingWith: "options",
		unansweredMax: Infinity,
	});
	const { config } = await read(t, "nat: { ping: 10, ping-to: all, drop-after: 3 }\n");
	const { pingSeconds, pingTo, unansweredMax } = config?.nat ?? {};
	assert.deepEqual([pingSeconds, pingTo, unansweredMax], [10, "all", 3]);
	const off = await read(t, "nat: { ping: off, ping-with: crlf, drop-after: off }\n");
	assert.deepEqual(off.config?.nat, {
		pingSeconds: Infinity,
		pingTo: "behind-nat",
		pingWith: "crlf",
		unansweredMax: Infinity,
	});
});

test("nat: each wrong value is an error that names its line and what to write", async (t) => {
	const yaml =
		"nat:\n  ping: 2\n  ping-to: everybody\n  ping-with: stun\n  drop-after: 1\n  pong: 3\n";
	assert.deepEqual((await read(t, yaml)).errors, [
		'2:9 error CONFIG_VALUE ping: "2" is out of range → write ping: a number, 5 to 3600, or off',
		'3:12 error CONFIG_VALUE ping-to: "everybody" is not known → write ping-to: one of behind-nat, all',
		'4:14 error CONFIG_VALUE ping-with: "stun" is not known → write ping-with: one of options, crlf',
		'5:15 error CONFIG_VALUE drop-after: "1" is out of range → write drop-after: a number, 2 to 100, or off',
		'6:3 error CONFIG_UNKNOWN_KEY nat has no key "pong" → write ping',
	]);
});

test("nat: drop-after where nothing is sent that is answered is an error that says what to write", async (t) => {
	assert.deepEqual((await read(t, "nat: { ping: off, drop-after: 3 }\n")).errors, [
		"1:31 error CONFIG_COMBINATION nat: drop-after counts pings, and with ping: off there are none → write ping: 30, or drop-after: off",
	]);
	assert.deepEqual((await read(t, "nat: { ping-with: crlf, drop-after: 3 }\n")).errors, [
		"1:37 error CONFIG_COMBINATION nat: drop-after counts answers, and nobody answers ping-with: crlf → write ping-with: options, or drop-after: off",
	]);
});
