import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDeltaSeconds, parseQ } from "../../core/message/scalars.ts";

test("RFC 3261 §20.19, RFC 4475 §3.1.2.4 MSG-21: seconds are held at 2^32-1", () => {
	assert.deepEqual(
		["0", "007", "4294967295", `1${"0".repeat(100)}`].map(parseDeltaSeconds),
		[0, 7, 4_294_967_295, 4_294_967_295],
	);
	assert.deepEqual(["", "-1", "1.5", "1e3", " 1", "9".repeat(400)].map(parseDeltaSeconds), [
		undefined,
		undefined,
		undefined,
		undefined,
		undefined,
		4_294_967_295,
	]);
});

test("RFC 3261 §25.1 MSG-21: q is 0 to 1 with at most three decimals", () => {
	assert.deepEqual(
		["0", "1", "0.", "1.0", "0.5", "0.33", "0.001", "1.000"].map(parseQ),
		[0, 1000, 0, 1000, 500, 330, 1, 1000],
	);
	for (const bad of ["", ".5", "2", "1.001", "0.1234", "-0", "0.x", "01", "1.0.0"])
		assert.equal(parseQ(bad), undefined, bad);
});
