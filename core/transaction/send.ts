/** The way out for what transactions send (RFC 3261 §18): a port that never calls back. */
import type { Flow } from "../base/flow.ts";

/** `owner` is the id of the transaction that wants to hear of a failure by `transportFailed`, or 0. */
export type Send = (text: string, flow: Flow, owner: number) => void;
