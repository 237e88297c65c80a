/**
 * Scripts that run away while calls go on: every tenth call of 200 a second hits one. That call is answered
 * by the fallback, no other call fails, and what the others waited for their answer is told.
 * `SIPWRIGHT_SECONDS=60` makes it longer.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { type SippCounts, startSipp } from "../support/sipp.ts";
import { type Sipwright, startSipwright } from "../support/sipwright-process.ts";
import { slowness, wall } from "../support/slowness.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";

const SECONDS = Number(process.env.SIPWRIGHT_SECONDS ?? 12);
const CALLS_PER_SECOND = 200;
const EVERY = 10;

/** By the number that is dialled. */
const RUNAWAYS: Readonly<Record<string, string>> = {
	"endless-loop": "for (;;);",
	"promise-loop": "for (;;) await null;",
	"heap-bomb": "for (;;) kept.push(Array.from({ length: 1_000 }, () => ({})));",
	"deep-recursion": "const deeper = (n) => deeper(n + 1) + 1; return reply(deeper(0));",
	"huge-string": "return reply(404, 'x'.repeat(100_000_000));",
	"log-flood": "for (;;) log.info('flood', { request: request.uri.user });",
	"host-calls":
		"await Promise.all(Array.from({ length: 10_000 }, () => kv.increment('calls'))); return reply(404);",
	backtracking: `return reply(/^(a+)+$/.test("a".repeat(40) + "b") ? 404 : 410);`,
};

/** 5001 waits for the host, so that hooks wait while their isolate is thrown away. */
const SCRIPT = `import { defineRoutes, device, kv, log, relay, reply } from "sipwright";

const kept = [];
const runaways = {
${Object.entries(RUNAWAYS)
	.map(([number, body]) => `"${number}": async (request) => { ${body} },`)
	.join("\n")}
};

export default defineRoutes({
	onRequest(request) {
		const runaway = runaways[request.uri.user];
		if (runaway) return runaway(request);
		const callee = device("5000");
		if (!callee) return reply(404);
		return request.uri.user === "5001" ? waits(callee) : relay(callee);
	},
});

async function waits(callee) {
	await kv.increment("asked", { expires: 60 });
	return relay(callee);
}
`;

/** `settled`: of the response times those of the last three quarters. */
type Answered = SippCounts & { readonly settled: readonly number[] };
type Bed = { sipwright: Sipwright; port: number; numbers: TempFolder };

test(`runaway scripts in every tenth of ${CALLS_PER_SECOND} calls/s: those get 500, no other call fails`, async (t) => {
	const bed = await start(t);
	const { pid } = bed.sipwright;
	await calls(t, bed, 5);
	const calm = await calls(t, bed, SECONDS);
	const [stormy, refused] = await Promise.all([
		calls(t, bed, SECONDS),
		runaways(t, bed, SECONDS, Object.keys(RUNAWAYS)),
	]);
	const delays = {
		calm: percentiles(calm),
		stormy: percentiles(stormy),
		/** Without the first quarter, in which hooks still have all their time. */
		settled: percentiles({ ...stormy, responseTimes: stormy.settled }),
	};
	t.diagnostic(JSON.stringify(delays));
	const expected = (SECONDS * CALLS_PER_SECOND) / EVERY;
	assert.deepEqual([refused.successful, refused.failed], [expected, 0], refused.errors);
	for (const { failed, errors } of [calm, stormy])
		assert.equal(failed, 0, `${errors}\n${failures(bed)}`);
	assert.equal((await bed.sipwright.counters()).scriptsFailed, expected);
	assert.equal(bed.sipwright.pid, pid);
	assert.ok(delays.stormy.p99 < 1_000 * slowness(wall));
});

test("the answer delay that each kind of runaway alone causes", async (t) => {
	const bed = await start(t);
	await calls(t, bed, 5);
	for (const number of Object.keys(RUNAWAYS)) {
		const seconds = SECONDS / 4;
		const [stormy, refused] = await Promise.all([
			calls(t, bed, seconds),
			runaways(t, bed, seconds, [number]),
		]);
		t.diagnostic(`${number} ${JSON.stringify(percentiles(stormy))}`);
		assert.deepEqual(
			[refused.failed, stormy.failed],
			[0, 0],
			`${number} ${stormy.errors}\n${failures(bed)}`,
		);
	}
});

async function start(t: TestContext): Promise<Bed> {
	const [port, calleePort] = [await freePort(), await freePort()];
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${port} ]`,
			"routes: ./routes",
			"reload: { typecheck: off }",
			`devices: { "5000": { type: Extension, contact: "sip:5000@127.0.0.1:${calleePort}" } }`,
		].join("\n"),
		files: { "routes/default.ts": SCRIPT },
	});
	closing(t, sipwright, (one) => one.stop());
	const callee = startSipp({ scenario: "uas-rings-and-answers", port: calleePort });
	closing(t, callee, (one) => one.stop());
	const numbers = closing(t, tempFolder(), (one) => one.remove());
	return { sipwright, port, numbers };
}

/** What scripts failed with, and how often: to be told with a call that failed. */
function failures({ sipwright }: Bed): string {
	const failed = sipwright.log().filter(({ event }) => event === "script.failed");
	const said = failed.map(({ msg }) => String(msg).replace(/^.*default\.ts/, ""));
	const counts = new Map<string, number>();
	for (const one of said) counts.set(one, (counts.get(one) ?? 0) + 1);
	return [...counts].map(([one, count]) => `${count} × ${one}`).join("\n");
}

/** Nine of ten calls, half of them through a hook that waits. */
async function calls(t: TestContext, bed: Bed, seconds: number): Promise<Answered> {
	const rate = ((1 - 1 / EVERY) * CALLS_PER_SECOND) / 2;
	const halves = ["5000", "5001"].map(async (service) => {
		const options = await caller(bed, rate, seconds);
		const sipp = startSipp({ ...options, scenario: "uac-calls-through-record-route", service });
		closing(t, sipp, (one) => one.stop());
		return sipp.finished();
	});
	const [plain, waiting] = await Promise.all(halves);
	if (!plain || !waiting) throw new Error("two callers were started");
	return {
		successful: plain.successful + waiting.successful,
		failed: plain.failed + waiting.failed,
		retransmissions: plain.retransmissions + waiting.retransmissions,
		errors: plain.errors + waiting.errors,
		responseTimes: [...plain.responseTimes, ...waiting.responseTimes],
		settled: [plain, waiting].flatMap(({ responseTimes }) =>
			responseTimes.slice(responseTimes.length / 4),
		),
	};
}

/** The tenth. */
async function runaways(
	t: TestContext,
	bed: Bed,
	seconds: number,
	numbers: readonly string[],
): Promise<SippCounts> {
	const file = bed.numbers.write("numbers.csv", ["SEQUENTIAL", ...numbers, ""].join("\n"));
	const options = await caller(bed, CALLS_PER_SECOND / EVERY, seconds);
	const sipp = startSipp({ ...options, scenario: "uac-is-refused", args: ["-inf", file] });
	closing(t, sipp, (one) => one.stop());
	return sipp.finished();
}

async function caller({ port }: Bed, callsPerSecond: number, seconds: number) {
	return {
		port: await freePort(),
		remote: `127.0.0.1:${port}`,
		callsPerSecond,
		calls: Math.round(callsPerSecond * seconds),
		responseTimes: true,
	};
}

/** Of the time to the 200, milliseconds. */
function percentiles({ responseTimes, retransmissions }: SippCounts) {
	const sorted = responseTimes.toSorted((a, b) => a - b);
	const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
	return { p50: at(0.5), p99: at(0.99), max: at(1), retransmissions };
}
