/** What the scripts of a test count: an object that a test can take out of its argument before there is anything in it. */
import { type Metric, ScriptMetrics } from "../script/script-metrics.ts";

export class TestMetrics extends ScriptMetrics {
	readonly totals: Record<string, number> = {};
	#off = false;

	/** What is counted meanwhile is left out. */
	without(task: () => void): void {
		this.#off = true;
		task();
		this.#off = false;
	}

	override take(counted: unknown): void {
		if (!this.#off) super.take(counted);
	}

	protected override changed({ name, value }: Metric): void {
		this.totals[name] = value;
	}
}
