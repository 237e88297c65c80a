/** A call with everything that a call may have, from either side, checked message by message as it crosses. */
import assert from "node:assert/strict";
import { assertCrossed, exchange } from "../../support/crossing.ts";
import type { DialogSide } from "../../support/dialog.ts";
import { call } from "../../support/secure-bed.ts";
import type { VirtualPhone } from "../../support/virtual-phone.ts";
import type { WireMessage } from "../../support/wire-message.ts";

const RELIABLE = ["Require: 100rel", "RSeq: 1"];

/** The caller's INVITE, and the callee's answer to it, as each was sent and as it came. */
export type Answered = {
	readonly invite: WireMessage;
	readonly came: WireMessage;
	readonly ok: WireMessage;
	/** Each side's dialog. */
	readonly a: DialogSide;
	readonly b: DialogSide;
};

/** INVITE, 200 and ACK. */
export function answered(caller: VirtualPhone, callee: VirtualPhone, number: string): Answered {
	const invite = call(caller, number);
	const came = assertCrossed(invite, callee.take("INVITE"));
	const ok = assertCrossed(callee.answer(came, "200 OK"), caller.take(200));
	const [a, b] = [caller.caller(ok), callee.callee(came)];
	assertCrossed(a.send("ACK"), callee.take("ACK"));
	return { invite, came, ok, a, b };
}

/**
 * INVITE, 180 with 100rel, PRACK, 200, ACK, re-INVITE of the callee, UPDATE of the caller, INFO of
 * both, BYE of the callee.
 */
export function wholeCall(caller: VirtualPhone, callee: VirtualPhone, number: string): void {
	const [down, up] = [[caller, callee] as const, [callee, caller] as const];
	const invite = call(caller, number, { headers: ["Supported: 100rel"] });
	const came = assertCrossed(invite, callee.take("INVITE"));
	const rings = callee.answer(came, "180 Ringing", { headers: RELIABLE });
	const early = caller.caller(assertCrossed(rings, caller.take(180)));
	const { request: prack } = exchange(early, down, "PRACK", ["RAck: 1 1 INVITE"]);
	assert.equal(prack.value("RAck"), "1 1 INVITE");

	const ok = assertCrossed(callee.answer(came, "200 OK"), caller.take(200, "INVITE"));
	assertCrossed(caller.caller(ok).send("ACK"), callee.take("ACK"));
	const b = callee.callee(came);
	exchange(b, up, "INVITE");
	assertCrossed(b.send("ACK"), caller.take("ACK"));
	exchange(early, down, "UPDATE");
	exchange(early, down, "INFO");
	exchange(b, up, "INFO");
	exchange(b, up, "BYE");
}
