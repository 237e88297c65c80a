/** `sipwright test`: the author's tests of the scripts, once, or again whenever something changes. */
import { dirname, resolve } from "node:path";
import { type Command, DONE, type Output, option, REFUSED } from "./command.ts";

export const test: Command = {
	name: "test",
	usage: "[PATHS…] [--config FILE] [--watch]",
	summary: "run the tests of the scripts, *.test.ts, on the real engine and a virtual clock",
	options: { config: { type: "string", short: "c" }, watch: { type: "boolean", short: "w" } },
	positionals: [],
	more: true,
	async run({ values, positionals }, output) {
		const given = option(values, "config");
		const config = given === undefined ? undefined : resolve(given);
		const paths = positionals.length === 0 ? ["."] : positionals;
		const runOnce = (signal?: AbortSignal) => testsPass(paths, config, output, signal);
		if (values.watch !== true) return (await runOnce()) ? DONE : REFUSED;

		// Loaded here and not above: nobody else needs it.
		const { watchTests } = await import("../testing/watch-tests.ts");
		const folders = [...paths, ...(config === undefined ? [] : [dirname(config)])];
		await watchTests(
			folders.map((path) => resolve(path)),
			async (signal) => {
				await runOnce(signal);
				if (!signal.aborted) output.out("\nwaiting for changes; Ctrl+C ends\n");
			},
		);
		return DONE;
	},
};

async function testsPass(
	paths: readonly string[],
	config: string | undefined,
	output: Output,
	signal: AbortSignal | undefined,
): Promise<boolean> {
	// Loaded here and not above: the other commands start without it.
	const { findTests } = await import("../testing/find-tests.ts");
	const { runTests } = await import("../testing/run-tests.ts");
	const { files, missing } = findTests(paths);
	for (const path of missing)
		output.err(`sipwright test: ${path}: there is no file and no *.test.ts below it\n`);
	if (missing.length > 0) return false;
	const write = (text: string) => {
		if (!signal?.aborted) output.out(text);
	};
	const { failed } = await runTests({ files, config, write, ...(signal && { signal }) });
	return failed === 0;
}
