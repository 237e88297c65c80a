/**
 * A process of its own for the author's tests of a load (tests-apart.ts): CONFIG FILES… in, JSON of the
 * tests that failed out. It ends with whoever started it.
 */
import { runTests } from "./run-tests.ts";

/** Each process of a file takes about 100 MB. */
const CONCURRENCY = 2;

const [config = "", ...files] = process.argv.slice(2);
process.stdin.resume();
process.stdin.once("end", () => process.kill(-process.pid, "SIGKILL"));
const { failures } = await runTests({
	files,
	config: config === "" ? undefined : config,
	write: () => {},
	concurrency: CONCURRENCY,
});
process.stdout.write(JSON.stringify(failures), () => process.exit());
