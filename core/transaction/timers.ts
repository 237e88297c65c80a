/** The base values of the transaction timers: RFC 3261 §17.1.1.1, §17.1.2.2 and Table 4. */
import type { Milliseconds } from "../base/clock.ts";

export type Timing = {
	/** Round-trip time estimate; nearly all timers scale with it. At least 500 ms on the Internet. */
	readonly T1: Milliseconds;
	/** The longest interval between retransmissions of a non-INVITE request or an INVITE response. */
	readonly T2: Milliseconds;
	/** How long a message can remain in the network. */
	readonly T4: Milliseconds;
};

export const TIMING: Timing = { T1: 500, T2: 4_000, T4: 5_000 };

/** The wait of Timer D on unreliable transports: absolute, since the peer's T1 is unknown (§17.1.1.2). */
export const TIMER_D: Milliseconds = 32_000;

/** How long the user may leave an INVITE unanswered before we say 100 (§17.2.1). */
export const TRYING_DELAY: Milliseconds = 200;
