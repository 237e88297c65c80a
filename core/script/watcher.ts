/**
 * Says when a script file has changed: in the script's folder, and elsewhere where it imports from.
 * The system tells (chokidar); where it does not, such as on a network mount or when a link above the
 * folder is moved, comparing contents now and then does.
 */
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { relative, sep } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { fingerprint } from "./fingerprint.ts";
import { gitBusy } from "./git-busy.ts";
import { DEBOUNCE_MAX_MS, DEBOUNCE_MS } from "./limits.ts";
import { counts, isForeign } from "./watched-files.ts";

/** File systems round the time of a change down to a tick of the kernel. */
const TICK_MS = 20;

export type Watching = {
	changed(): void;
	/** The system gives up on a part of it: too many watches, or no right to read. */
	failed(error: Error): void;
};

export type Watched = {
	readonly folder: string;
	/** A folder to leave alone. */
	readonly except: string;
	/** Milliseconds between two looks at the contents; Infinity for none. */
	readonly pollMs: number;
};

export class Watcher {
	readonly #pollMs: number;
	readonly #folder: string;
	readonly #except: string;
	readonly #watching: Watching;
	readonly #watchers = new Set<FSWatcher>();
	#ofFolder: FSWatcher | undefined;
	/** Files elsewhere that are watched. */
	readonly #outside = new Set<string>();
	#closed = false;
	#timer: NodeJS.Timeout | undefined;
	/** When the first change of those that wait was seen. */
	#first: number | undefined;
	#poll: NodeJS.Timeout | undefined;
	#seen: string | undefined;

	private constructor({ folder, except, pollMs }: Watched, watching: Watching) {
		this.#pollMs = pollMs;
		this.#folder = folder;
		this.#except = except;
		this.#watching = watching;
	}

	/** Resolves once every later change is seen. */
	static async open(watched: Watched, watching: Watching): Promise<Watcher> {
		const watcher = new Watcher(watched, watching);
		await watcher.#watchFolder();
		if (watched.pollMs !== Infinity) {
			watcher.#seen = await watcher.#fingerprint();
			watcher.#pollLater();
		}
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
		if (this.#seen !== undefined) this.#seen = await this.#fingerprint();
		for (const file of added) if (await changedSince(file, since - TICK_MS)) this.#soon();
	}

	async close(): Promise<void> {
		this.#closed = true;
		clearTimeout(this.#timer);
		clearTimeout(this.#poll);
		await Promise.all([...this.#watchers].map((watcher) => watcher.close()));
	}

	async #watchFolder(): Promise<void> {
		const ignored = (path: string) =>
			path === this.#except || isForeign(relative(this.#folder, path));
		this.#ofFolder = await this.#watch([this.#folder], ignored);
	}

	async #watch(paths: string[], ignored: (path: string) => boolean): Promise<FSWatcher> {
		const watcher = watch(paths, { ignoreInitial: true, ignored });
		this.#watchers.add(watcher);
		watcher.on("error", (error) => this.#watching.failed(error as Error));
		watcher.on("all", (_, path) => {
			if (counts(path, this.#folder)) this.#soon();
		});
		// An error has been told already.
		await once(watcher, "ready").catch(() => {});
		return watcher;
	}

	/** One save is often several changes, and they may go on for longer than one waits. */
	#soon(): void {
		if (this.#closed) return;
		clearTimeout(this.#timer);
		this.#first ??= Date.now();
		const rest = Math.max(0, this.#first + DEBOUNCE_MAX_MS - Date.now());
		this.#timer = setTimeout(() => void this.#tell(), Math.min(DEBOUNCE_MS, rest));
	}

	async #tell(): Promise<void> {
		if (await gitBusy(this.#folder, Date.now())) return this.#soon();
		// Before the files are read: what changes from now on is another change.
		if (this.#seen !== undefined) this.#seen = await this.#fingerprint();
		this.#first = undefined;
		if (!this.#closed) this.#watching.changed();
	}

	#pollLater(): void {
		if (this.#closed) return;
		const look = () =>
			this.#look()
				.catch((error: Error) => this.#watching.failed(error))
				.then(() => this.#pollLater());
		this.#poll = setTimeout(() => void look(), this.#pollMs).unref();
	}

	/** What is only seen here, the watch of the folder no longer sees: it begins anew. */
	async #look(): Promise<void> {
		const before = this.#seen;
		const now = await this.#fingerprint();
		if (this.#closed || this.#first !== undefined || before !== this.#seen || now === before)
			return;
		const stale = this.#ofFolder;
		await this.#watchFolder();
		if (stale !== undefined) {
			this.#watchers.delete(stale);
			await stale.close();
		}
		this.#soon();
		if (this.#closed) await this.close();
	}

	#fingerprint(): Promise<string> {
		return fingerprint(this.#folder, this.#except, this.#outside);
	}
}

async function changedSince(file: string, since: number): Promise<boolean> {
	const found = await stat(file).catch(() => undefined);
	return found !== undefined && found.ctimeMs >= since;
}
