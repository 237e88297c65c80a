/** What a transaction needs from the table that runs it (RFC 3261 §17). */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { TimerWheel } from "../base/timer-wheel.ts";
import type { Send } from "./send.ts";
import type { Timing } from "./timers.ts";

export type Host = {
	readonly wheel: TimerWheel;
	readonly send: Send;
	timing(flow: Flow): Timing;
	/** Time of the input that is being taken. */
	now: Milliseconds;
};
