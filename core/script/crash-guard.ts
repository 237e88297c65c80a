/** Scripts that ended the whole process, as only an abort of V8 or a hang can: whoever starts it again knows which. */
import { problemAt } from "./code-frame.ts";
import type { Bundle } from "./compile.ts";
import { LoadError } from "./load-error.ts";

export type Outside = {
	/**
	 * Resolves when it is known outside of this process which bundles run in it: by their hashes, the one
	 * that was loaded last first. `loading`: that one is being loaded.
	 */
	tell(hashes: readonly string[], loading: boolean): Promise<void>;
	/** Ends the process as an abort of V8 does. */
	crash(): void;
};

/** What became of a bundle. */
export type Loaded = {
	readonly ended: boolean;
	/** Told when it runs no more. */
	whenEnded: (() => void) | undefined;
};

/** A load that waits for others may take long; one that takes longer hangs in a built-in function, in a thread that nobody can stop. */
const LOAD_MS_MAX = 60_000;

export class CrashGuard {
	/** Hashes of bundles that the process crashed on: they are not run again. */
	readonly #crashed: ReadonlySet<string>;
	readonly #outside: Outside;
	/** The one that was loaded last first: of those that are alive, it has shown least. */
	#alive: readonly { readonly hash: string; readonly loaded: Loaded }[] = [];
	/** The load under way. */
	#loading: Promise<unknown> = Promise.resolve();

	constructor(crashed: readonly string[], outside: Outside) {
		this.#crashed = new Set(crashed);
		this.#outside = outside;
	}

	/** One after the other, so that it is known which one the process crashed on. Throws LoadError, and what `load` throws. */
	watch<T extends Loaded>(bundle: Bundle, load: () => Promise<T>): Promise<T> {
		const next = this.#loading.then(() => this.#watch(bundle, load));
		this.#loading = next.catch(() => undefined);
		return next;
	}

	async #watch<T extends Loaded>({ hash, entry }: Bundle, load: () => Promise<T>): Promise<T> {
		if (this.#crashed.has(hash)) {
			const message =
				"the process crashed or hung on these scripts: bound what they pass to built-in functions, or restart sipwright to try them once more";
			throw new LoadError("LOAD_CRASHED", "start", [problemAt(undefined, entry, message)]);
		}
		await this.#outside.tell([hash, ...this.#hashes()], true);
		const hung = setTimeout(() => this.#outside.crash(), LOAD_MS_MAX);
		try {
			const loaded = await load();
			this.#alive = [{ hash, loaded }, ...this.#alive];
			loaded.whenEnded = () => void this.#outside.tell(this.#hashes(), false);
			return loaded;
		} finally {
			clearTimeout(hung);
			await this.#outside.tell(this.#hashes(), false);
		}
	}

	#hashes(): readonly string[] {
		this.#alive = this.#alive.filter(({ loaded }) => !loaded.ended);
		return this.#alive.map(({ hash }) => hash);
	}
}
