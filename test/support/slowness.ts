/** How slow this machine is just now, for bounds that are set in time: a test must not fail because of its neighbours. */

/** What `work` took on the machine that the bounds were set on. */
const REFERENCE_MS = 25;
const ROUNDS = 5;

/** Milliseconds of the wall's clock. */
export const wall = (): number => performance.now();

/** Milliseconds of processor time that this thread has used: waiting for a processor does not count. */
export function threadTime(): number {
	const { user, system } = process.threadCpuUsage();
	return (user + system) / 1_000;
}

/** A bound multiplied by this holds on a machine that is that much slower. Never below 1. */
export function slowness(clock: () => number): number {
	const times = Array.from({ length: ROUNDS }, () => {
		const before = clock();
		work();
		return clock() - before;
	});
	const [median = 0] = times.sort((a, b) => a - b).slice(ROUNDS >> 1);
	return Math.max(1, median / REFERENCE_MS);
}

/** Text that is taken apart and put in a table, as parsers do. */
function work(): number {
	const seen = new Map<string, number>();
	const text = "Via: SIP/2.0/UDP a.example;branch=z9hG4bK".repeat(8_000);
	for (let at = 0; at + 7 < text.length; at += 1) {
		const key = text.slice(at, at + 7);
		seen.set(key, (seen.get(key) ?? 0) + text.charCodeAt(at));
	}
	return seen.size;
}
