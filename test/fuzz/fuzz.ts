/** Runs a target over numbered inputs. An input is made from seed and number alone, so any one can be repeated. */
import { seeded } from "../support/seeded.ts";
import { minimise } from "./minimise.ts";
import { type Json, keyOf, type Target } from "./target.ts";

export type Found = {
	readonly target: string;
	readonly seed: number;
	/** Number of the input. */
	readonly at: number;
	readonly key: string;
	readonly error: unknown;
	/** As small as leaving parts out makes it. */
	readonly input: Json;
};

export type Run = {
	readonly seed: number;
	readonly from: number;
	readonly inputs: number;
	/** Told before each input. */
	starting?(at: number): void;
};

/** Different findings of one target after which it is left alone. */
const FINDINGS_MAX = 5;
/** Processor time of one input: far above what any takes, so that a busy machine is no finding. */
const SLOW_MICROS = 2_000_000;

export function fuzz(target: Target, { seed, from, inputs, starting }: Run): Found[] {
	const found = new Map<string, Found>();
	for (let at = from; at < from + inputs && found.size < FINDINGS_MAX; at += 1) {
		starting?.(at);
		const input = target.make(seeded(mix(seed, at)));
		const error = failure(target, input);
		if (error === undefined || found.has(keyOf(error))) continue;
		const key = keyOf(error);
		const smaller = minimise(
			input,
			target.words,
			(candidate) => keyOfFailure(target, candidate) === key,
		);
		found.set(key, {
			target: target.name,
			seed,
			at,
			key,
			error: failure(target, smaller),
			input: smaller,
		});
	}
	return [...found.values()];
}

/** The command that makes the same input again. */
export function repeating({ target, seed, at }: Found): string {
	return `npm run fuzz -- --target ${target} --seed ${seed} --from ${at} --inputs 1`;
}

/** What the check threw; undefined when all is well. */
export function failure(target: Target, input: Json): unknown {
	const before = performance.now();
	const cpu = process.cpuUsage();
	try {
		target.check(input);
	} catch (error) {
		return error ?? new TypeError("nothing was thrown");
	}
	if (performance.now() - before < SLOW_MICROS / 1000) return undefined;
	const { user } = process.cpuUsage(cpu);
	return user < SLOW_MICROS ? undefined : new RangeError("slow");
}

function keyOfFailure(target: Target, input: Json): string | undefined {
	const error = failure(target, input);
	return error === undefined ? undefined : keyOf(error);
}

/** Neighbouring numbers give unlike seeds. */
function mix(seed: number, at: number): number {
	let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ at;
	mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
	mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
	return (mixed ^ (mixed >>> 15) ^ Math.floor(at / 2 ** 32)) >>> 0;
}
