/**
 * npm run fuzz: random inputs against the parsers, the transactions and the whole core.
 *
 *     npm run fuzz -- --inputs 10000000                    all targets, each its share
 *     npm run fuzz -- --target uri --inputs 1000000        one target
 *     npm run fuzz -- --target uri --seed 123 --from 4711 --inputs 1     one input again
 *     … --keep                                             writes findings to test/fuzz/findings/
 */
import { parseArgs } from "node:util";
import { write } from "./findings.ts";
import { type Found, fuzz, repeating } from "./fuzz.ts";
import type { Target } from "./target.ts";
import { targets } from "./targets.ts";
import { Watchdog } from "./watchdog.ts";

const { values } = parseArgs({
	options: {
		target: { type: "string" },
		seed: { type: "string", default: "1" },
		from: { type: "string", default: "0" },
		inputs: { type: "string", default: "1000000" },
		keep: { type: "boolean", default: false },
	},
});
const [seed, from, inputs] = [values.seed, values.from, values.inputs].map(Number) as [
	number,
	number,
	number,
];
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);

if (chosen.length === 0 || [seed, from, inputs].some((number) => !Number.isSafeInteger(number))) {
	say(`targets: ${targets.map(({ name }) => name).join(", ")}; seed, from and inputs are numbers`);
	process.exitCode = 2;
} else runAll();

function runAll(): void {
	const watchdog = new Watchdog();
	const found = chosen.flatMap((target) => runOne(target, watchdog));
	watchdog.close();
	say(found.length === 0 ? "no findings" : `${found.length} findings`);
	if (found.length > 0) process.exitCode = 1;
}

function runOne(target: Target, watchdog: Watchdog): Found[] {
	const whole = chosen.length === 1 ? inputs : Math.ceil((inputs * target.share) / 1000);
	const before = performance.now();
	const starting = (at: number) => watchdog.starting(at);
	watchdog.watch(target.name, seed);
	const found = fuzz(target, { seed, from, inputs: whole, starting });
	const seconds = (performance.now() - before) / 1000;
	const rate = Math.round(whole / Math.max(seconds, 0.001));
	say(
		`${target.name.padEnd(12)} ${whole} inputs in ${seconds.toFixed(1)} s, ${rate}/s, ${found.length} findings`,
	);
	for (const one of found) tell(one);
	return found;
}

function tell(found: Found): void {
	const { target, key, error, input } = found;
	say(`\n${target}: ${key}`);
	say(String(error instanceof Error ? error.stack : error));
	say(`input, made smaller: ${JSON.stringify(input)}`);
	say(`again: ${repeating(found)}`);
	if (values.keep) say(`kept: ${write(found)}`);
	say("");
}

function say(text: string): void {
	process.stdout.write(`${text}\n`);
}
