/** Delta removal: an input is made smaller, part by part, as long as it fails in the same way. */
import type { Json } from "./target.ts";

/** Tries at most: a small input is a comfort and no duty. */
const TRIES_MAX = 3_000;

/** The values of `words` stay as they are. */
export function minimise(
	input: Json,
	words: readonly string[],
	fails: (candidate: Json) => boolean,
): Json {
	let left = TRIES_MAX;
	const attempt = (candidate: Json) => {
		left -= 1;
		return left >= 0 && fails(candidate);
	};
	let smallest = input;
	for (let before: Json | undefined; before !== smallest && left > 0; ) {
		before = smallest;
		smallest = smaller(smallest, words, attempt);
	}
	return smallest;
}

function smaller(value: Json, words: readonly string[], fails: (candidate: Json) => boolean): Json {
	if (typeof value === "string") return cut<string>(value, fails);
	if (Array.isArray(value)) return fewer(value, words, fails);
	if (typeof value !== "object" || value === null) return value;
	let current = value as { readonly [key: string]: Json };
	for (const [key, part] of Object.entries(current)) {
		if (words.includes(key)) continue;
		const next = smaller(part, words, (candidate) => fails({ ...current, [key]: candidate }));
		if (next !== part) current = { ...current, [key]: next };
	}
	return current;
}

function fewer(
	list: readonly Json[],
	words: readonly string[],
	fails: (candidate: Json) => boolean,
): Json {
	let current = cut<readonly Json[]>(list, fails);
	for (let at = 0; at < current.length; at += 1) {
		const part = current[at] as Json;
		const next = smaller(part, words, (candidate) => fails(current.with(at, candidate)));
		if (next !== part) current = current.with(at, next);
	}
	return current;
}

/** Leaves out pieces of half the length, then of a quarter, down to one; the same object when none can go. */
function cut<Whole extends string | readonly Json[]>(
	whole: Whole,
	fails: (candidate: Whole) => boolean,
): Whole {
	let current = whole;
	for (
		let size = Math.ceil(whole.length / 2);
		size >= 1;
		size = size === 1 ? 0 : Math.ceil(size / 2)
	)
		for (let at = 0; at < current.length; ) {
			const candidate = without(current, at, size);
			if (fails(candidate)) current = candidate;
			else at += size;
		}
	return current;
}

function without<Whole extends string | readonly Json[]>(
	whole: Whole,
	at: number,
	size: number,
): Whole {
	const [head, tail] = [whole.slice(0, at), whole.slice(at + size)];
	return (typeof head === "string" ? head + String(tail) : [...head, ...tail]) as Whole;
}
