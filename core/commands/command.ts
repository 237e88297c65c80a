/** What a command is: its words for the help, its options, and what it does. */
import type { parseArgs } from "node:util";

/** Where a command writes: standard output and standard error, or a test. */
export type Output = { out(text: string): void; err(text: string): void };

export type Values = Readonly<Record<string, string | boolean | undefined>>;

export type Arguments = { readonly values: Values; readonly positionals: readonly string[] };

export type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

export type Command = {
	readonly name: string;
	/** After the name: `[--config FILE]`. */
	readonly usage: string;
	readonly summary: string;
	readonly options: Options;
	/** What stands beside options, by name: each is required. */
	readonly positionals: readonly string[];
	/** Whether any number of others may follow. */
	readonly more?: boolean;
	/** Returns the exit code. */
	run(args: Arguments, output: Output): Promise<number>;
};

export const DONE = 0;
/** The command was understood and what it asked for was refused. */
export const REFUSED = 1;
export const WRONG_USAGE = 2;
/** Nobody answers for the running instance. */
export const NO_ANSWER = 3;

/** A value that was given as text. */
export function option(values: Values, name: string): string | undefined {
	const value = values[name];
	return typeof value === "string" ? value : undefined;
}
