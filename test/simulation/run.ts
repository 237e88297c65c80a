/** `npm run simulate -- --seeds 10000 --from 1`: see docs/guides/testing.md. */
import { parseArgs } from "node:util";
import { settledHeap } from "./heap.ts";
import { openSetting } from "./setting.ts";
import { runSeed, type Setting } from "./simulate.ts";
import { soak } from "./soak.ts";

const USAGE = "npm run simulate -- [--seeds N] [--from SEED] [--calls N] [--mixed-failures]";
const FAILURES_SHOWN = 5;
/** Octets of heap: for 100,000 calls far less than the smallest thing that could be forgotten of each. */
const GROWTH_MAX = 1_500_000;

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "100" },
		from: { type: "string", default: "1" },
		calls: { type: "string" },
		"mixed-failures": { type: "boolean", default: false },
		help: { type: "boolean", default: false },
	},
	allowPositionals: true,
});

if (values.help) say(USAGE);
else {
	const setting = await openSetting();
	const started = performance.now();
	const [calls, failed] = values["mixed-failures"] ? soaked(setting) : simulated(setting);
	const seconds = (performance.now() - started) / 1000;
	say(`${calls} calls in ${seconds.toFixed(1)} s: ${Math.round(calls / seconds)} calls/s`);
	await setting.close();
	process.exitCode = failed ? 1 : 0;
}

function simulated(setting: Setting): readonly [calls: number, failed: boolean] {
	const from = Number(values.from);
	const counts = new Map<string, number>();
	let calls = 0;
	let failures = 0;
	let seed = from;
	for (; seed < from + Number(values.seeds) && failures < FAILURES_SHOWN; seed += 1) {
		const result = runSeed(setting, seed, optional(values.calls));
		calls += result.calls;
		for (const [what, count] of result.counts) counts.set(what, (counts.get(what) ?? 0) + count);
		if (result.failure === undefined) continue;
		failures += 1;
		say(`${result.failure}\n`);
	}
	tell(counts);
	say(`seeds ${from} to ${seed - 1}, ${failures} failed`);
	return [calls, failures > 0];
}

function soaked(setting: Setting): readonly [calls: number, failed: boolean] {
	const asked = optional(values.calls) ?? 100_000;
	const given = { seed: Number(values.from), calls: asked };
	const result = soak(setting, given, settledHeap);
	if (typeof result === "string") {
		say(result);
		return [0, true];
	}
	const { calls, heap, growth, counts } = result;
	tell(counts);
	say(`heap after each wave, MB: ${heap.map((octets) => (octets / 1e6).toFixed(2)).join(" ")}`);
	say(`grown by ${growth} octets`);
	return [calls, growth > GROWTH_MAX];
}

function tell(counts: ReadonlyMap<string, number>): void {
	for (const [what, count] of [...counts].sort((one, other) => other[1] - one[1]))
		say(`${String(count).padStart(9)} ${what}`);
}

function optional(text: string | undefined): number | undefined {
	return text === undefined ? undefined : Number(text);
}

function say(line: string): void {
	process.stdout.write(`${line}\n`);
}
