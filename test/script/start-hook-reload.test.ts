/** `onStart` in a reload, a canary, a rollback and a shadow: when it is asked, and what becomes of one that fails. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Starting } from "../../core/script/beginning.ts";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import type { ScriptsOptions } from "../../core/script/reload-result.ts";
import { Shadow } from "../../core/script/shadow.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { CanaryBed, canary, TestClock } from "./canary-bed.ts";
import { recordingLog } from "./harness.ts";

/** Calls `kv.increment` with this name when it starts, and answers with that status. */
function counting(name: string, status: number, more = ""): string {
	return [
		"import { defineRoutes, kv, reply } from 'sipwright';",
		"export default defineRoutes({",
		`async onStart() { await kv.increment("${name}");`,
		more,
		"},",
		`onRequest: () => reply(${status}) });`,
	].join("\n");
}

async function open(t: TestContext, given: Partial<ScriptsOptions> = {}) {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const write = (text: string) => folder.write("routes/default.ts", text);
	write(counting("first", 404));
	const starts: unknown[] = [];
	const starting: Starting = {
		calls: {
			perform({ args }) {
				starts.push(JSON.parse(args)[0]);
				return { ok: true, value: starts.length };
			},
			abandon: () => undefined,
		},
		clock: new TestClock(),
	};
	const start = (more: Partial<ScriptsOptions> = {}) =>
		CanaryBed.start(t, { starting, ...given, ...more }, folder);
	return { start, starts, write, folder };
}

test("onStart is asked once a generation; of scripts that are refused before, it is not asked at all", async (t) => {
	const { start, starts, write } = await open(t);
	const { scripts } = await start();
	assert.deepEqual(starts, ["first"]);
	assert.deepEqual([(await scripts.reload()).changed, starts.length], [false, 1]);
	write(counting("second", 410));
	assert.equal((await scripts.reload()).generation, 2);
	write(`throw new Error("no"); ${counting("third", 410)}`);
	assert.equal((await scripts.reload()).ok, false);
	assert.deepEqual(starts, ["first", "second"]);
});

test("scripts whose onStart fails do not serve: the reload says where and why, and the old ones go on", async (t) => {
	const { start, write } = await open(t);
	const bed = await start();
	const { scripts } = bed;
	write(counting("second", 410, "throw new Error('no list');"));
	const { ok, generation, errors } = await scripts.reload();
	assert.deepEqual([ok, generation, bed.ask()], [false, 1, 404]);
	assert.deepEqual([errors?.[0]?.line, errors?.[0]?.message], [4, "Error: no list"]);
	assert.match(errors?.[0]?.frame ?? "", /throw new Error/);
	assert.deepEqual(
		[scripts.status.error?.code, scripts.status.error?.step],
		["LOAD_ON_START", "on-start"],
	);
	assert.equal(bed.said("routes.refused"), "error: Error: no list");
	write(counting("third", 486));
	assert.deepEqual([(await scripts.reload()).ok, bed.ask()], [true, 486]);
});

test("at a start that fails there the last good scripts serve, asked onStart as well; else the built-in ones", async (t) => {
	const { start, starts, write } = await open(t);
	const first = await start();
	await first.scripts.close();
	write(counting("broken", 410, "throw new Error('no list');"));
	const second = await start();
	assert.deepEqual([second.scripts.status.origin, second.ask()], ["last-good", 404]);
	assert.deepEqual(starts, ["first", "broken", "first"]);
	const other = await open(t);
	other.write(counting("broken", 410, "throw new Error('no list');"));
	const { scripts } = await other.start();
	assert.deepEqual(
		[scripts.status.origin, scripts.status.error?.code],
		["built-in", "LOAD_ON_START"],
	);
});

test("a canary is asked onStart when it begins, and not again when it gets everything; a rollback asks that of the scripts it brings back", async (t) => {
	const { start, starts, write } = await open(t, { canary: canary({ share: 100 }) });
	const bed = await start();
	write(counting("candidate", 410));
	await bed.scripts.reload();
	assert.deepEqual([starts.splice(0), bed.ask()], [["first", "candidate"], 410]);
	await bed.scripts.promote();
	assert.deepEqual(starts, []);
	await bed.scripts.rollback();
	assert.deepEqual([starts, bed.ask()], [["first"], 404]);
});

test("where tests come first, onStart is asked once they have passed", async (t) => {
	const { start, starts, write } = await open(t);
	let passes = true;
	const bed = await start({
		authorsTests: {
			find: () => ["default.test.ts"],
			run: async () => {
				starts.push("tests");
				const failed = { name: "a", file: "default.test.ts", line: 1, column: 1, reason: "no" };
				return { kind: "ran", failed: passes ? [] : [failed] };
			},
		},
		tests: "block",
	});
	assert.deepEqual(starts.splice(0), ["tests", "first"]);
	passes = false;
	write(counting("second", 410));
	assert.equal((await bed.scripts.reload()).ok, false);
	assert.deepEqual(starts, ["tests"]);
});

test("a shadow has no effect: its onStart is not asked", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	folder.write("next/default.ts", counting("shadow", 404, "throw new Error('asked');"));
	const shadow = new Shadow(recordingLog());
	t.after(() => shadow.close());
	await shadow.configure(
		{ routes: join(folder.path, "next"), share: 100 },
		{ devices: [], limits: DEFAULT_LIMITS, state: join(folder.path, "state"), pollMs: Infinity },
	);
	assert.deepEqual([shadow.status?.error, shadow.status?.hash.length], [undefined, 16]);
});
