/**
 * The author's tests in processes of their own and of low priority, as a load of scripts runs them
 * beside the traffic. This side starts `tests-apart-main.ts` and reads what it says.
 */
import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { AuthorsTests, TestsOutcome } from "../script/authors-tests.ts";
import { findTests } from "./find-tests.ts";

/** The whole of them. */
const TESTS_MS_MAX = 30_000;
const OUTPUT_MAX = 4 * 1024 * 1024;
/** `.ts` in the checkout, `.js` where the package is installed. */
const MAIN = fileURLToPath(
	new URL("./tests-apart-main.ts".replace(/\.ts$/, extname(import.meta.url)), import.meta.url),
);

/** `config`: for tests that name none. `stop` ends those that run. */
export function testsApart(
	config: string | undefined,
	milliseconds = TESTS_MS_MAX,
): AuthorsTests & { stop(): void } {
	const stopping = new AbortController();
	return {
		find: (folder) => findTests([folder]).files,
		run: (files) => runApart(files, config, milliseconds, stopping.signal),
		stop: () => stopping.abort(),
	};
}

function runApart(
	files: readonly string[],
	config: string | undefined,
	milliseconds: number,
	stopping: AbortSignal,
): Promise<TestsOutcome> {
	return new Promise((resolve) => {
		const { NODE_OPTIONS: _, ...env } = process.env;
		// A group of its own: what it starts ends with it.
		const child = spawn(process.execPath, [MAIN, config ?? "", ...files], {
			env,
			detached: true,
			stdio: ["pipe", "pipe", "ignore"],
		});
		if (child.pid !== undefined) lowerPriority(child.pid);
		let said = "";
		let ended: TestsOutcome | undefined;
		const end = (outcome: TestsOutcome) => {
			ended ??= outcome;
			if (child.pid !== undefined) endGroup(child.pid);
		};
		const late = setTimeout(() => end({ kind: "late", milliseconds }), milliseconds);
		const stop = () => end({ kind: "unable", reason: "were stopped" });
		stopping.addEventListener("abort", stop);
		if (stopping.aborted) stop();
		child.stdout.on("data", (chunk: Buffer) => {
			said += chunk;
			if (said.length > OUTPUT_MAX) end({ kind: "unable", reason: "fail with too many words" });
		});
		child.on("error", ({ message }) => end({ kind: "unable", reason: message }));
		child.on("close", (code, signal) => {
			clearTimeout(late);
			stopping.removeEventListener("abort", stop);
			resolve(ended ?? read(said, signal ?? `exit code ${code}`));
		});
	});
}

function read(said: string, how: string): TestsOutcome {
	try {
		return { kind: "ran", failed: JSON.parse(said) };
	} catch {
		return { kind: "unable", reason: `their process ended with ${how}` };
	}
}

/** It may have ended already, or the system may not let us. */
function lowerPriority(pid: number): void {
	try {
		setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
	} catch {}
}

function endGroup(pid: number): void {
	try {
		process.kill(-pid, "SIGKILL");
	} catch {}
}
