/** Many reloads: while calls run, and without any. `SIPWRIGHT_RELOADS=10000` makes the second one long. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { askAdmin } from "../../core/commands/admin-client.ts";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import { checkRoutes, compileRoutes, loadGeneration } from "../../core/script/load-generation.ts";
import { Scripts } from "../../core/script/scripts.ts";
import { hook, recordingLog } from "../script/harness.ts";
import { closing } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { startSipp } from "../support/sipp.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { slowness, wall } from "../support/slowness.ts";
import { tempFolder } from "../support/temp-folder.ts";

const RELOADS = Number(process.env.SIPWRIGHT_RELOADS ?? 1_000);
const UNDER_CALLS = 200;
const CALLS_PER_SECOND = 200;
const MEGABYTE = 1024 * 1024;

const numbered = (count: number) =>
	hook(`const callee = device(request.uri.user); return callee ? relay(callee) : reply(404);
		// ${count}`);

test(`${UNDER_CALLS} reloads while ${CALLS_PER_SECOND} calls/s run: no call fails`, async (t) => {
	const [port, calleePort, ownPort] = [await freePort(), await freePort(), await freePort()];
	const sipwright = closing(
		t,
		await startSipwright({
			config: [
				`listen: [ udp:127.0.0.1:${port} ]`,
				"routes: ./routes",
				"reload: { typecheck: off }",
				`devices: { "5000": { type: Extension, contact: "sip:5000@127.0.0.1:${calleePort}" } }`,
			].join("\n"),
			files: { "routes/default.ts": numbered(0) },
		}),
		(one) => one.stop(),
	);
	const callee = startSipp({ scenario: "uas-rings-and-answers", port: calleePort });
	closing(t, callee, (one) => one.stop());
	const caller = startSipp({
		scenario: "uac-calls-through-record-route",
		port: ownPort,
		remote: `127.0.0.1:${port}`,
		service: "5000",
		callsPerSecond: CALLS_PER_SECOND,
	});
	closing(t, caller, (one) => one.stop());
	await caller.under(CALLS_PER_SECOND);
	const file = join(sipwright.folder.path, "sipwright.yaml");
	for (let count = 1; count <= UNDER_CALLS; count += 1) {
		sipwright.folder.write("routes/default.ts", numbered(count));
		const answer = await askAdmin("POST", "/reload", file);
		assert.ok(answer.kind === "answer" && answer.status === 200, JSON.stringify(answer));
	}
	const { generationsEnded } = await sipwright.counters();
	const counts = await caller.stop();
	report(t, { ...counts, generationsEnded });
	assert.ok(counts.successful > CALLS_PER_SECOND * 10);
	assert.deepEqual([counts.failed, counts.errors], [0, ""]);
});

test(`${RELOADS} reloads without traffic: memory is flat`, async (t) => {
	const { file, scripts } = await open(t, numbered(0));
	const rss: number[] = [];
	for (let count = 1; count <= RELOADS; count += 1) {
		writeFileSync(file, numbered(count));
		const { ok, changed } = await scripts.reload();
		assert.ok(ok && changed);
		if (count % (RELOADS / 10) === 0) rss.push(residentOf(process.pid));
	}
	assert.equal(scripts.generations.list.length, 1);
	report(t, { rss });
	assertFlat(rss);
});

test("from save to active: a script of 500 lines, with its types checked within 1 s, without within 150 ms", async (t) => {
	const lines = Array.from({ length: 490 }, (_, at) => `const rule${at}: string = "${at}";`);
	const text = (count: number) => `${numbered(count)}\n${lines.join("\n")}\n`;
	const { file, scripts, options } = await open(t, text(0), "block");
	const medians: Record<string, number> = {};
	for (const typecheck of ["block", "off"] as const) {
		const change = { entry: file, limits: DEFAULT_LIMITS, typecheck };
		medians[typecheck] = await median(async (count) => {
			writeFileSync(file, text(count));
			assert.equal((await scripts.reload(undefined, change)).changed, true);
		});
	}
	const { bundle } = await compileRoutes(options);
	medians.bundle = await median(() => compileRoutes(options));
	medians.types = await median(() => checkRoutes(bundle, options));
	medians.start = await median(async () => (await loadGeneration(bundle, options, 1)).retire());
	const slow = slowness(wall);
	report(t, { ...medians, slow });
	assert.ok((medians.block ?? Infinity) < 1_000 * slow);
	assert.ok((medians.off ?? Infinity) < 150 * slow);
});

async function open(t: TestContext, text: string, typecheck: "block" | "off" = "off") {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const file = folder.write("routes/default.ts", text);
	const log = recordingLog();
	const options = {
		entry: file,
		devices: [],
		limits: DEFAULT_LIMITS,
		typecheck,
		log: { ...log, info: () => {} },
		state: join(folder.path, "state"),
		watch: false,
	} as const;
	const scripts = await Scripts.start(options);
	t.after(() => scripts.close());
	return { file, scripts, options };
}

/** Of eleven runs, in milliseconds. */
async function median(run: (count: number) => Promise<unknown>): Promise<number> {
	const times: number[] = [];
	for (let count = 1; count <= 11; count += 1) {
		const before = performance.now();
		await run(count + times.length * 1_000 + Math.floor(before));
		times.push(performance.now() - before);
	}
	return Math.round(times.sort((a, b) => a - b)[5] ?? Number.NaN);
}

function residentOf(pid: number): number {
	const [, kilobytes] =
		/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
	return Math.round((Number(kilobytes) * 1024) / MEGABYTE);
}

/** The last third against the middle one: the first warms up. One isolate alone is about 4 MB. */
function assertFlat(rss: readonly number[]): void {
	const mean = (part: readonly number[]) => part.reduce((a, b) => a + b, 0) / part.length;
	const [middle, last] = [mean(rss.slice(3, 6)), mean(rss.slice(7))];
	assert.ok(last - middle < 40, `${rss.join(" ")} MB`);
}

function report(t: TestContext, fields: object): void {
	t.diagnostic(JSON.stringify(fields));
}
