import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

const ISOLATES = new URL("../../core/script/end-of-process.ts", import.meta.url);

/** What it says when it ends, how it ends, and what it complains of. */
async function run(
	text: string,
): Promise<readonly [said: string, code: number | null, complaint: string]> {
	const child = spawn(process.execPath, ["--input-type=module", "-e", text], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	let said = "";
	let complaint = "";
	child.stdout.setEncoding("utf8").on("data", (piece: string) => {
		said += piece;
	});
	child.stderr.setEncoding("utf8").on("data", (piece: string) => {
		complaint += piece;
	});
	const [code] = await once(child, "close");
	return [said, code, complaint];
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

for (const [how, thrown] of [
	["at the top level", "await undefined; throw new Error('the cause')"],
	["from a timer", "setTimeout(() => { throw new Error('the cause'); }, 1)"],
	["by a promise", "Promise.reject(new Error('the cause'))"],
] as const)
	test(`what nobody caught in a process with isolates is told, thrown ${how}`, async () => {
		const [, code, complaint] = await run(`
			import { endWithoutTeardown } from "${ISOLATES}";
			endWithoutTeardown();
			${thrown};`);
		assert.equal(code, 1);
		assert.match(complaint, /Error: the cause/);
	});

test("a thrown error that somebody caught does not keep a process with isolates from its end", async () => {
	const [said, code, complaint] = await run(`
		import { endWithoutTeardown } from "${ISOLATES}";
		process.on("uncaughtException", ({ message }) => { console.log(message); });
		endWithoutTeardown();
		setTimeout(() => { throw new Error("caught"); }, 1);`);
	assert.deepEqual([said, code, complaint], ["caught\n", 0, ""]);
});
