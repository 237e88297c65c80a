/** The author's tests as a step of a load; the tests themselves are made up here. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { TestsMode, TestsOutcome } from "../../core/script/authors-tests.ts";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import { Scripts } from "../../core/script/scripts.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { context, hook, recordingLog, request } from "./harness.ts";

const answering = (status: number) => hook(`return reply(${status});`);
const PASSED: TestsOutcome = { kind: "ran", failed: [] };

/** `outcomes`: of one run of the tests after the other; the last one again and again. */
async function start(
	t: TestContext,
	outcomes: (TestsOutcome | (() => TestsOutcome))[],
	tests?: TestsMode,
) {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const entry = folder.write("routes/default.ts", answering(404));
	const file = folder.write("routes/default.test.ts", "first\nsecond\n");
	const runs: (readonly string[])[] = [];
	const log = recordingLog();
	const scripts = await Scripts.start({
		entry,
		devices: [],
		limits: DEFAULT_LIMITS,
		typecheck: "off",
		...(tests && { tests }),
		authorsTests: {
			find: () => [file],
			run: async (files) => {
				runs.push(files);
				const outcome = outcomes[Math.min(runs.length, outcomes.length) - 1] ?? PASSED;
				return typeof outcome === "function" ? outcome() : outcome;
			},
		},
		log,
		state: join(folder.path, "state"),
		watch: false,
	});
	t.after(() => scripts.close());
	const save = (status: number) => folder.write("routes/default.ts", answering(status));
	const status = () => {
		const text = request("INVITE", "sip:5000@127.0.0.1");
		const outcome = scripts.generation.ask("onRequest", text, context());
		return "kind" in outcome && outcome.kind === "reply" ? outcome.status : 0;
	};
	const failing = (reason: string, line = 2): TestsOutcome => ({
		kind: "ran",
		failed: [{ name: "a call", file, line, column: 3, reason }],
	});
	return { scripts, save, status, runs, log, file, entry, failing, outcomes, folder };
}

test("architecture §5: scripts whose tests fail do not serve, and it is said of each test where and why", async (t) => {
	const { scripts, save, status, runs, log, file, outcomes, failing } = await start(
		t,
		[PASSED],
		"block",
	);
	assert.deepEqual(runs, [[file]]);
	outcomes.push(failing("no 200"), PASSED);
	save(410);
	const { ok, errors } = await scripts.reload();
	assert.equal(ok, false);
	assert.deepEqual(errors, [
		{
			file,
			line: 2,
			column: 3,
			message: 'test "a call": no 200',
			frame: "  2 | second\n    |   ^",
		},
	]);
	assert.deepEqual(
		[scripts.status.error?.code, scripts.status.error?.step],
		["LOAD_TESTS", "tests"],
	);
	assert.match(JSON.stringify(log.entries.at(-1)?.fields), /"routes.refused","code":"LOAD_TESTS"/);
	assert.equal(status(), 404);
	assert.equal((await scripts.reload()).changed, true, "the same scripts, and tests that pass");
	assert.equal(status(), 410);
	await scripts.reload();
	assert.equal(runs.length, 3, "what serves is not tested again");
});

test("tests: warn lets scripts serve whose tests fail, and says so; off does not run them", async (t) => {
	const warned = await start(t, [PASSED], "warn");
	warned.outcomes.push(warned.failing("no 200"));
	warned.save(410);
	const { ok, warnings } = await warned.scripts.reload();
	assert.deepEqual([ok, warnings?.[0]?.message], [true, 'test "a call": no 200']);
	assert.ok(
		warned.log.entries.some(({ level, message }) => level === "warn" && /no 200/.test(message)),
	);
	assert.equal(warned.status(), 410);
	const off = await start(t, [PASSED], "off");
	off.save(410);
	assert.equal((await off.scripts.reload()).ok, true);
	assert.deepEqual(off.runs, []);
});

test("tests that do not end, or cannot be run, keep scripts from serving; scripts that do not load are not tested", async (t) => {
	const outcomes: TestsOutcome[] = [PASSED];
	const { scripts, save, runs, entry, folder } = await start(t, outcomes, "block");
	outcomes.push({ kind: "late", milliseconds: 30_000 }, { kind: "unable", reason: "no memory" });
	save(410);
	const late = await scripts.reload();
	assert.deepEqual([scripts.status.error?.code, late.errors?.[0]?.file], ["LOAD_TIMEOUT", entry]);
	assert.match(late.reason ?? "", /its tests did not end within 30000 ms/);
	assert.match((await scripts.reload()).reason ?? "", /its tests: no memory/);
	folder.write("routes/default.ts", "throw new Error('at once');");
	await scripts.reload();
	assert.deepEqual([scripts.status.error?.code, runs.length], ["LOAD_START", 3]);
});

test("what was tested is what serves: scripts that are written while their tests run are tested anew", async (t) => {
	const outcomes: (TestsOutcome | (() => TestsOutcome))[] = [PASSED];
	const { scripts, save, status, runs } = await start(t, outcomes, "block");
	outcomes.push(() => {
		save(486);
		return PASSED;
	}, PASSED);
	save(410);
	assert.equal((await scripts.reload()).changed, true);
	assert.deepEqual([status(), runs.length], [486, 3]);
});
