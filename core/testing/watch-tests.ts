/** Runs tests again whenever a file of theirs, of the scripts or of the configuration changes (chokidar). */
import { once } from "node:events";
import { watch } from "chokidar";

const CODE_OR_CONFIGURATION = /\.([cm]?[jt]sx?|json|ya?ml)$/;
const FOREIGN = /[\\/](node_modules|state|\.[^\\/.][^\\/]*)([\\/]|$)/;
/** One save is often several changes. */
const DEBOUNCE_MS = 100;

/**
 * Runs at once and after every change, until a signal ends the process. `run` is told when what it
 * does has become out of date, and is not run again before it has ended.
 */
export async function watchTests(
	paths: readonly string[],
	run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
	const watcher = watch([...paths], {
		ignoreInitial: true,
		ignored: (path) => FOREIGN.test(path),
	});
	let changed = Promise.withResolvers<void>();
	let timer: NodeJS.Timeout | undefined;
	watcher.on("all", (_, path) => {
		if (!CODE_OR_CONFIGURATION.test(path)) return;
		clearTimeout(timer);
		timer = setTimeout(() => changed.resolve(), DEBOUNCE_MS);
	});
	await once(watcher, "ready");
	let ended = false;
	const end = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]).then(() => {
		ended = true;
	});
	while (!ended) {
		changed = Promise.withResolvers();
		const outOfDate = new AbortController();
		const running = run(outOfDate.signal);
		await Promise.race([changed.promise, end]);
		outOfDate.abort();
		await running;
	}
	clearTimeout(timer);
	await watcher.close();
}
