/**
 * The loop of a watchdog (watchdog.ts). It runs in an isolate of its own, on a thread of its own,
 * with nothing but its arguments: its text is taken from here, so it may use no name of this file.
 */

/** What the loop sees of the isolate it watches. */
type Watched = { dispose(): void };

/**
 * Looks at `state` once in `tick` ms. A number above 1 is a question under way, and the same number
 * negated is its end. One that is still there after `looks` ticks is taken out of it, and the isolate
 * with it. Ends when there was little to do: fewer than `least` questions in sixteen ticks.
 */
export function watch(
	state: Int32Array,
	watched: Watched,
	tick: number,
	looks: number,
	least: number,
): void {
	let last = 0;
	let still = 0;
	let ticks = 0;
	let counted = 1;
	// The first question is number 2.
	Atomics.store(state, 0, -1);
	for (;;) {
		// Nobody writes there: it is a way to sleep.
		Atomics.wait(state, 1, 0, tick);
		const now = Atomics.load(state, 0);
		still = now === last ? still + 1 : 0;
		last = now;
		if (now > 1 && still >= looks && Atomics.compareExchange(state, 0, now, -0x80000000) === now) {
			watched.dispose();
			return;
		}
		ticks += 1;
		if (ticks % 16 !== 0 || now > 1) continue;
		if (-now - counted < least && Atomics.compareExchange(state, 0, now, 0) === now) return;
		counted = -now;
	}
}
