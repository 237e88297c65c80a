/** Runs files of tests, each in a process of its own: they are the author's code, on the author's machine. */
import { extname } from "node:path";
import { run } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { CONFIG_VARIABLE } from "./config-variable.ts";
import { reportTests, type Totals } from "./report-tests.ts";

/** Set by node:test for the processes that it starts. */
const TEST_CONTEXT = "NODE_TEST_CONTEXT";
/** The clock of a test is made up, so one that has not ended by then never will. */
const TEST_MS_MAX = 60_000;

/** `.ts` in the checkout, `.js` where the package is installed. */
const PRELOAD = new URL("./preload.ts".replace(/\.ts$/, extname(import.meta.url)), import.meta.url)
	.href;

export type RunOptions = {
	/** Absolute paths. */
	readonly files: readonly string[];
	/** Absolute path of the configuration for tests that name none; undefined: the nearest to each. */
	readonly config: string | undefined;
	write(text: string): void;
	/** How many files at a time; without it as many as there are processors. */
	readonly concurrency?: number;
	readonly signal?: AbortSignal;
};

export async function runTests(options: RunOptions): Promise<Totals> {
	const { files, config, write, concurrency = true, signal } = options;
	const before = { ...process.env };
	if (config !== undefined) process.env[CONFIG_VARIABLE] = config;
	// Else node:test takes this for a test that runs tests, and runs none.
	delete process.env[TEST_CONTEXT];
	try {
		const events: AsyncIterable<TestEvent> = run({
			files: [...files],
			concurrency,
			timeout: TEST_MS_MAX,
			// isolated-vm asks for the first.
			execArgv: ["--no-node-snapshot", "--import", PRELOAD],
			...(signal && { signal }),
		});
		return await reportTests(events, write);
	} finally {
		for (const name of [CONFIG_VARIABLE, TEST_CONTEXT]) {
			const value = before[name];
			if (value === undefined) delete process.env[name];
			else process.env[name] = value;
		}
	}
}
