/**
 * The types of a script, checked by the TypeScript compiler: a process of its own, of low priority,
 * so that nothing of it is on the path of a request.
 */
import { type ExecFileException, execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { constants, setPriority, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { whyAbsent } from "./absent-globals.ts";
import { problemAt } from "./code-frame.ts";
import { TYPES_OUTPUT_MAX, TYPES_SHOWN_MAX, TYPES_TIMEOUT_MS } from "./limits.ts";
import { LoadError, type Problem } from "./load-error.ts";

/** What a type error does: keeps the script from serving, is told, or is not looked for. */
export type Typecheck = "block" | "warn" | "off";

/** What the script sees as "sipwright", wherever it lies: beside this file in every form of the package. */
const MODULE_TYPES = fileURLToPath(new URL("./sipwright.d.ts", import.meta.url));

/**
 * What is wrong with the types of a script and what it imports; empty when they are good. Throws
 * LoadError when the compiler cannot be run.
 */
export async function checkTypes(
	entry: string,
	findCompiler: () => string | undefined = compilerFile,
	timeout: number = TYPES_TIMEOUT_MS,
): Promise<Problem[]> {
	const compiler = findCompiler();
	if (compiler === undefined)
		throw unchecked(entry, "the package typescript is not installed beside sipwright");
	const folder = await mkdtemp(join(tmpdir(), "sipwright-types-")).catch(
		({ code }: NodeJS.ErrnoException) => {
			throw unchecked(entry, `no file can be written in ${tmpdir()} (${code})`);
		},
	);
	try {
		const project = join(folder, "tsconfig.json");
		await writeFile(project, JSON.stringify(settings(entry)));
		const args = [compiler, "--project", project, "--pretty", "false"];
		return outcome(entry, await run(args, dirname(entry), timeout));
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/** Those of `sipwright init`, and no tsconfig.json of the script's: the result is the same on every machine. */
function settings(entry: string) {
	return {
		compilerOptions: {
			target: "es2024",
			lib: ["es2024"],
			module: "esnext",
			moduleResolution: "bundler",
			moduleDetection: "force",
			noEmit: true,
			strict: true,
			noUncheckedIndexedAccess: true,
			allowImportingTsExtensions: true,
			allowJs: true,
			resolveJsonModule: true,
			skipLibCheck: true,
			types: [],
			paths: { sipwright: [MODULE_TYPES] },
		},
		files: [entry],
		// Where an author declares what a package does not.
		include: [join(dirname(entry), "*.d.ts")],
	};
}

type Ended = {
	readonly error: ExecFileException | null;
	readonly output: string;
	readonly timeout: number;
};

function run(args: readonly string[], cwd: string, timeout: number): Promise<Ended> {
	return new Promise((done) => {
		const child = execFile(
			process.execPath,
			args,
			{ cwd, env: environment(), timeout, killSignal: "SIGKILL", maxBuffer: TYPES_OUTPUT_MAX },
			(error, stdout, stderr) => done({ error, output: `${stdout}\n${stderr}`, timeout }),
		);
		if (child.pid !== undefined) lowerPriority(child.pid);
	});
}

/** Nothing that changes how this process runs is for the compiler, such as an inspector's port. */
function environment(): NodeJS.ProcessEnv {
	const { NODE_OPTIONS: _, ...rest } = process.env;
	return rest;
}

/** It may have ended already, or the system may not let us. */
function lowerPriority(pid: number): void {
	try {
		setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
	} catch {}
}

/** tsc exits with 1 or 2 when it found something. */
function outcome(entry: string, { error, output, timeout }: Ended): Problem[] {
	if (error === null) return [];
	if (error.killed === true && error.code !== "ERR_CHILD_PROCESS_STDIO_MAXBUFFER")
		throw new LoadError("LOAD_TIMEOUT", "types", [
			problemAt(undefined, entry, `did not end within ${timeout} ms`),
		]);
	const found = problems(entry, output);
	if (found.length === 0 || error.signal) throw unchecked(entry, reason(error, output));
	const more = found.length - TYPES_SHOWN_MAX;
	if (more <= 0) return found;
	const rest = problemAt(undefined, entry, `and ${more} more type errors`);
	return [...found.slice(0, TYPES_SHOWN_MAX), rest];
}

function reason({ code, signal }: ExecFileException, output: string): string {
	const lines = output.split("\n").filter((line) => line.trim() !== "");
	const said = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0] ?? "";
	const end = signal ? `was ended by ${signal}` : `ended with ${code}`;
	return `the compiler ${end}${said === "" ? "" : `: ${said}`}`;
}

/** `routes/default.ts(3,9): error TS2304: Cannot find name 'a'.`, and lines set in that explain it. */
const LINE = /^(?:(.+?)\((\d+),(\d+)\): )?error (TS\d+: .*)$/;

function problems(entry: string, output: string): Problem[] {
	const found: { file: string | undefined; line: number; column: number; text: string }[] = [];
	for (const line of output.split("\n")) {
		const [, file, row, column, text] = LINE.exec(line) ?? [];
		const last = found.at(-1);
		if (text !== undefined) found.push({ file, line: Number(row), column: Number(column), text });
		else if (last !== undefined && line.startsWith("  ")) last.text += `\n${line.trimEnd()}`;
	}
	return found.map(({ file, line, column, text }) => {
		if (file === undefined) return problemAt(undefined, entry, text);
		const place = { file: resolve(dirname(entry), file), line, column };
		return problemAt(place, place.file, advised(text));
	});
}

/** What the compiler would have people install does not help in an isolate. */
function advised(text: string): string {
	const [said, name = ""] = /^TS\d+: Cannot find name '(\w+)'/.exec(text) ?? [];
	const why = said === undefined ? undefined : whyAbsent(name);
	if (why !== undefined) return `${said}: ${why}`;
	const [, module] = /^TS7016: .* module '([^']+)'/.exec(text) ?? [];
	if (module === undefined) return text;
	return `${text}\n  It has no types: write declare module "${module}"; into a .d.ts beside the script.`;
}

function unchecked(entry: string, why: string): LoadError {
	const message = `types cannot be checked: ${why}; put that right, or write reload: { typecheck: off }`;
	return new LoadError("LOAD_COMPILER", "types", [problemAt(undefined, entry, message)]);
}

/** The command of the package typescript. */
function compilerFile(): string | undefined {
	try {
		const own = fileURLToPath(import.meta.resolve("typescript/package.json"));
		return join(dirname(own), "bin/tsc");
	} catch {
		return undefined;
	}
}
