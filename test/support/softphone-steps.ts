/** Steps of a call between two softphones, each over when its last message has arrived. */
import { assertOneScheme } from "./one-scheme.ts";
import type { Softphone } from "./softphones.ts";
import type { WireMessage } from "./wire-message.ts";

/** Resolves with the INVITE as the callee got it, when it has the ACK. */
export async function dials(caller: Softphone, callee: Softphone): Promise<WireMessage> {
	caller.dial(callee.user);
	const invite = await callee.wire.request("INVITE");
	await callee.wire.request("ACK", sameNumber(invite));
	return invite;
}

export async function holdsAndResumes(one: Softphone, other: Softphone): Promise<void> {
	one.hold();
	await reInvite(one, other, "one");
	one.resume();
	await reInvite(one, other, "both");
}

export async function hangsUp(one: Softphone, other: Softphone): Promise<void> {
	one.hangUp();
	await other.wire.request("BYE");
	await one.wire.response(200, "BYE");
}

/** In all that it sent and received. */
export function assertItsScheme(phone: Softphone): void {
	const messages = phone.wire.all.map(({ message }) => message);
	assertOneScheme(messages, phone.scheme);
}

/** RFC 3261 §14: the offer to send in one direction, or in both, arrives, its answer goes back, and the ACK comes. */
async function reInvite(from: Softphone, to: Softphone, ways: "one" | "both"): Promise<void> {
	const offered = (one: WireMessage) => (/^a=sendonly\r$/m.test(one.body) ? "one" : "both");
	const invite = await to.wire.request("INVITE", (one) => offered(one) === ways);
	await from.wire.response(200, "INVITE", sameNumber(invite));
	await to.wire.request("ACK", sameNumber(invite));
}

function sameNumber(invite: WireMessage): (other: WireMessage) => boolean {
	const number = (message: WireMessage) => Number.parseInt(message.value("CSeq"), 10);
	return (other) => number(other) === number(invite);
}
