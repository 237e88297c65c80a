/** The kinds of values a key can have, as zod types that say in our words what is wrong and what to write. */
import { z } from "zod";
import type { Complaint } from "./finding.ts";
import { nearest } from "./nearest.ts";

/** What the reference says about one kind of value. */
export type ValueDoc = {
	readonly values: string;
	/** How a value is written when a list or a block stands in its place. */
	readonly example: string;
};

/** How each field's values are described. */
export const valueDocs = z.registry<ValueDoc>();

/** A complaint about a value; `offset` counts characters into it. */
export type Refusal = Complaint & { readonly fix: string; readonly offset?: number };

/** The custom issue that carries a refusal through zod. */
export type RefusalIssue = { readonly refusal?: Refusal };

/** One word, number or quoted text. `read` gives the value, or says what is wrong with it. */
export function scalar<T>(doc: ValueDoc, read: (text: string) => { value: T } | Refusal) {
	return z
		.string()
		.transform((text, context): T => {
			const outcome = read(text);
			if ("value" in outcome) return outcome.value;
			const params: RefusalIssue = { refusal: outcome };
			context.addIssue({ code: "custom", message: outcome.message, params });
			return z.NEVER;
		})
		.register(valueDocs, doc);
}

/** Any text that is not empty. */
export function text(values: string, example: string) {
	return scalar({ values, example }, (written) =>
		written === "" ? wrong("is empty", example) : { value: written },
	);
}

export function integer({ min, max }: { readonly min: number; readonly max: number }) {
	const range = `${min} to ${max}`;
	return scalar({ values: range, example: String(min) }, (written) => {
		if (!/^-?\d{1,9}$/.test(written)) return wrong("is no whole number", `a number, ${range}`);
		const value = Number(written);
		if (value < min || value > max) return wrong("is out of range", `a number, ${range}`);
		return { value };
	});
}

/** A number as above, or `off` for none: Infinity. */
export function limit({ min, max }: { readonly min: number; readonly max: number }) {
	const range = `${min} to ${max}`;
	return scalar({ values: `${range}, \`off\``, example: String(min) }, (written) => {
		const value = written === "off" ? Infinity : Number(written);
		const known = value === Infinity || /^\d{1,9}$/.test(written);
		if (!known) return wrong("is neither a whole number nor off", `a number, ${range}, or off`);
		if (value !== Infinity && (value < min || value > max))
			return wrong("is out of range", `a number, ${range}, or off`);
		return { value };
	});
}

/** `yes` and `no`; YAML's `true` and `false` are understood too. */
export function flag({ later }: { later?: boolean } = {}) {
	const supported = later === undefined ? "yes or no" : word(!later);
	const values =
		later === undefined ? "`yes`, `no`" : `\`${word(!later)}\` (later: \`${word(later)}\`)`;
	return scalar({ values, example: "yes" }, (written) => {
		const value = FLAGS.get(written.toLowerCase());
		if (value === undefined) return wrong("is neither yes nor no", supported);
		return value === later ? notYet(supported) : { value };
	});
}

/** `yes`, `no` or one word more. */
export function flagOr<const T extends string>(third: T) {
	return scalar<boolean | T>(
		{ values: `\`yes\`, \`no\`, \`${third}\``, example: "yes" },
		(written) => {
			const value = written === third ? third : FLAGS.get(written.toLowerCase());
			return value === undefined ? wrong("is not known", `yes, no or ${third}`) : { value };
		},
	);
}

/** One of a few words. Those in `later` are understood and not yet acted upon. */
export function choice<const T extends string>(values: readonly T[], later: readonly T[] = []) {
	const now = values.filter((value) => !later.includes(value));
	const code = (words: readonly string[]) => words.map((one) => `\`${one}\``).join(", ");
	const postponed = later.length > 0 ? ` (later: ${code(later)})` : "";
	const doc = { values: code(now) + postponed, example: now[0] ?? "" };
	return scalar<T>(doc, (written) => {
		const value = values.find((one) => one === written);
		if (value === undefined) return wrong("is not known", nearest(written, now) ?? oneOf(now));
		return later.includes(value) ? notYet(oneOf(now)) : { value };
	});
}

export function list<T extends z.ZodType>(item: T) {
	const doc = valueDocs.get(item);
	return z.array(item).register(valueDocs, {
		values: `list of ${doc?.values ?? "values"}`,
		example: `[${doc?.example ?? ""}]`,
	});
}

export function wrong(message: string, fix: string, offset = 0): Refusal {
	return { code: "CONFIG_VALUE", message, fix: `write ${fix}`, offset };
}

/** For what the reference describes and this version does not do yet: never silently ignored. */
export function notYet(fix: string): Refusal {
	return { code: "CONFIG_NOT_YET", message: "is not supported yet", fix: `write ${fix}` };
}

export function oneOf(words: readonly string[]): string {
	return words.length === 1 ? (words[0] ?? "") : `one of ${words.join(", ")}`;
}

const FLAGS = new Map([
	["yes", true],
	["true", true],
	["no", false],
	["false", false],
]);

function word(value: boolean): string {
	return value ? "yes" : "no";
}
