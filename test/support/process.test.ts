import assert from "node:assert/strict";
import { test } from "node:test";
import { startProgram } from "./process.ts";

test("stop: a program that does not end when asked is killed with the children that hold its output", async () => {
	const child = "trap '' TERM; echo here; while :; do sleep 1; done";
	const program = startProgram("sh", ["-c", `trap '' TERM; sh -c "${child}" & wait; wait`], {
		insistMs: 100,
	});
	await program.printed(/here/);
	assert.equal(await program.stop(), null);
});
