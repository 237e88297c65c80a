/** Says when a script file has changed (chokidar): in the script's folder, and elsewhere where it imports from. */
import { once } from "node:events";
import { relative, sep } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { DEBOUNCE_MS } from "./limits.ts";

const SCRIPT_FILE = /\.([cm]?[jt]s|json)$/;
/** What a mounted Kubernetes volume swaps: a link named `..data`, to folders named `..2026_01_31…`. */
const VOLUME_LINK = /^\.\.(data|\d)/;

export class Watcher {
	readonly #folder: string;
	readonly #watcher: FSWatcher;
	readonly #changed: () => void;
	#timer: NodeJS.Timeout | undefined;

	private constructor(folder: string, watcher: FSWatcher, changed: () => void) {
		this.#folder = folder;
		this.#watcher = watcher;
		this.#changed = changed;
		watcher.on("all", (_, path) => {
			if (SCRIPT_FILE.test(path) || VOLUME_LINK.test(relative(folder, path))) this.#soon();
		});
	}

	/** Resolves once every later change is seen. `except` is a folder to leave alone. */
	static async open(folder: string, except: string, changed: () => void): Promise<Watcher> {
		const watcher = watch(folder, {
			ignoreInitial: true,
			ignored: (path) => path === except || isForeign(relative(folder, path)),
		});
		const ready = once(watcher, "ready");
		const self = new Watcher(folder, watcher, changed);
		await ready;
		return self;
	}

	/** Files outside the folder that the script imports. */
	include(files: readonly string[]): void {
		const outside = files.filter(
			(file) => !file.startsWith(this.#folder + sep) && !file.includes(`${sep}node_modules${sep}`),
		);
		if (outside.length > 0) this.#watcher.add(outside);
	}

	async close(): Promise<void> {
		clearTimeout(this.#timer);
		await this.#watcher.close();
	}

	/** One save is often several changes. */
	#soon(): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(this.#changed, DEBOUNCE_MS);
	}
}

function isForeign(path: string): boolean {
	return path
		.split(sep)
		.some((part) => part === "node_modules" || (part.startsWith(".") && !part.startsWith("..")));
}
