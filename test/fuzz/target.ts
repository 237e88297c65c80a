/** What a fuzz target is: it makes inputs by chance and checks one. Whatever `check` throws is a finding. */
import type { seeded } from "../support/seeded.ts";

export type Chance = ReturnType<typeof seeded>;

/** Inputs are plain data, so that they can be kept in a file and made smaller by leaving parts out. */
export type Json =
	| string
	| number
	| boolean
	| null
	| readonly Json[]
	| { readonly [key: string]: Json };

export type Target = {
	readonly name: string;
	/** Of a thousand inputs of a run over all targets, so many are for this one. */
	readonly share: number;
	/** Keys whose text is one word of a few: it cannot be made smaller. */
	readonly words: readonly string[];
	make(chance: Chance): Json;
	check(input: Json): void;
};

/** A target whose inputs have a shape; making one smaller keeps every key and every kind of value. */
export function target<Input>(typed: {
	readonly name: string;
	readonly share: number;
	readonly words?: readonly string[];
	make(chance: Chance): Input;
	check(input: Input): void;
}): Target {
	const { name, share, words = [] } = typed;
	return {
		name,
		share,
		words,
		make: (chance) => typed.make(chance) as Json,
		check: (input) => typed.check(input as Input),
	};
}

/** A rule that does not hold. `rule` is the same for every input that breaks it. */
export class Finding extends Error {
	override readonly name = "Finding";
	readonly rule: string;

	constructor(rule: string, detail: string) {
		super(detail === "" ? rule : `${rule}\n${detail}`);
		this.rule = rule;
	}
}

/** `detail` is only asked when the rule is broken: it runs for every input otherwise. */
export function demand(
	holds: boolean,
	rule: string,
	detail: () => string = () => "",
): asserts holds {
	if (!holds) throw new Finding(rule, detail());
}

export function same(actual: unknown, expected: unknown, rule: string): void {
	if (actual === expected) return;
	throw new Finding(rule, `is       ${show(actual)}\nexpected ${show(expected)}`);
}

function show(value: unknown): string {
	return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** What tells one finding from another: the rule, or the error and the place in core/ that threw it. */
export function keyOf(error: unknown): string {
	if (error instanceof Finding) return error.rule;
	if (!(error instanceof Error)) return String(error);
	const place = /\/((?:core|test)\/[\w./-]+:\d+)/.exec(error.stack ?? "")?.[1] ?? "";
	return `${error.name} at ${place}`;
}
