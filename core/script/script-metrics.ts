/** What scripts count and measure, by name: one list for every script and generation of a process. */
import { z } from "zod";
import { METRIC_NAME_MAX, METRICS_MAX, METRICS_PER_HOOK_MAX } from "./limits.ts";

export type Metric = {
	readonly name: string;
	/** `count` only grows; `value` is what it was set to last. */
	readonly kind: "count" | "value";
	readonly value: number;
};

const name = z
	.string()
	.max(METRIC_NAME_MAX)
	.regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
const shape = z.object({
	entries: z
		.array(
			z.union([
				z.object({ name, by: z.number().nonnegative() }),
				z.object({ name, value: z.number() }),
			]),
		)
		.max(METRICS_PER_HOOK_MAX),
	dropped: z.int().nonnegative(),
});

export class ScriptMetrics {
	readonly #metrics = new Map<string, Metric>();
	#leftOut = 0;

	/** In the order in which they were first counted. */
	get list(): readonly Metric[] {
		return [...this.#metrics.values()];
	}

	/** What there was no room for, or was of another kind before. */
	get leftOut(): number {
		return this.#leftOut;
	}

	/** `counted` was made inside an isolate; what does not have the shape is left out. */
	take(counted: unknown): void {
		const { data } = shape.safeParse(counted);
		if (data === undefined) {
			this.#leftOut += 1;
			return;
		}
		this.#leftOut += data.dropped;
		for (const entry of data.entries) {
			if ("by" in entry) this.#add(entry.name, "count", this.#before(entry.name) + entry.by);
			else this.#add(entry.name, "value", entry.value);
		}
	}

	protected changed(_metric: Metric): void {}

	#before(name: string): number {
		return this.#metrics.get(name)?.value ?? 0;
	}

	#add(name: string, kind: Metric["kind"], value: number): void {
		const before = this.#metrics.get(name);
		const full = before === undefined && this.#metrics.size >= METRICS_MAX;
		if (full || (before?.kind ?? kind) !== kind || !Number.isFinite(value)) {
			this.#leftOut += 1;
			return;
		}
		const metric = { name, kind, value };
		this.#metrics.set(name, metric);
		this.changed(metric);
	}
}
