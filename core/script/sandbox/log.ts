/** Log lines of a script: kept here, taken by the host together with the answer. No host function is within reach. */
import { LOG_LENGTH_MAX, LOG_LINES_MAX, STACK_LENGTH_MAX } from "../limits.ts";
import type * as Public from "../sipwright.d.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogLine = {
	readonly level: LogLevel;
	readonly text: string;
	/** JSON, as far as it goes. */
	readonly data?: string;
	/** Where the script wrote it: a stack of the bundle. */
	readonly stack: string;
};
/** `dropped` counts the lines beyond the limit. */
export type Log = { readonly lines: readonly LogLine[]; readonly dropped: number };

/** Kept from before the script runs. */
const { stringify } = JSON;

let lines: LogLine[] = [];
let dropped = 0;

/** What was logged since the last time; undefined for nothing, the usual case. */
export function takeLog(): Log | undefined {
	if (lines.length === 0) return undefined;
	const taken = { lines, dropped };
	lines = [];
	dropped = 0;
	return taken;
}

function write(level: LogLevel, text: string, data: unknown): void {
	if (lines.length >= LOG_LINES_MAX) {
		dropped += 1;
		return;
	}
	const line = {
		level,
		text: cut(text),
		stack: String(new Error().stack).slice(0, STACK_LENGTH_MAX),
	};
	lines.push(data === undefined ? line : { ...line, data: cut(inspect(data)) });
}

export const log: Public.ScriptLog = Object.freeze({
	debug: (message: string, data?: unknown) => write("debug", String(message), data),
	info: (message: string, data?: unknown) => write("info", String(message), data),
	warn: (message: string, data?: unknown) => write("warn", String(message), data),
	error: (message: string, data?: unknown) => write("error", String(message), data),
});

/** The global `console` of the isolate. */
export const scriptConsole = Object.freeze({
	debug: (...values: unknown[]) => write("debug", join(values), undefined),
	log: (...values: unknown[]) => write("info", join(values), undefined),
	info: (...values: unknown[]) => write("info", join(values), undefined),
	warn: (...values: unknown[]) => write("warn", join(values), undefined),
	error: (...values: unknown[]) => write("error", join(values), undefined),
});

function join(values: readonly unknown[]): string {
	return values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ");
}

function inspect(value: unknown): string {
	if (value instanceof Error) return String(value.stack);
	try {
		return stringify(value) ?? String(value);
	} catch {
		return String(value);
	}
}

function cut(text: string): string {
	return text.length > LOG_LENGTH_MAX ? `${text.slice(0, LOG_LENGTH_MAX)}…` : text;
}
