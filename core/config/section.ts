/** Reads one block of the configuration against its keys: unknown keys, wrong kinds and bad values, all of them. */
import { z } from "zod";
import { type Refusal, type RefusalIssue, valueDocs } from "./fields.ts";
import type { Findings } from "./finding.ts";
import { nearest } from "./nearest.ts";
import { type Block, descend, type Entry, inside, type Node, plain } from "./source.ts";

export type KeyDoc = {
	/** What the key means, for the reference. */
	readonly about: string;
	/** True if a change needs a restart; anything else takes effect with a reload. */
	readonly restart?: boolean;
	/** True if a reload changes it for connections that are made from then on, and not for those that are open. */
	readonly nextConnection?: boolean;
};

export const keyDocs = z.registry<KeyDoc>();

/** Every field accepts a key that is not there: by a default, or as undefined. */
export type Shape = Readonly<Record<string, z.ZodType>>;
export type Values<S extends Shape> = { [K in keyof S]: z.output<S[K]> };

/** A key of a block, with its sentence for the reference. */
export function key<T extends z.ZodType>(
	field: T,
	about: string,
	more: Omit<KeyDoc, "about"> = {},
) {
	keyDocs.add(field, { about, ...more });
	return field;
}

/** The values of a block; a key that is missing or wrong has its default. */
export function readSection<S extends Shape>(
	name: string,
	node: Node | undefined,
	shape: S,
	found: Findings,
): Values<S> {
	const block = node === undefined ? undefined : asBlock(name, node, shape, found);
	for (const [word, entry] of block?.entries ?? [])
		if (!Object.hasOwn(shape, word)) found.error(entry.key, unknownKey(name, word, shape));

	const values = Object.entries(shape).map(([word, field]) => {
		const value = readField(word, block?.entries.get(word), field, found);
		return [word, value ?? defaultOf(field)];
	});
	return Object.fromEntries(values) as Values<S>;
}

/** Asked for once: a hundred thousand devices leave out nearly all of their keys. */
function defaultOf(field: z.ZodType): unknown {
	if (!defaults.has(field)) defaults.set(field, field.parse(undefined));
	return defaults.get(field);
}

const defaults = new Map<z.ZodType, unknown>();

function readField(
	word: string,
	entry: Entry | undefined,
	field: z.ZodType,
	found: Findings,
): unknown {
	if (entry === undefined) return undefined;
	if (entry.value.kind === "empty") {
		found.error(entry.key, {
			code: "CONFIG_EMPTY",
			message: `${word} has no value`,
			fix: `write ${word}: ${exampleOf(field)}, or remove the line`,
		});
		return undefined;
	}
	const outcome = field.safeParse(plain(entry.value));
	if (outcome.success) return outcome.data;
	for (const issue of outcome.error.issues) {
		const at = descend(entry.value, issue.path);
		const { offset = 0, ...complaint } = complain(word, at, issue, field);
		found.error(inside(at, offset), complaint);
	}
	return undefined;
}

function complain(word: string, node: Node, issue: z.core.$ZodIssue, field: z.ZodType): Refusal {
	const refusal = issue.code === "custom" ? (issue.params as RefusalIssue)?.refusal : undefined;
	if (refusal !== undefined) {
		const written = node.kind === "scalar" ? ` ${quote(node.text)}` : "";
		const whole = issue.path.length === 0;
		return {
			...refusal,
			message: `${word}:${written} ${refusal.message}`,
			fix: whole ? refusal.fix.replace(/^write /, `write ${word}: `) : refusal.fix,
		};
	}
	const wanted = issue.code === "invalid_type" && issue.expected === "array" ? "list" : "scalar";
	return {
		code: "CONFIG_TYPE",
		message: `${word}: ${KINDS[wanted]} is expected here, not ${KINDS[node.kind]}`,
		fix: `write ${word}: ${exampleOf(field)}`,
	};
}

const KINDS = { scalar: "one value", list: "a list", block: "a block of keys", empty: "nothing" };

function asBlock(name: string, node: Node, shape: Shape, found: Findings): Block | undefined {
	if (node.kind === "block") return node;
	const [word = "", field] = Object.entries(shape)[0] ?? [];
	const example = `${word}: ${field === undefined ? "…" : exampleOf(field)}`;
	found.error(node.at, {
		code: node.kind === "empty" ? "CONFIG_EMPTY" : "CONFIG_TYPE",
		message: node.kind === "empty" ? `${name} has no value` : `${name} must be a block of keys`,
		fix: `write { ${example} }, or remove it`,
	});
	return undefined;
}

function unknownKey(name: string, word: string, shape: Shape): Refusal {
	const known = Object.keys(shape);
	const meant = nearest(word, known);
	const where = name === "" ? "the configuration" : name;
	return {
		code: "CONFIG_UNKNOWN_KEY",
		message: `${where} has no key ${quote(word)}`,
		fix: meant === undefined ? `its keys are ${known.join(", ")}` : `write ${meant}`,
	};
}

/** How a value of the field is written. */
export function exampleOf(field: z.ZodType): string {
	return valueDocs.get(unwrap(field))?.example ?? "…";
}

/** The field below its default and below `optional`. */
export function unwrap(field: z.ZodType): z.ZodType {
	if (field instanceof z.ZodDefault || field instanceof z.ZodOptional)
		return unwrap(field.unwrap() as z.ZodType);
	return field;
}

export function quote(written: string): string {
	return JSON.stringify(written.length > 80 ? `${written.slice(0, 77)}…` : written);
}
