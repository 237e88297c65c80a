/** Changes of scripts on real file systems, as editors, git, volumes and releases make them. */
import assert from "node:assert/strict";
import {
	appendFileSync,
	mkdirSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	unlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as after } from "node:timers/promises";
import { fingerprint } from "../../core/script/fingerprint.ts";
import { gitBusy } from "../../core/script/git-busy.ts";
import { DEFAULT_LIMITS, GIT_BUSY_MAX_MS } from "../../core/script/limits.ts";
import type { ReloadResult } from "../../core/script/reload-result.ts";
import { Scripts } from "../../core/script/scripts.ts";
import { Watcher } from "../../core/script/watcher.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { context, hook, recordingLog, request } from "./harness.ts";

const answering = (status: number) => hook(`return reply(${status});`);
/** Longer than a change takes to be told. */
const QUIET_MS = 400;

function place(t: TestContext): TempFolder {
	const folder = tempFolder();
	t.after(() => folder.remove());
	return folder;
}

async function start(t: TestContext, entry: string, pollMs = Infinity) {
	const results: ReloadResult[] = [];
	let wake = () => {};
	const scripts = await Scripts.start({
		entry,
		devices: [],
		limits: DEFAULT_LIMITS,
		typecheck: "off",
		log: recordingLog(),
		state: join(dirname(entry), "state"),
		watch: true,
		pollMs,
		reloaded: (result) => {
			results.push(result);
			wake();
		},
	});
	t.after(() => scripts.close());
	const status = () => {
		const text = request("INVITE", "sip:5000@127.0.0.1");
		const outcome = scripts.generation.ask("onRequest", text, context());
		return "kind" in outcome && outcome.kind === "reply" ? outcome.status : 0;
	};
	/** Resolves once an INVITE is answered so. */
	const serves = async (expected: number) => {
		while (status() !== expected)
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
	};
	return { scripts, results, serves };
}

test("architecture §5: an editor that writes beside and renames, moves the old file away, or deletes and writes anew", async (t) => {
	const folder = place(t);
	const file = folder.write("routes/default.ts", answering(404));
	const { serves } = await start(t, file);
	renameSync(folder.write("routes/.default.ts.tmp", answering(405)), file);
	await serves(405);
	renameSync(file, `${file}~`);
	writeFileSync(file, answering(406));
	await serves(406);
	unlinkSync(file);
	writeFileSync(file, answering(407));
	await serves(407);
});

test("architecture §5: a single file that is written in place, as through a bind mount", async (t) => {
	const folder = place(t);
	const file = folder.write("routes/default.ts", answering(404));
	const before = statSync(file).ino;
	const { serves } = await start(t, file);
	writeFileSync(file, answering(410));
	await serves(410);
	appendFileSync(file, "\n// the end");
	assert.equal(statSync(file).ino, before);
});

test("many files that change together are one reload", async (t) => {
	const folder = place(t);
	const write = (status: number) => {
		for (let one = 0; one < 60; one += 1)
			folder.write(`routes/lib/part${one}.ts`, `export const part = ${status};`);
		const top =
			'import { part as a } from "./lib/part0.ts"; import { part as z } from "./lib/part59.ts";';
		return folder.write("routes/default.ts", hook("return reply(a === z ? a : 500);", top));
	};
	const { serves, results, scripts } = await start(t, write(404));
	write(410);
	await serves(410);
	assert.equal(results.filter(({ changed }) => changed).length, 1);
	assert.equal(scripts.generation.id, 2);
});

test("while git holds its lock nothing is loaded; then all of it at once", async (t) => {
	const folder = place(t);
	folder.write("repository/.git/HEAD", "ref: refs/heads/main");
	folder.write("repository/routes/status.ts", "export const status = 404;");
	const top = 'import { status } from "./status.ts";';
	const file = folder.write("repository/routes/default.ts", hook("return reply(status);", top));
	const { serves, results } = await start(t, file);
	const lock = folder.write("repository/.git/index.lock", "");
	folder.write("repository/routes/default.ts", hook("return reply(status + 1);", top));
	await after(QUIET_MS);
	assert.deepEqual(results, []);
	folder.write("repository/routes/status.ts", "export const status = 410;");
	rmSync(lock);
	await serves(411);
	assert.deepEqual(
		results.map(({ ok, generation }) => [ok, generation]),
		[[true, 2]],
	);
});

test("a lock that git left behind holds nothing up", async (t) => {
	const folder = place(t);
	const now = Date.now();
	const routes = dirname(folder.write("repository/a/routes/default.ts", ""));
	assert.equal(await gitBusy(routes, now), false);
	const lock = folder.write("repository/.git/index.lock", "");
	assert.equal(await gitBusy(routes, now), true);
	for (const apart of [-2, 2]) {
		const seconds = (now + apart * GIT_BUSY_MAX_MS) / 1_000;
		utimesSync(lock, seconds, seconds);
		assert.equal(await gitBusy(routes, now), false, `${apart}`);
	}
});

test("writes without a pause do not keep a change from being told", async (t) => {
	const folder = place(t);
	folder.write("default.ts", "");
	let told = 0;
	const watching = {
		changed: () => {
			told += 1;
		},
		failed: (error: Error) => assert.fail(error),
	};
	const watched = { folder: folder.path, except: join(folder.path, "state"), pollMs: Infinity };
	const watcher = await Watcher.open(watched, watching);
	t.after(() => watcher.close());
	for (let count = 0; told === 0; count += 1) {
		folder.write("numbers.json", String(count));
		await after(10);
	}
});

test("architecture §5: a link above the folder that is moved to another release is seen by the contents, and so is what changes there", async (t) => {
	const folder = place(t);
	const release = (name: string, status: number) => {
		folder.write(`releases/${name}/routes/default.ts`, answering(status));
		symlinkSync(`releases/${name}`, join(folder.path, "next"));
		renameSync(join(folder.path, "next"), join(folder.path, "current"));
	};
	release("1", 404);
	const { serves } = await start(t, join(folder.path, "current/routes"), 50);
	release("2", 410);
	await serves(410);
	folder.write("releases/2/routes/default.ts", answering(411));
	await serves(411);
	release("1", 412);
	await serves(412);
});

test("a folder that goes and comes back is seen again", async (t) => {
	const folder = place(t);
	const file = folder.write("routes/default.ts", answering(404));
	const { serves, results } = await start(t, dirname(file), 50);
	rmSync(dirname(file), { recursive: true });
	while (results.every(({ ok }) => ok)) await after(10);
	mkdirSync(dirname(file));
	writeFileSync(file, answering(410));
	await serves(410);
});

test("looking at contents tells a change once, and says nothing where there is none", async (t) => {
	const folder = place(t);
	const file = folder.write("routes/default.ts", answering(404));
	const { serves, results } = await start(t, file, 20);
	await after(QUIET_MS);
	assert.deepEqual(results, []);
	folder.write("routes/default.ts", answering(410));
	await serves(410);
	await after(QUIET_MS);
	assert.equal(results.length, 1);
});

test("a fingerprint is of contents, not of times; packages, hidden files and the state folder are not in it", async (t) => {
	const folder = place(t);
	const file = folder.write("a/default.ts", "export const a = 1;");
	const outside = folder.write("b/lib.ts", "1");
	const take = () => fingerprint(join(folder.path, "a"), join(folder.path, "a/state"), [outside]);
	const seconds = 1_700_000_000;
	utimesSync(file, seconds, seconds);
	const first = await take();
	writeFileSync(file, "export const a = 2;");
	utimesSync(file, seconds, seconds);
	const second = await take();
	assert.notEqual(second, first);
	for (const path of ["node_modules/x/a.ts", ".git/a.ts", "state/a.json", "notes.txt"])
		folder.write(`a/${path}`, "1");
	symlinkSync(".", join(folder.path, "a/again"));
	const circular = await take();
	rmSync(join(folder.path, "a/again"));
	assert.equal(await take(), second);
	assert.notEqual(circular, "");
	folder.write("b/lib.ts", "2");
	assert.notEqual(await take(), second);
});

test("a large file counts by its size and time, and an unreadable or missing one as such", async (t) => {
	const folder = place(t);
	const file = folder.write("numbers.json", " ".repeat(2 * 1024 * 1024));
	const take = () => fingerprint(folder.path, "", []);
	const first = await take();
	assert.equal(await take(), first);
	writeFileSync(file, " ".repeat(2 * 1024 * 1024 + 1));
	const second = await take();
	assert.notEqual(second, first);
	rmSync(file);
	assert.notEqual(await take(), second);
});
