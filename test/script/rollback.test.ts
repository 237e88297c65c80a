/** Generations that are alive, and the way back to the scripts before. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { DEFAULT_LIMITS, GENERATIONS_MAX } from "../../core/script/limits.ts";
import type { ReloadResult } from "../../core/script/reload-result.ts";
import { Scripts } from "../../core/script/scripts.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { context, hook, recordingLog, request, scriptDevice } from "./harness.ts";

const answering = (status: number) => hook(`return reply(${status});`);

function place(t: TestContext): TempFolder {
	const folder = tempFolder();
	t.after(() => folder.remove());
	return folder;
}

async function start(t: TestContext, folder: TempFolder, given: { watch?: boolean } = {}) {
	const log = recordingLog();
	const results: ReloadResult[] = [];
	let wake = () => {};
	const scripts = await Scripts.start({
		entry: join(folder.path, "routes"),
		devices: [],
		limits: DEFAULT_LIMITS,
		typecheck: "off",
		log,
		state: join(folder.path, "state"),
		watch: given.watch ?? false,
		reloaded: (result) => {
			results.push(result);
			wake();
		},
	});
	t.after(() => scripts.close());
	const next = async () => {
		while (results.length === 0)
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
		return results.shift();
	};
	return { scripts, log, next, save: (status: number) => save(folder, status) };
}

function save(folder: TempFolder, status: number): void {
	folder.write("routes/default.ts", answering(status));
}

function statusOf({ generation }: Scripts): number {
	const text = request("INVITE", "sip:5000@127.0.0.1");
	const outcome = generation.ask("onRequest", text, context());
	return "kind" in outcome && outcome.kind === "reply" ? outcome.status : 0;
}

test("architecture §5: a rollback serves with the scripts before, and once more undoes that", async (t) => {
	const folder = place(t);
	save(folder, 404);
	const { scripts } = await start(t, folder);
	const first = scripts.status.hash;
	save(folder, 410);
	await scripts.reload();
	const back = await scripts.rollback();
	assert.deepEqual([back.ok, back.changed, back.generation, back.hash], [true, true, 3, first]);
	assert.deepEqual([statusOf(scripts), scripts.status.origin], [404, "rolled-back"]);
	const forth = await scripts.rollback();
	assert.deepEqual([forth.ok, forth.generation, statusOf(scripts)], [true, 4, 410]);
	assert.equal(scripts.status.origin, "script");
	const same = await scripts.reload();
	assert.deepEqual([same.ok, same.changed, same.warnings], [true, false, undefined]);
});

test("architecture §5: what was rolled back is not taken up again until the files change, whoever asks", async (t) => {
	const folder = place(t);
	save(folder, 404);
	const { scripts, next, log } = await start(t, folder, { watch: true });
	save(folder, 410);
	await next();
	await scripts.rollback();
	save(folder, 410);
	const touched = await next();
	assert.deepEqual([touched?.ok, touched?.changed, statusOf(scripts)], [true, false, 404]);
	assert.match(touched?.warnings?.[0]?.message ?? "", /these scripts were rolled back/);
	assert.ok(
		log.entries.some(({ fields }) => JSON.stringify(fields).includes("routes.rolled-back")),
	);
	save(folder, 411);
	await next();
	assert.deepEqual([statusOf(scripts), scripts.status.origin], [411, "script"]);
});

test("devices that change after a rollback come to the scripts that it brought back", async (t) => {
	const folder = place(t);
	folder.write("routes/default.ts", hook("return reply(device('1') ? 480 : 404);"));
	const { scripts, save } = await start(t, folder);
	save(410);
	await scripts.reload();
	await scripts.rollback();
	const result = await scripts.reload([scriptDevice({ name: "1" })]);
	assert.deepEqual([result.ok, result.changed, statusOf(scripts)], [true, true, 480]);
	assert.equal(scripts.status.origin, "rolled-back");
	assert.equal((await scripts.reload()).changed, false);
	assert.equal(statusOf(scripts), 480);
});

test("a rollback outlives a restart; saved scripts end it", async (t) => {
	const folder = place(t);
	save(folder, 404);
	const first = await start(t, folder);
	save(folder, 410);
	await first.scripts.reload();
	await first.scripts.rollback();
	await first.scripts.close();
	const second = await start(t, folder);
	assert.deepEqual(
		[statusOf(second.scripts), second.scripts.status.origin, second.scripts.status.error],
		[404, "rolled-back", undefined],
	);
	assert.equal((await second.scripts.reload()).changed, false);
	assert.equal((await second.scripts.rollback()).ok, true);
	assert.equal(statusOf(second.scripts), 410);
	await second.scripts.rollback();
	save(folder, 411);
	await second.scripts.reload();
	assert.deepEqual([statusOf(second.scripts), second.scripts.status.origin], [411, "script"]);
	const third = await start(t, folder);
	assert.equal(statusOf(third.scripts), 411);
});

test("putting the old files back after a rollback is a change like any other", async (t) => {
	const folder = place(t);
	save(folder, 404);
	const { scripts } = await start(t, folder);
	save(folder, 410);
	await scripts.reload();
	await scripts.rollback();
	save(folder, 404);
	const result = await scripts.reload();
	assert.deepEqual([result.ok, scripts.status.origin, statusOf(scripts)], [true, "script", 404]);
	save(folder, 410);
	await scripts.reload();
	assert.equal(statusOf(scripts), 410);
});

test("with nothing to go back to, or a file that was damaged, a rollback is refused and changes nothing", async (t) => {
	const folder = place(t);
	save(folder, 404);
	const { scripts } = await start(t, folder);
	const none = await scripts.rollback();
	assert.deepEqual([none.ok, none.generation], [false, 1]);
	assert.match(none.reason ?? "", /^rollback: .*none served before these$/);
	save(folder, 410);
	await scripts.reload();
	const kept = join(folder.path, "state/generations/before.json");
	writeFileSync(kept, readFileSync(kept, "utf8").replace("404", "405"));
	assert.equal((await scripts.rollback()).ok, false);
	rmSync(kept);
	assert.equal((await scripts.rollback()).ok, false);
	assert.equal(statusOf(scripts), 410);
	save(folder, 411);
	assert.equal((await scripts.reload()).ok, true, "the next good save works");
});

test("other devices alone leave nothing new to go back to", async (t) => {
	const folder = place(t);
	save(folder, 404);
	const { scripts } = await start(t, folder);
	await scripts.reload([scriptDevice({ name: "1" })]);
	assert.equal((await scripts.rollback()).ok, false);
});

test("architecture §5: the generations alive are listed with what each still does, until it has ended", async (t) => {
	const folder = place(t);
	save(folder, 404);
	const { scripts } = await start(t, folder);
	const old = scripts.generation;
	old.retain();
	old.retain();
	save(folder, 410);
	await scripts.reload();
	const [before, now, ...others] = scripts.generations.list;
	assert.deepEqual(others, []);
	assert.deepEqual(
		[before?.id, before?.serving, before?.requests, before?.hash],
		[1, false, 2, old.hash],
	);
	assert.deepEqual([now?.id, now?.serving, now?.requests, now?.origin], [2, true, 0, "script"]);
	assert.equal(now?.replaced, undefined);
	assert.ok((before?.replaced ?? 0) >= (before?.activated ?? Infinity));
	old.release();
	assert.equal(scripts.generations.list[0]?.requests, 1);
	old.release();
	assert.deepEqual(
		scripts.generations.list.map(({ id }) => id),
		[2],
	);
});

test("architecture §5: the number of generations alive is bounded: the oldest gives up its isolate, which is counted and told; no reload is refused for it", async (t) => {
	const folder = place(t);
	save(folder, 400);
	const { scripts, log } = await start(t, folder);
	const kept = [scripts.generation];
	scripts.generation.retain();
	for (let one = 1; one <= GENERATIONS_MAX; one += 1) {
		save(folder, 400 + one);
		assert.equal((await scripts.reload()).ok, true);
		scripts.generation.retain();
		kept.push(scripts.generation);
	}
	assert.equal(scripts.generations.list.length, GENERATIONS_MAX);
	assert.equal(scripts.generations.list[0]?.id, 2);
	assert.equal(scripts.generations.ended, 1);
	const told = log.entries.find(({ fields }) => JSON.stringify(fields).includes("routes.ended"));
	assert.match(
		told?.message ?? "",
		/^generation 1 gives up its isolate before 1 of its requests have ended: 16 are alive$/,
	);
	const [first, second] = kept;
	const ask = (one: typeof first) =>
		one?.ask("onRequest", request("INVITE", "sip:5000@127.0.0.1"), context());
	assert.equal((ask(first) as { status?: number }).status, 400, "its requests still end on it");
	assert.equal((ask(second) as { status?: number }).status, 401);
	for (const generation of kept) generation.release();
	assert.equal(scripts.generations.list.length, 1);
});
