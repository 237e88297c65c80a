/** A script and what it imports become one text for the isolate: esbuild, with the module "sipwright" put in. */
import { createHash } from "node:crypto";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Message, type Plugin } from "esbuild";
import { bundleFiles } from "./bundle-files.ts";
import { codeFrame } from "./code-frame.ts";
import { BUNDLE_TIMEOUT_MS } from "./limits.ts";
import { LoadError, type Problem } from "./load-error.ts";
import { withoutNode } from "./node-modules.ts";
import { withinTime } from "./within-time.ts";

export type Bundle = {
	/** Absolute path of the script. */
	readonly entry: string;
	/** A function expression: takes the devices as JSON, returns the runtime. */
	readonly code: string;
	/** Source map of `code`, JSON. Its sources are relative to the folder of `entry`. */
	readonly map: string;
	/** Of code and map, and so of every file that went in. */
	readonly hash: string;
};

export type Compiled = {
	readonly bundle: Bundle;
	/** Absolute paths of the script files that went in. */
	readonly inputs: readonly string[];
	readonly warnings: readonly Problem[];
};

/** The core folder: its files are the engine's part of a bundle. */
export const CORE = fileURLToPath(new URL("../", import.meta.url));

const PREPARE = sandboxFile("./sandbox/prepare.ts");
const RUNTIME = sandboxFile("./sandbox/runtime.ts");
const MODULE = sandboxFile("./sandbox/sipwright.ts");

/** Throws LoadError, with a code frame for each problem. `state` is the folder that no script may read. */
export async function compile(entry: string, state: string): Promise<Compiled> {
	const folder = dirname(entry);
	const { outputFiles, metafile, warnings } = await withinTime(
		build(options(entry, folder, state)).catch((error) => {
			throw new LoadError("LOAD_BUNDLE", "bundle", problemsOf(error, entry, folder));
		}),
		BUNDLE_TIMEOUT_MS,
		() => new LoadError("LOAD_TIMEOUT", "bundle", [timedOut(entry)]),
	);
	const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "";
	const [code, map] = [text(".js"), text(".map")];
	return {
		bundle: { entry, code, map, hash: hashOf(code, map) },
		inputs: Object.keys(metafile.inputs)
			.map((path) => resolve(folder, path))
			.filter((path) => !path.startsWith(CORE) && path !== resolve(folder, ENTRY_NAME)),
		warnings: warnings.map((warning) => problemOf(warning, entry, folder)),
	};
}

export function hashOf(...texts: readonly string[]): string {
	const hash = createHash("sha256");
	for (const text of texts) hash.update(text).update("\0");
	return hash.digest("hex");
}

const ENTRY_NAME = "sipwright-entry";

function options(entry: string, folder: string, state: string) {
	return {
		stdin: { contents: entrySource(entry), resolveDir: folder, sourcefile: ENTRY_NAME },
		absWorkingDir: folder,
		outfile: join(folder, "sipwright-routes.js"),
		write: false,
		metafile: true,
		bundle: true,
		format: "iife",
		globalName: "SIPWRIGHT_RUNTIME",
		platform: "neutral",
		mainFields: ["module", "main"],
		target: "es2024",
		// Packages ask for them before they know where they are.
		define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
		sourcemap: "external",
		// A function expression, so that nothing in it becomes a global of the isolate.
		banner: { js: '(function (SIPWRIGHT_DEVICES) { "use strict";' },
		footer: { js: "return SIPWRIGHT_RUNTIME.default; })" },
		plugins: [modules, withoutNode, bundleFiles(folder, state)],
		logLevel: "silent",
	} as const satisfies BuildOptions;
}

/** The globals are put in order before anything of the script runs. */
function entrySource(entry: string): string {
	return [
		`import ${JSON.stringify(PREPARE)};`,
		`import { openRuntime } from ${JSON.stringify(RUNTIME)};`,
		`import * as script from ${JSON.stringify(entry)};`,
		"export default openRuntime(script);",
	].join("\n");
}

/** `.ts` in the checkout, `.js` where the package is installed. */
function sandboxFile(path: string): string {
	const here = path.replace(/\.ts$/, extname(import.meta.url));
	return fileURLToPath(new URL(here, import.meta.url));
}

const modules: Plugin = {
	name: "sipwright",
	setup({ onResolve }) {
		onResolve({ filter: /^sipwright$/ }, () => ({ path: MODULE }));
	},
};

function problemsOf(error: unknown, entry: string, folder: string): Problem[] {
	const { errors = [] } = error as { readonly errors?: readonly Message[] };
	if (errors.length > 0) return errors.map((message) => problemOf(message, entry, folder));
	return [{ file: entry, line: 0, column: 0, message: String(error), frame: "" }];
}

/** esbuild counts columns from 0. */
function problemOf({ text, location }: Message, entry: string, folder: string): Problem {
	if (location === null || location.file === ENTRY_NAME)
		return { file: entry, line: 0, column: 0, message: text, frame: "" };
	const { file, line, column, lineText } = location;
	const frame = codeFrame(lineText, line, column + 1);
	return { file: resolve(folder, file), line, column: column + 1, message: text, frame };
}

function timedOut(entry: string): Problem {
	const message = `did not end within ${BUNDLE_TIMEOUT_MS} ms`;
	return { file: entry, line: 0, column: 0, message, frame: "" };
}
