/**
 * One more isolate of a script that has run into a limit: it is likely to do so again, and then the
 * thread of the traffic does not have to open the next one.
 */
import { type Contents, openIsolate, type Running, shut } from "./open-isolate.ts";
import { startAgainApart } from "./start-again.ts";

export class SpareIsolate {
	readonly #contents: Contents;
	#ready: Running | undefined;
	/** Of the opening that goes on; the result of an older one is not wanted any more. */
	#opening: object | undefined;

	constructor(contents: Contents) {
		this.#contents = contents;
	}

	/** Opens one off the main thread, unless there is one. */
	prepare(): void {
		if (this.#ready !== undefined || this.#opening !== undefined) return;
		const opening = {};
		this.#opening = opening;
		openIsolate(this.#contents)
			.then((running) => startAgainApart(this.#contents, running))
			.then(
				(running) => this.#opened(opening, running),
				() => this.#failed(opening),
			);
	}

	/** The one that is ready; the caller's from now on, and another is opened. */
	take(): Running | undefined {
		const ready = this.#ready;
		if (ready === undefined) return undefined;
		this.#ready = undefined;
		this.prepare();
		return ready.isolate.isDisposed ? undefined : ready;
	}

	dispose(): void {
		this.#opening = undefined;
		if (this.#ready !== undefined) shut(this.#ready);
		this.#ready = undefined;
	}

	#opened(opening: object, running: Running): void {
		if (this.#opening !== opening) return shut(running);
		this.#opening = undefined;
		this.#ready = running;
	}

	/** Whoever needs one opens it, and meets the same error. */
	#failed(opening: object): void {
		if (this.#opening === opening) this.#opening = undefined;
	}
}
