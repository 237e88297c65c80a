/** Tables of docs/performance.md. */
import type { Row } from "./results.ts";

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

export function ratio(value: number, base: number): string {
	return Number.isNaN(base) ? "–" : (value / base).toFixed(2);
}

/** Said when not all rows are of one run, so that their ratio is not of one. */
export function renderRuns(rows: readonly Row[]): string {
	const runs = new Set(rows.map(({ run }) => run));
	if (runs.size <= 1) return "";
	return `\n\nNot all of one run: ${rows.map(({ target, run }) => `${target} ${run}`).join(", ")}.`;
}
