/** The location file as written by a thread of its own, started anew after it has died. */
import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { DeviceText } from "./location-file.ts";
import type { Written } from "./location-writer.ts";

export class WrittenApart {
	readonly #path: string;
	#thread: Worker | undefined;
	#answer: PromiseWithResolvers<Written> | undefined;

	constructor(path: string) {
		this.#path = path;
	}

	/** At once: to begin with, it takes longer than all that it writes later. */
	start(): void {
		this.#thread ??= this.#begin();
		this.#thread.unref();
	}

	/** One batch at a time. Rejects when the thread dies of it. The process stays for the answer, and for nothing else here. */
	async write(devices: readonly DeviceText[]): Promise<Written> {
		this.#thread ??= this.#begin();
		const thread = this.#thread;
		const answer = Promise.withResolvers<Written>();
		this.#answer = answer;
		thread.ref();
		thread.postMessage(devices);
		try {
			return await answer.promise;
		} finally {
			this.#answer = undefined;
			thread.unref();
		}
	}

	async close(): Promise<void> {
		const thread = this.#thread;
		if (thread === undefined) return;
		thread.ref();
		const ended = once(thread, "exit");
		thread.postMessage(undefined);
		await ended;
	}

	#begin(): Worker {
		const thread = new Worker(THREAD, { workerData: this.#path });
		thread.on("message", (written: Written) => this.#answer?.resolve(written));
		thread.on("error", (error) => this.#died(thread, error));
		thread.on("exit", (code) =>
			this.#died(thread, new Error(`the thread that writes ended with ${code}`)),
		);
		return thread;
	}

	/** Its exit comes behind its error: by then another one may have taken its place. */
	#died(thread: Worker, error: unknown): void {
		if (thread !== this.#thread) return;
		this.#thread = undefined;
		this.#answer?.reject(error);
	}
}

const THREAD = new URL(
	"./location-thread.ts".replace(/\.ts$/, extname(import.meta.url)),
	import.meta.url,
);
