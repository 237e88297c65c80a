/** The engine's time: milliseconds of the epoch when the process started, from then on by the monotonic clock. */
import type { Milliseconds } from "../base/clock.ts";

/** A clock that an operator or NTP sets back fires no timer twice and keeps none waiting. */
export function now(): Milliseconds {
	return performance.timeOrigin + performance.now();
}
