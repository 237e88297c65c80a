/** Scripts that ended the whole process, as only an abort of V8 or a hang can: whoever starts it again knows which. */
import { problemAt } from "./code-frame.ts";
import type { Bundle } from "./compile.ts";
import { LoadError } from "./load-error.ts";

/** Resolves when it is known outside of this process which bundle is loading, or was the last to be loaded, if any was. */
type Tell = (hash: string | null, loading: boolean) => Promise<void>;

export class CrashGuard {
	/** Hashes of bundles that the process crashed on: they are not run again. */
	readonly #crashed: ReadonlySet<string>;
	readonly #tell: Tell;
	/** The suspect of a crash: of those that are alive, it has shown least. */
	#newest: string | null = null;

	constructor(crashed: readonly string[], tell: Tell) {
		this.#crashed = new Set(crashed);
		this.#tell = tell;
	}

	/** Throws LoadError, and what `load` throws. */
	async watch<T>({ hash, entry }: Bundle, load: () => Promise<T>): Promise<T> {
		if (this.#crashed.has(hash)) {
			const message =
				"the process crashed or hung on these scripts: bound what they pass to built-in functions, or restart sipwright to try them once more";
			throw new LoadError("LOAD_CRASHED", "start", [problemAt(undefined, entry, message)]);
		}
		await this.#tell(hash, true);
		try {
			const loaded = await load();
			this.#newest = hash;
			return loaded;
		} finally {
			await this.#tell(this.#newest, false);
		}
	}
}
