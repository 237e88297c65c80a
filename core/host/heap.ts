/** How much memory this process may fill with JavaScript values: `--max-old-space-size`, or what Node makes of the machine. */
import { getHeapStatistics } from "node:v8";

/** Octets. */
export function heapLimit(): number {
	return getHeapStatistics().heap_size_limit;
}
