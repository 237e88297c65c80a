/**
 * SDES keys (`a=crypto`) that would leave a `sips` leg in clear. RFC 4568 §8.3 asks for a protected
 * hop wherever they go: `sdes-downgrade: reject` holds to that between the two legs.
 *
 * A request with keys between a `sips` leg and one in clear is refused, whichever way it goes: an
 * answer brings the other side's keys back the same way. What cannot be refused, an ACK or a response
 * to a request that had none, loses its keys: then there is no such stream, and no key is known.
 */
import { secure } from "../base/flow.ts";
import type { Request, Response } from "../message/message.ts";
import type { Patch } from "../message/patch.ts";
import { type Leg, type Legs, transportOf } from "./leg.ts";

/** Whether a message with keys may not pass between these legs. */
export function guardsKeys({ caller, callee }: Legs): boolean {
	if (!rejects(caller) && !rejects(callee)) return false;
	return (isSips(caller) && isClear(callee)) || (isSips(callee) && isClear(caller));
}

/**
 * Whether the body has keys, or the one that stands in its place: SDP, or SDP as a part of several.
 * What is encoded is not looked into.
 */
export function hasKeys(message: Request | Response, other?: OtherBody): boolean {
	const { head, bodyStart, bodyEnd } = message;
	const type = other?.value || head.text1("content-type") || "";
	if (!/^\s*(?:application\/sdp|multipart\/)/i.test(type)) return false;
	if (other !== undefined) return KEYS.test(other.body);
	return bodyStart !== bodyEnd && KEYS.test(message.text.slice(bodyStart, bodyEnd));
}

/** `value`: of its Content-Type, empty for the one received. */
export type OtherBody = { readonly value: string; readonly body: string };

/** Takes the keys out. */
export function removeKeys(patch: Patch): void {
	const { text, bodyStart, bodyEnd } = patch.message;
	patch.body(text.slice(bodyStart, bodyEnd).replaceAll(KEY_LINES, ""));
}

const KEYS = /(?:^|[\r\n])a=crypto:/i;
const KEY_LINES = /(?<=^|[\r\n])a=crypto:[^\r\n]*(?:\r\n|\r|\n|$)/gi;

function rejects({ policy }: Leg): boolean {
	return policy.sdesDowngrade === "reject";
}

function isSips({ scheme }: Leg): boolean {
	return scheme === "sips";
}

/** A `sip` leg over TLS keeps what it carries as close as a `sips` leg does, up to its end. */
function isClear(leg: Leg): boolean {
	return !secure(transportOf(leg));
}
