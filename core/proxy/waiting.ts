/** Somebody who waits for addresses (RFC 3263 §4). */
import type { Milliseconds } from "../base/clock.ts";
import type { Hop } from "./target-set.ts";

/** The addresses to try, in order; or the status that says why there is none. */
export type Located = readonly Hop[] | number;

export type Waiting = { located(located: Located, now: Milliseconds): void };
