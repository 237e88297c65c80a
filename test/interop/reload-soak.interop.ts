/**
 * Many reloads: while calls run, and without any. `SIPWRIGHT_RELOADS_UNDER_CALLS=1000` makes the first
 * one long, so that it tells of memory, too; `SIPWRIGHT_RELOADS=10000` the second.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { askAdmin } from "../../core/commands/admin-client.ts";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import { checkRoutes, compileRoutes, loadGeneration } from "../../core/script/load-generation.ts";
import { Scripts } from "../../core/script/scripts.ts";
import { hook, recordingLog } from "../script/harness.ts";
import { closing } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { treePssBytes } from "../support/process-tree.ts";
import { startSipp } from "../support/sipp.ts";
import { type Sipwright, startSipwright } from "../support/sipwright-process.ts";
import { slowness, wall } from "../support/slowness.ts";
import { tempFolder } from "../support/temp-folder.ts";

const RELOADS = Number(process.env.SIPWRIGHT_RELOADS ?? 1_000);
const UNDER_CALLS = Number(process.env.SIPWRIGHT_RELOADS_UNDER_CALLS ?? 120);
const CALLS_PER_SECOND = 200;
const MEGABYTE = 1024 * 1024;
/** The Call-ID that each load tries its scripts with. */
const PROBE = "probe";
/** From one reload to the next, at least: what is kept of a generation lives as long as its calls, so a steady rate is what memory can be steady at. */
const PACE_MS = 250;
/** RFC 3261 §17: 64·T1, and as much again until what they held is collected. */
const TRANSACTIONS_LIVE_MS = 32_000;

const numbered = (count: number) =>
	hook(`const callee = device(request.uri.user); return callee ? relay(callee) : reply(404);
		// ${count}`);

/** Two calls of three wait, and what each step of a call saw is told. */
const traced = (
	count: number,
) => `import { defineRoutes, device, kv, log, relay, reply } from "sipwright";

const version = ${count};
let asked = 0;

export default defineRoutes({
	onRequest(request) {
		const callee = device("5000");
		if (!callee) return reply(404);
		const step = (at) => log.info("step", { call: request.headers.get("Call-ID"), at, version });
		request.headers.set("X-Generation", String(version));
		step("asked");
		asked += 1;
		return asked % 3 === 0 ? relay(callee) : waits(request, callee, step);
	},
});

async function waits(request, callee, step) {
	const call = request.headers.get("Call-ID");
	await kv.set(call, version, { expires: 20 });
	await kv.increment("calls", { expires: 3600 });
	const before = await kv.get(call);
	step("waited");
	return before === version ? relay(callee) : reply(500, "Another Generation");
}
`;

test(`${UNDER_CALLS} reloads while ${CALLS_PER_SECOND} calls/s run, scripts that wait among them: no call fails, each has one generation`, async (t) => {
	const { sipwright, caller } = await traffic(t);
	await caller.under(CALLS_PER_SECOND);
	const file = join(sipwright.folder.path, "sipwright.yaml");
	const memory: Weight[] = [];
	for (let count = 1; count <= UNDER_CALLS; count += 1) {
		const next = performance.now() + PACE_MS;
		sipwright.folder.write("routes/default.ts", traced(count));
		const answer = await askAdmin("POST", "/reload", file);
		assert.ok(answer.kind === "answer" && answer.status === 200, JSON.stringify(answer));
		memory.push({ at: performance.now(), megabytes: treePssBytes(sipwright.pid) / MEGABYTE });
		await setTimeout(Math.max(0, next - performance.now()));
	}
	const { generationsEnded } = await sipwright.counters();
	const counts = await caller.stop();
	const steps = stepsOf(sipwright);
	const { successful, failed, retransmissions } = counts;
	report(t, {
		successful,
		failed,
		retransmissions,
		generationsEnded,
		calls: steps.size,
		memory: thirds(memory),
	});
	assert.ok(counts.successful > CALLS_PER_SECOND * 10);
	assert.equal(counts.failed, 0, counts.errors);
	assertOneGeneration(steps, counts.successful);
	assertSteady(memory);
});

async function traffic(t: TestContext) {
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
			files: { "routes/default.ts": traced(0) },
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
	return { sipwright, caller };
}

type Step = { readonly at: string; readonly version: number; readonly generation: number };

/** What the trace says of each call: which script decided, and which generation the engine says it was. */
function stepsOf(sipwright: Sipwright): Map<string, Step[]> {
	const steps = new Map<string, Step[]>();
	for (const { msg, generation, data } of sipwright.log()) {
		if (msg !== "step") continue;
		const { call, at, version } = JSON.parse(String(data));
		if (call === PROBE) continue;
		const known = steps.get(call) ?? [];
		steps.set(call, [...known, { at, version, generation: Number(generation) }]);
	}
	return steps;
}

function assertOneGeneration(steps: Map<string, Step[]>, calls: number): void {
	assert.ok(steps.size >= calls, `${steps.size} calls are in the trace`);
	const mixed = [...steps].filter(
		([, seen]) =>
			new Set(seen.map(({ version, generation }) => `${version} ${generation}`)).size > 1,
	);
	assert.deepEqual(mixed, [], "calls that two generations decided");
	const waited = [...steps.values()].filter((seen) => seen.some(({ at }) => at === "waited"));
	assert.ok(waited.length > calls / 2, `${waited.length} calls waited`);
	const versions = new Set([...steps.values()].map(([first]) => first?.version));
	assert.ok(versions.size > UNDER_CALLS / 2, `${versions.size} versions decided calls`);
}

type Weight = { readonly at: number; readonly megabytes: number };

/** The mean of each third of what came after transactions began to end, in MB. */
function thirds(memory: readonly Weight[]): number[] {
	const begun = (memory[0]?.at ?? 0) + TRANSACTIONS_LIVE_MS;
	const settled = memory.filter(({ at }) => at > begun);
	return [0, 1, 2].map((third) => {
		const part = settled.slice((third * settled.length) / 3, ((third + 1) * settled.length) / 3);
		return Math.round(part.reduce((sum, { megabytes }) => sum + megabytes, 0) / part.length);
	});
}

/** Of a run that is long enough: the last third against the middle one, as the first still warms up. */
function assertSteady(memory: readonly Weight[]): void {
	const [, middle = Number.NaN, last = Number.NaN] = thirds(memory);
	const span = (memory.at(-1)?.at ?? 0) - (memory[0]?.at ?? 0);
	if (span < 4 * TRANSACTIONS_LIVE_MS) return;
	assert.ok(last - middle < 40, `${middle} MB, and then ${last} MB`);
}

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
