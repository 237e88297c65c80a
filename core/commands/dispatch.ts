/** Chooses the command that the command line names, and says what is wrong with a command line. */
import { parseArgs } from "node:util";
import { nearest } from "../config/nearest.ts";
import { check } from "./check.ts";
import {
	type Arguments,
	type Command,
	DONE,
	type Options,
	type Output,
	WRONG_USAGE,
} from "./command.ts";
import { init } from "./init.ts";
import { installation } from "./installation.ts";
import { promote, reload, rollback } from "./reload.ts";
import { replay } from "./replay.ts";
import { rotateKeys } from "./rotate-keys.ts";
import { run } from "./run.ts";
import { status } from "./status.ts";
import { test } from "./test.ts";

const COMMANDS: readonly Command[] = [
	run,
	check,
	test,
	replay,
	init,
	reload,
	promote,
	rollback,
	status,
	rotateKeys,
];

const HELP = { help: { type: "boolean", short: "h" } } as const;

/** Runs `sipwright ARGUMENTS…` and returns the exit code. */
export async function dispatch(argv: readonly string[], output: Output): Promise<number> {
	const [name, ...rest] = argv;
	if (name === undefined || name === "help" || name === "--help" || name === "-h") {
		output.out(overview());
		return name === undefined ? WRONG_USAGE : DONE;
	}
	if (name === "--version" || name === "-v") {
		output.out(`${installation().version}\n`);
		return DONE;
	}
	const command = COMMANDS.find((one) => one.name === name);
	if (command === undefined) {
		const meant = nearest(
			name,
			COMMANDS.map((one) => one.name),
		);
		const hint = meant === undefined ? "see sipwright --help" : `did you mean sipwright ${meant}?`;
		output.err(`sipwright: there is no command ${name}: ${hint}\n`);
		return WRONG_USAGE;
	}
	const args = readArguments(command, rest);
	if (typeof args === "string") {
		output.err(`sipwright ${command.name}: ${args}\n${usage(command)}`);
		return WRONG_USAGE;
	}
	if (args.values.help === true) {
		output.out(`${usage(command)}${command.summary}\n`);
		return DONE;
	}
	return command.run(args, output);
}

/** The parsed arguments, or what is wrong with them. */
function readArguments(command: Command, argv: readonly string[]): Arguments | string {
	const options: Options = { ...command.options, ...HELP };
	const { tokens, values, positionals } = parseArgs({
		args: [...argv],
		options,
		strict: false,
		allowPositionals: true,
		tokens: true,
	});
	const faults = tokens.map((token) => optionFault(token, options));
	const fault = faults.find((one) => one !== undefined);
	if (fault !== undefined) return fault;
	const wanted = values.help === true ? positionals.length : command.positionals.length;
	if (positionals.length < wanted) return `${command.positionals[positionals.length]} is missing`;
	const [extra] = command.more ? [] : positionals.slice(wanted);
	if (extra !== undefined) return `${extra} is one argument too many`;
	return { values: values as Arguments["values"], positionals };
}

function optionFault(
	token: { kind: string; name?: string; rawName?: string; value?: string | undefined },
	options: Options,
): string | undefined {
	if (token.kind !== "option") return undefined;
	const { name = "", rawName = "", value } = token;
	const known = Object.hasOwn(options, name) ? options[name] : undefined;
	if (known === undefined) return unknownOption(rawName, Object.keys(options));
	if (known.type === "string" && value === undefined) return `${rawName} needs a value`;
	return known.type === "boolean" && value !== undefined ? `${rawName} takes no value` : undefined;
}

function unknownOption(written: string, known: readonly string[]): string {
	const meant = nearest(written.replace(/^-+/, ""), known);
	return `there is no option ${written}${meant === undefined ? "" : `; did you mean --${meant}?`}`;
}

function usage({ name, usage: text }: Command): string {
	return `Usage: sipwright ${name} ${text}\n`;
}

function overview(): string {
	const width = Math.max(...COMMANDS.map((one) => one.name.length + one.usage.length + 1));
	const lines = COMMANDS.map(
		(one) => `  ${`${one.name} ${one.usage}`.padEnd(width)}  ${one.summary}`,
	);
	return [
		"Usage: sipwright COMMAND [OPTIONS]",
		"",
		...lines,
		"",
		"sipwright COMMAND --help shows one command, sipwright --version the version.",
		"",
	].join("\n");
}
