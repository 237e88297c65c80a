/** Says when a script file has changed (chokidar): in the script's folder, and elsewhere where it imports from. */
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { relative, sep } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { DEBOUNCE_MS } from "./limits.ts";

const SCRIPT_FILE = /\.([cm]?[jt]s|json)$/;
/** What a mounted Kubernetes volume swaps: a link named `..data`, to folders named `..2026_01_31…`. */
const VOLUME_LINK = /^\.\.(data|\d)/;
/** File systems round the time of a change down to a tick of the kernel. */
const TICK_MS = 20;

export type Watching = {
	changed(): void;
	/** The system gives up on a part of it: too many watches, or no right to read. */
	failed(error: Error): void;
};

export class Watcher {
	readonly #folder: string;
	readonly #watching: Watching;
	readonly #watchers: FSWatcher[] = [];
	/** Files elsewhere that are watched. */
	readonly #outside = new Set<string>();
	#closed = false;
	#timer: NodeJS.Timeout | undefined;

	private constructor(folder: string, watching: Watching) {
		this.#folder = folder;
		this.#watching = watching;
	}

	/** Resolves once every later change is seen. `except` is a folder to leave alone. */
	static async open(folder: string, except: string, watching: Watching): Promise<Watcher> {
		const watcher = new Watcher(folder, watching);
		await watcher.#watch([folder], (path) => path === except || isForeign(relative(folder, path)));
		return watcher;
	}

	/**
	 * Files that the script was made of. Those outside the folder are watched from now on; what
	 * changed in them since `since` (epoch milliseconds) is told as well.
	 */
	async include(files: readonly string[], since: number): Promise<void> {
		const added = files.filter(
			(file) =>
				!file.startsWith(this.#folder + sep) &&
				!isForeign(relative(this.#folder, file)) &&
				!this.#outside.has(file),
		);
		if (added.length === 0 || this.#closed) return;
		for (const file of added) this.#outside.add(file);
		await this.#watch(added, () => false);
		for (const file of added) if (await changedSince(file, since - TICK_MS)) this.#soon();
	}

	async close(): Promise<void> {
		this.#closed = true;
		clearTimeout(this.#timer);
		await Promise.all(this.#watchers.map((watcher) => watcher.close()));
	}

	async #watch(paths: string[], ignored: (path: string) => boolean): Promise<void> {
		const watcher = watch(paths, { ignoreInitial: true, ignored });
		this.#watchers.push(watcher);
		watcher.on("error", (error) => this.#watching.failed(error as Error));
		watcher.on("all", (_, path) => {
			if (SCRIPT_FILE.test(path) || VOLUME_LINK.test(relative(this.#folder, path))) this.#soon();
		});
		// An error has been told already.
		await once(watcher, "ready").catch(() => {});
	}

	/** One save is often several changes. */
	#soon(): void {
		clearTimeout(this.#timer);
		if (!this.#closed) this.#timer = setTimeout(() => this.#watching.changed(), DEBOUNCE_MS);
	}
}

async function changedSince(file: string, since: number): Promise<boolean> {
	const found = await stat(file).catch(() => undefined);
	return found !== undefined && found.ctimeMs >= since;
}

function isForeign(path: string): boolean {
	return path
		.split(sep)
		.some((part) => part === "node_modules" || (part.startsWith(".") && !part.startsWith("..")));
}
