/** A program under test or beside it: started, watched through its output, stopped by its own id. */
import { type ChildProcess, spawn } from "node:child_process";
import { killTree } from "./process-tree.ts";

export type Program = {
	readonly pid: number;
	/** Standard output and standard error so far. */
	output(): string;
	/** Resolves when the output matches; rejects when the program ends first or time is up. */
	printed(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
	/** The same for what `look` finds in the output; `what` says in the error what that is. */
	until<T>(look: Look<T>, what: string, withinMs?: number): Promise<T>;
	write(text: string): void;
	/** The exit code; null when a signal ended it. */
	readonly ended: Promise<number | null>;
	/** Asks it to end, after twenty seconds kills it and all it started, and resolves with the exit code. */
	stop(signal?: NodeJS.Signals): Promise<number | null>;
};

export type StartOptions = {
	readonly cwd?: string;
	readonly env?: Record<string, string>;
	/** Keep standard input open for `write`. */
	readonly input?: boolean;
	/** After so many milliseconds `stop` no longer asks. */
	readonly insistMs?: number;
};

/** Undefined: not there yet. */
type Look<T> = (output: string) => T | undefined;

const INSIST_MS = 20_000;
const PATIENCE_MS = 60_000;

export function startProgram(
	command: string,
	args: readonly string[],
	options: StartOptions = {},
): Program {
	const child = spawn(command, args, {
		cwd: options.cwd,
		env: { ...process.env, ...options.env },
		stdio: [options.input ? "pipe" : "ignore", "pipe", "pipe"],
	});
	let text = "";
	let failure: Error | undefined;
	const watchers = new Set<() => void>();
	const tell = () => {
		for (const watcher of [...watchers]) watcher();
	};
	const collect = (chunk: Buffer) => {
		text += chunk.toString("latin1");
		tell();
	};
	child.stdout?.on("data", collect);
	child.stderr?.on("data", collect);
	const ended = new Promise<number | null>((resolve) => {
		child.once("error", (error) => {
			failure = error;
			tell();
			resolve(-1);
		});
		child.once("close", (code) => {
			failure ??= new Error(`${command} ended with code ${code}`);
			tell();
			resolve(code);
		});
	});
	const until: Program["until"] = (look, what, withinMs = PATIENCE_MS) =>
		found(look, what, withinMs, watchers, () => ({ text, failure }));
	return {
		pid: child.pid ?? -1,
		output: () => text,
		printed: (pattern, withinMs) =>
			until((output) => pattern.exec(output) ?? undefined, `${pattern}`, withinMs),
		until,
		write: (line) => child.stdin?.write(line),
		ended,
		stop: (signal = "SIGTERM") => stop(child, ended, signal, options.insistMs),
	};
}

function found<T>(
	search: Look<T>,
	what: string,
	withinMs: number,
	watchers: Set<() => void>,
	state: () => { text: string; failure: Error | undefined },
): Promise<T> {
	return new Promise((resolve, reject) => {
		const finish = (settle: () => void) => {
			clearTimeout(timer);
			watchers.delete(look);
			settle();
		};
		const fail = (why: string) =>
			finish(() => reject(new Error(`${why}: no ${what} in its output:\n${state().text}`)));
		const look = () => {
			const { text, failure } = state();
			const result = search(text);
			if (result !== undefined) finish(() => resolve(result));
			else if (failure) fail(failure.message);
		};
		const timer = setTimeout(() => fail(`not within ${withinMs} ms`), withinMs);
		watchers.add(look);
		look();
	});
}

async function stop(
	child: ChildProcess,
	ended: Promise<number | null>,
	signal: NodeJS.Signals,
	insistMs = INSIST_MS,
): Promise<number | null> {
	child.stdin?.end();
	child.kill(signal);
	// Children that it leaves behind hold its output open, and it would not be seen to end. Those of
	// Kamailio now and then wait for one another in their handlers of SIGTERM.
	const insist = setTimeout(() => killTree(child.pid ?? -1), insistMs);
	const code = await ended;
	clearTimeout(insist);
	return code;
}
