/** `npm run simulate -- --seeds 10000 --from 1`: see docs/guides/testing.md. */
import { parseArgs } from "node:util";
import { openSetting } from "./setting.ts";
import { runSeed } from "./simulate.ts";

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "100" },
		from: { type: "string", default: "1" },
		calls: { type: "string" },
		"mixed-failures": { type: "boolean", default: false },
	},
	allowPositionals: true,
});

const setting = await openSetting();
const counts = new Map<string, number>();
const failures: string[] = [];
const started = performance.now();
let calls = 0;
const from = Number(values.from);
for (let seed = from; seed < from + Number(values.seeds); seed += 1) {
	const result = runSeed(
		setting,
		seed,
		values.calls === undefined ? undefined : Number(values.calls),
	);
	calls += result.calls;
	for (const [what, count] of result.counts) counts.set(what, (counts.get(what) ?? 0) + count);
	if (result.failure === undefined) continue;
	failures.push(result.failure);
	process.stdout.write(`${result.failure}\n\n`);
	if (failures.length >= 5) break;
}
const seconds = (performance.now() - started) / 1000;
for (const [what, count] of [...counts].sort((a, b) => b[1] - a[1]))
	process.stdout.write(`${String(count).padStart(8)} ${what}\n`);
process.stdout.write(
	`${values.seeds} seeds, ${calls} calls in ${seconds.toFixed(1)} s: ${Math.round(calls / seconds)} calls/s, ${failures.length} failures\n`,
);
await setting.close();
process.exitCode = failures.length > 0 ? 1 : 0;
