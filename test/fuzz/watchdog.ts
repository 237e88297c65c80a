/** Ends a run that one input holds up for good: a loop without end is a finding that throws nothing. */
import { Worker } from "node:worker_threads";

/** Polls of one second in which the number of the input did not change. */
const PATIENCE = 60;

/** Runs in a thread of its own, since the first has no time to look. */
const CODE = `
const { workerData, parentPort } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const number = new Float64Array(workerData.shared);
let [name, last, stuck] = ["", -1, 0];
parentPort.on("message", (text) => { name = text; });
setInterval(() => {
	stuck = number[0] === last && number[0] >= 0 ? stuck + 1 : 0;
	last = number[0];
	if (stuck < ${PATIENCE}) return;
	writeSync(1, "no end: npm run fuzz -- " + name + " --from " + last + " --inputs 1\\n");
	process.kill(process.pid, "SIGKILL");
}, 1000);
`;

export class Watchdog {
	readonly #shared = new SharedArrayBuffer(8);
	readonly #number = new Float64Array(this.#shared).fill(-1);
	readonly #worker = new Worker(CODE, { eval: true, workerData: { shared: this.#shared } });

	constructor() {
		this.#worker.unref();
	}

	watch(target: string, seed: number): void {
		this.#number[0] = -1;
		this.#worker.postMessage(`--target ${target} --seed ${seed}`);
	}

	starting(at: number): void {
		this.#number[0] = at;
	}

	close(): void {
		void this.#worker.terminate();
	}
}
