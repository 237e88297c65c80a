import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { compile } from "../../core/script/compile.ts";
import { Generation } from "../../core/script/generation.ts";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import type { ReloadResult } from "../../core/script/reload-result.ts";
import type { ScriptDevice } from "../../core/script/script-device.ts";
import { Scripts } from "../../core/script/scripts.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { atOnce, context, decision, hook, recordingLog, request, scriptDevice } from "./harness.ts";

type Bed = {
	readonly scripts: Scripts;
	readonly folder: TempFolder;
	readonly log: ReturnType<typeof recordingLog>;
	/** The next reload that nobody in the test asked for. */
	next(): Promise<ReloadResult>;
	/** The status that an INVITE is answered with. */
	status(): number | string;
	/** Resolves after the reload that makes an INVITE be answered so. */
	serves(status: number): Promise<void>;
};

const answering = (status: number) => hook(`return reply(${status});`);
const BROKEN = "export default defineRoutes({\n";

async function start(
	t: TestContext,
	files: Record<string, string>,
	given: { watch?: boolean; entry?: string; folder?: TempFolder; devices?: ScriptDevice[] } = {},
): Promise<Bed> {
	const folder = given.folder ?? tempFolder();
	for (const [name, text] of Object.entries(files)) folder.write(name, text);
	const log = recordingLog();
	const results: ReloadResult[] = [];
	let wake = () => {};
	const scripts = await Scripts.start({
		entry: join(folder.path, given.entry ?? "routes/default.ts"),
		devices: given.devices ?? [],
		limits: DEFAULT_LIMITS,
		typecheck: "off",
		log,
		state: join(folder.path, "state"),
		watch: given.watch ?? true,
		reloaded: (result) => {
			results.push(result);
			wake();
		},
	});
	t.after(async () => {
		await scripts.close();
		folder.remove();
	});
	const next = async () => {
		while (results.length === 0)
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
		return results.shift() as ReloadResult;
	};
	const serves = async (status: number) => {
		while (statusOf(scripts) !== status) await next();
	};
	return { scripts, folder, log, next, serves, status: () => statusOf(scripts) };
}

function askInvite(generation: Generation) {
	return atOnce(generation.ask("onRequest", request("INVITE", "sip:5000@127.0.0.1"), context()));
}

function statusOf({ generation }: Scripts): number | string {
	const outcome = askInvite(generation);
	if ("code" in outcome) return outcome.code;
	return outcome.kind === "reply" ? outcome.status : outcome.kind;
}

test("architecture §5: a saved file serves the next request; the generation counts up and names its hash", async (t) => {
	const { scripts, folder, next, status, log } = await start(t, {
		"routes/default.ts": answering(404),
	});
	const before = scripts.status;
	assert.deepEqual([before.generation, before.origin, status()], [1, "script", 404]);
	folder.write("routes/default.ts", answering(410));
	const result = await next();
	assert.deepEqual([result.ok, result.changed, result.generation], [true, true, 2]);
	assert.equal(status(), 410);
	assert.notEqual(scripts.status.hash, before.hash);
	assert.equal(result.hash, scripts.status.hash);
	assert.ok(log.entries.some(({ fields }) => "generation" in fields && fields.generation === 2));
});

test("architecture §5: a broken file changes nothing and says why; mending it serves again", async (t) => {
	const { scripts, folder, next, status, log } = await start(t, {
		"routes/default.ts": answering(404),
	});
	folder.write("routes/default.ts", BROKEN);
	const broken = await next();
	assert.deepEqual([broken.ok, broken.changed, broken.generation], [false, false, 1]);
	assert.match(broken.reason ?? "", /default\.ts:2:1/);
	assert.equal(broken.errors?.[0]?.line, 2);
	assert.equal(status(), 404);
	assert.equal(scripts.status.error?.code, "LOAD_BUNDLE");
	const entry = log.entries.find(({ level }) => level === "error");
	assert.match(JSON.stringify(entry?.fields), /"event":"routes.refused".*"line":2/);
	folder.write("routes/default.ts", answering(404));
	const mended = await next();
	assert.deepEqual([mended.ok, mended.changed, mended.generation], [true, false, 1]);
	assert.equal(scripts.status.error, undefined);
});

test("style §2.12: the same content again is no reload, and neither is a file that is no script", async (t) => {
	const { scripts, folder, next } = await start(t, { "routes/default.ts": answering(404) });
	folder.write("routes/notes.txt", "not read");
	folder.write("routes/.default.ts.swp", "not read");
	folder.write("routes/node_modules/a/b.ts", "not read");
	folder.write("routes/default.ts", answering(404));
	const result = await next();
	assert.deepEqual([result.ok, result.changed, result.generation], [true, false, 1]);
	assert.equal(scripts.generation.id, 1);
});

test("files that are added, renamed into place, or imported from elsewhere are seen", async (t) => {
	const script = hook("return reply(status);", 'import { status } from "./status.ts";');
	const { folder, next, serves } = await start(t, {
		"routes/default.ts": script,
		"routes/status.ts": "export const status = 404;",
	});
	const temporary = folder.write("routes/status.tmp", "export const status = 405;");
	renameSync(temporary, join(folder.path, "routes/status.ts"));
	await serves(405);

	folder.write("shared/status.ts", "export const status = 406;");
	folder.write("routes/status.ts", 'export { status } from "../shared/status.ts";');
	await serves(406);
	folder.write("shared/status.ts", "export const status = 407;");
	await serves(407);

	rmSync(join(folder.path, "routes/status.ts"));
	while ((await next()).ok) {}
	await serves(407);
	folder.write("routes/status.ts", "export const status = 408;");
	await serves(408);
});

test("architecture §5: the symlink swap of a mounted Kubernetes volume is seen", async (t) => {
	const folder = tempFolder();
	const mount = join(folder.path, "routes");
	const publish = (version: string, status: number) => {
		mkdirSync(join(mount, version), { recursive: true });
		writeFileSync(join(mount, version, "default.ts"), answering(status));
		symlinkSync(version, join(mount, "..data_tmp"));
		renameSync(join(mount, "..data_tmp"), join(mount, "..data"));
	};
	publish("..2026_01", 404);
	symlinkSync("..data/default.ts", join(mount, "default.ts"));
	const { serves } = await start(t, {}, { folder, entry: "routes" });
	await serves(404);
	publish("..2026_02", 410);
	rmSync(join(mount, "..2026_01"), { recursive: true });
	await serves(410);
	publish("..2026_03", 411);
	await serves(411);
});

test("a broken script at boot starts the last good one and says so; with none, the built-in routes", async (t) => {
	const folder = tempFolder();
	const first = await start(t, { "routes/default.ts": answering(410) }, { folder, watch: false });
	await first.scripts.close();

	const second = await start(t, { "routes/default.ts": BROKEN }, { folder });
	assert.equal(second.status(), 410);
	assert.equal(second.scripts.status.origin, "last-good");
	assert.equal(second.scripts.status.error?.code, "LOAD_BUNDLE");
	assert.ok(second.log.entries.some(({ message }) => message.includes("last good version serves")));
	folder.write("routes/default.ts", answering(410));
	const mended = await second.next();
	assert.deepEqual([mended.ok, mended.changed], [true, true]);
	assert.equal(second.scripts.status.origin, "script");
	assert.equal(second.scripts.status.error, undefined);
	await second.scripts.close();

	const kept = join(folder.path, "state/generations/last-good.json");
	writeFileSync(kept, readFileSync(kept, "utf8").replace("410", "411"));
	folder.write("routes/default.ts", BROKEN);
	const third = await start(t, {}, { folder });
	assert.equal(third.scripts.status.origin, "built-in", "a file that was tampered with is not run");
	assert.equal(third.status(), 404);
	const loud = third.log.entries.filter(({ level }) => level === "error");
	assert.ok(loud.some(({ message }) => message.includes("the built-in routes serve")));
});

test("a folder of routes has a last good version too, even when its script is gone at boot", async (t) => {
	const folder = tempFolder();
	const first = await start(
		t,
		{ "routes/default.ts": answering(410) },
		{ folder, entry: "routes", watch: false },
	);
	await first.scripts.close();
	rmSync(join(folder.path, "routes/default.ts"));
	const second = await start(t, {}, { folder, entry: "routes", watch: false });
	assert.equal(second.scripts.status.origin, "last-good");
	assert.equal(second.status(), 410);
});

test("a missing script at boot starts the built-in routes, and serves once it is there", async (t) => {
	const folder = tempFolder();
	mkdirSync(join(folder.path, "routes"));
	const { scripts, next, status } = await start(t, {}, { folder, entry: "routes" });
	assert.equal(scripts.status.origin, "built-in");
	assert.equal(scripts.status.error?.code, "LOAD_READ");
	folder.write("routes/default.ts", answering(410));
	await next();
	assert.deepEqual([scripts.status.origin, status()], ["script", 410]);
});

test("other devices are another generation; the same ones are not", async (t) => {
	const source = hook("const to = device(request.uri.user); return to ? relay(to) : reply(404);");
	const { scripts, status } = await start(t, { "routes/default.ts": source }, { watch: false });
	assert.equal(status(), 404);
	const devices = [scriptDevice({ name: "5000" })];
	assert.equal((await scripts.reload(devices)).changed, true);
	assert.equal(status(), "relay");
	assert.equal((await scripts.reload()).changed, false);
	assert.equal((await scripts.reload(devices)).changed, false);
});

test("devices that came with a broken script are not taken over by the next save", async (t) => {
	const source = hook("const to = device(request.uri.user); return to ? relay(to) : reply(404);");
	const { scripts, folder, status } = await start(
		t,
		{ "routes/default.ts": source },
		{ watch: false },
	);
	folder.write("routes/default.ts", BROKEN);
	const devices = [scriptDevice({ name: "5000" })];
	assert.equal((await scripts.reload(devices)).ok, false);
	folder.write("routes/default.ts", source);
	assert.deepEqual([(await scripts.reload()).changed, status()], [false, 404]);
	assert.deepEqual([(await scripts.reload(devices)).changed, status()], [true, "relay"]);
});

test("a broken file elsewhere is watched too: mending it there serves", async (t) => {
	const script = hook("return reply(status);", 'import { status } from "../shared/status.ts";');
	const { scripts, folder, serves } = await start(t, {
		"routes/default.ts": script,
		"shared/status.ts": "export const status = ;",
	});
	assert.equal(scripts.status.origin, "built-in");
	folder.write("shared/status.ts", "export const status = 410;");
	await serves(410);
	assert.equal(scripts.status.origin, "script");
});

test("reloads that are asked for together are one; one that is asked for meanwhile comes after", async (t) => {
	const { scripts, folder } = await start(
		t,
		{ "routes/default.ts": answering(404) },
		{ watch: false },
	);
	folder.write("routes/default.ts", answering(410));
	const [first, second] = [scripts.reload(), scripts.reload()];
	assert.equal(first, second);
	await Promise.resolve();
	const third = scripts.reload();
	assert.notEqual(third, first);
	assert.deepEqual([(await first).changed, (await third).changed], [true, false]);
});

test("architecture §5: who retained a generation is answered by it to the end", async (t) => {
	const { scripts, folder } = await start(
		t,
		{ "routes/default.ts": answering(404) },
		{ watch: false },
	);
	const old = scripts.generation;
	old.retain();
	folder.write("routes/default.ts", answering(410));
	await scripts.reload();
	const answer = askInvite(old);
	assert.equal("status" in answer && answer.status, 404);
	assert.equal(statusOf(scripts), 410);
	old.release();
});

test("200 generations, each replaced by the next, leave no isolate behind", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const { bundle } = await compile(
		folder.write("default.ts", answering(404)),
		join(folder.path, "state"),
	);
	const options = { origin: "script", limits: DEFAULT_LIMITS, log: recordingLog() } as const;
	const replace = async (count: number) => {
		for (let id = 0; id < count; id += 1) {
			const generation = await Generation.load(bundle, { ...options, id, devices: [] });
			generation.retain();
			generation.retire();
			assert.equal(decision(askInvite(generation)).kind, "reply");
			generation.release();
		}
		return process.memoryUsage.rss();
	};
	const early = await replace(50);
	const late = await replace(150);
	// One isolate takes about 4 MB: 150 of them would be 600 MB.
	assert.ok(late - early < 100 * 1024 * 1024, `${early} → ${late}`);
});

test("a reload with another entry serves that one, watches its folder and leaves the old one alone", async (t) => {
	const { scripts, folder, next, status } = await start(t, {
		"routes/default.ts": answering(404),
		"other/default.ts": answering(486),
	});
	const change = { entry: join(folder.path, "other/default.ts"), limits: DEFAULT_LIMITS };
	const moved = await scripts.reload(undefined, change);
	assert.deepEqual([moved.ok, moved.changed, status()], [true, true, 486]);
	assert.equal(scripts.status.entry, change.entry);
	await next();
	folder.write("routes/default.ts", answering(410));
	folder.write("other/default.ts", answering(487));
	const saved = await next();
	assert.deepEqual([saved.generation, status()], [3, 487]);
});

test("a reload with the built-in routes and back again takes the watcher along", async (t) => {
	const { scripts, folder, next, serves, status } = await start(t, {
		"routes/default.ts": answering(404),
	});
	const entry = join(folder.path, "routes/default.ts");
	await scripts.reload(undefined, { entry: undefined, limits: DEFAULT_LIMITS });
	assert.equal(scripts.status.origin, "built-in");
	await scripts.reload(undefined, { entry, limits: DEFAULT_LIMITS });
	assert.deepEqual([scripts.status.origin, status()], ["script", 404]);
	await next();
	await next();
	folder.write("routes/default.ts", answering(410));
	await serves(410);
});

test("a reload with other limits applies them, though the script is the same", async (t) => {
	const body = `if (request.method === "INVITE" && request.uri.user === "5000") for (;;);
		return reply(404);`;
	const { scripts, folder } = await start(t, { "routes/default.ts": hook(body) });
	const entry = join(folder.path, "routes/default.ts");
	const result = await scripts.reload(undefined, {
		entry,
		limits: { ...DEFAULT_LIMITS, timeoutMs: 7, heapMb: 32 },
	});
	assert.deepEqual([result.ok, result.changed, result.generation], [true, true, 2]);
	const outcome = askInvite(scripts.generation);
	assert.match("code" in outcome ? outcome.reason : "", /more than 7 ms/);
	const same = await scripts.reload(undefined, {
		entry,
		limits: { ...DEFAULT_LIMITS, timeoutMs: 7, heapMb: 32 },
	});
	assert.deepEqual([same.ok, same.changed], [true, false]);
	for (const name of Object.keys(DEFAULT_LIMITS) as (keyof typeof DEFAULT_LIMITS)[]) {
		const limits = { ...DEFAULT_LIMITS, [name]: DEFAULT_LIMITS[name] + 1 };
		const { ok, changed } = await scripts.reload(undefined, { entry, limits });
		assert.deepEqual([ok, changed], [true, true], name);
	}
});

test("a reload with another entry that is refused leaves entry, devices, limits and watcher as they were", async (t) => {
	const names = hook("return reply(device('1') ? 480 : 404);");
	const { scripts, folder, next, serves, status } = await start(t, {
		"routes/default.ts": names,
		"other/default.ts": BROKEN,
	});
	const change = {
		entry: join(folder.path, "other/default.ts"),
		limits: { ...DEFAULT_LIMITS, timeoutMs: 7, heapMb: 32 },
	};
	const result = await scripts.reload([scriptDevice({ name: "1" })], change);
	assert.deepEqual([result.ok, result.generation, status()], [false, 1, 404]);
	assert.match(result.reason ?? "", /other\/default\.ts:2:1/);
	await next();
	const again = await scripts.reload();
	assert.deepEqual([again.ok, again.changed, scripts.status.error], [true, false, undefined]);
	await next();
	folder.write("routes/default.ts", answering(410));
	await serves(410);
	assert.deepEqual(scripts.generation.limits, DEFAULT_LIMITS);
});
