import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

const ISOLATES = new URL("../../core/script/end-of-process.ts", import.meta.url);

/** What it says when it ends, and how it ends. */
async function run(text: string): Promise<readonly [said: string, code: number | null]> {
	const child = spawn(process.execPath, ["--input-type=module", "-e", text], {
		stdio: ["ignore", "pipe", "ignore"],
	});
	let said = "";
	child.stdout.setEncoding("utf8").on("data", (piece: string) => {
		said += piece;
	});
	const [code] = await once(child, "close");
	return [said, code];
}

test("a process with isolates that has run out of work ends with its exit code, all it said and all its ends", async () => {
	const [said, code] = await run(`
		import { endWithoutTeardown } from "${ISOLATES}";
		process.on("exit", () => { process.exitCode = 7; });
		endWithoutTeardown();
		endWithoutTeardown();
		process.stdout.write("x".repeat(1_000_000));`);
	assert.deepEqual([said.length, code], [1_000_000, 7]);
});

test("a process with isolates whose promises never come says so, as Node does", async () => {
	const [, code] = await run(`
		import { endWithoutTeardown } from "${ISOLATES}";
		endWithoutTeardown();
		await new Promise(() => {});`);
	assert.equal(code, 13);
});
