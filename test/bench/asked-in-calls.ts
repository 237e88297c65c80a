/**
 * Preloaded into a proxy of the benchmark (node --import): how long each question to the script takes amid
 * calls. At its end the process writes the microseconds, as a JSON array, to the file in `?into=` of its own URL.
 */
import { writeFileSync } from "node:fs";
import { Generation } from "../../core/script/generation.ts";

const SAMPLES_MAX = 200_000;
const into = new URL(import.meta.url).searchParams.get("into");
const samples = new Float64Array(SAMPLES_MAX);
let taken = 0;

const { ask } = Generation.prototype;
Generation.prototype.ask = function timed(...question) {
	const before = performance.now();
	const outcome = ask.apply(this, question);
	if (taken < SAMPLES_MAX) samples[taken++] = 1000 * (performance.now() - before);
	return outcome;
};

process.on("exit", () => {
	// The supervisor is no proxy.
	if (into !== null && taken > 0) writeFileSync(into, JSON.stringify([...samples.slice(0, taken)]));
});
