/** What a proxy must not touch: everything but the headers of a hop, in order and byte for byte (RFC 3261 §16.6, §16.7). */
import assert from "node:assert/strict";
import { WireMessage } from "./wire-message.ts";

const OF_A_HOP = ["Via", "Route", "Record-Route", "Max-Forwards", "Max-Breadth"] as const;

export function assertUntouched(sent: WireMessage | string, came: WireMessage): void {
	const before = typeof sent === "string" ? new WireMessage(sent) : sent;
	assert.deepEqual(came.without(...OF_A_HOP), before.without(...OF_A_HOP));
	assert.equal(came.body, before.body);
}
