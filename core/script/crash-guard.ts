/** Scripts that ended the whole process, as only an abort of V8 or a hang can: whoever starts it again knows which. */
import { problemAt } from "./code-frame.ts";
import type { Bundle } from "./compile.ts";
import { LoadError } from "./load-error.ts";

export type Outside = {
	/** Resolves when it is known outside of this process which bundle is loading, or was the last to be loaded, if any was. */
	tell(hash: string | null, loading: boolean): Promise<void>;
	/** Ends the process as an abort of V8 does. */
	crash(): void;
};

/** A load that waits for others may take long; one that takes longer hangs in a built-in function, in a thread that nobody can stop. */
const LOAD_MS_MAX = 60_000;

export class CrashGuard {
	/** Hashes of bundles that the process crashed on: they are not run again. */
	readonly #crashed: ReadonlySet<string>;
	readonly #outside: Outside;
	/** The suspect of a crash: of those that are alive, it has shown least. */
	#newest: string | null = null;

	constructor(crashed: readonly string[], outside: Outside) {
		this.#crashed = new Set(crashed);
		this.#outside = outside;
	}

	/** Throws LoadError, and what `load` throws. */
	async watch<T>({ hash, entry }: Bundle, load: () => Promise<T>): Promise<T> {
		if (this.#crashed.has(hash)) {
			const message =
				"the process crashed or hung on these scripts: bound what they pass to built-in functions, or restart sipwright to try them once more";
			throw new LoadError("LOAD_CRASHED", "start", [problemAt(undefined, entry, message)]);
		}
		await this.#outside.tell(hash, true);
		const hung = setTimeout(() => this.#outside.crash(), LOAD_MS_MAX);
		try {
			const loaded = await load();
			this.#newest = hash;
			return loaded;
		} finally {
			clearTimeout(hung);
			await this.#outside.tell(this.#newest, false);
		}
	}
}
