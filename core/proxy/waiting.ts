/** Somebody who waits for addresses; none found: an empty list. */
import type { Milliseconds } from "../base/clock.ts";
import type { Hop } from "./target-set.ts";

export type Waiting = { located(hops: readonly Hop[], now: Milliseconds): void };
