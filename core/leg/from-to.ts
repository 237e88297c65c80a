/**
 * From and To on a leg: RFC 3261 §8.2.6.2, §12.2.1.1. Requests: the scheme token of the leg, or toward
 * the caller of a dialog the one that it used itself. Responses: the bytes of the request received,
 * with the tag of the response.
 */
import type { Head } from "../message/head.ts";
import type { Request, Response } from "../message/message.ts";
import type { NameAddress } from "../message/name-addr.ts";
import type { Patch } from "../message/patch.ts";
import type { DialogState } from "./cookie.ts";
import { type Leg, type Legs, legOf } from "./leg.ts";
import { replaceToken, schemeAt } from "./scheme-token.ts";
import { sipToTel, telToSip } from "./tel-identity.ts";

type Field = "from" | "to";

/** Edits both in a request that goes to `legs.toward`. */
export function showFromTo(
	patch: Patch,
	{ head }: Request,
	legs: Legs,
	state: DialogState | undefined,
): void {
	const from = show(patch, "from", head.from, legs, state);
	const to = show(patch, "to", head.to, legs, state);
	// What it signs are these two (RFC 8224 §4.1).
	if ((from || to) && legOf(legs, legs.toward).policy.identity === "drop") patch.remove("identity");
}

/**
 * Edits both in the response to a request that was `received`, where they were edited in that, and
 * between two schemes in any case: what the caller gets back is never the callee's to choose.
 */
export function restoreFromTo(
	patch: Patch,
	response: Response,
	received: Request,
	legs: Legs,
	state: DialogState | undefined,
): void {
	const { head } = received;
	const mixed = legs.caller.scheme !== legs.callee.scheme;
	if (mixed || isEdited("from", head.from, legs, state))
		restoreValue(patch, response.head, "from", rawValue(head, "from"));
	if (mixed || isEdited("to", head.to, legs, state))
		restoreValue(patch, response.head, "to", rawValue(head, "to") + addedTag(received, response));
}

function show(
	patch: Patch,
	field: Field,
	address: NameAddress,
	legs: Legs,
	state: DialogState | undefined,
): boolean {
	const uri = shownNumber(field, address, legs, state);
	if (uri !== undefined) {
		const { uriStart, uriEnd, bracketed } = address;
		patch.replace(uriStart, uriEnd, bracketed ? uri : `<${uri}>`);
		return true;
	}
	const token = newToken(field, address, legs, state);
	if (token === undefined) return false;
	replaceToken(patch, address, token);
	return true;
}

function isEdited(
	field: Field,
	address: NameAddress,
	legs: Legs,
	state: DialogState | undefined,
): boolean {
	if (newToken(field, address, legs, state) !== undefined) return true;
	return shownNumber(field, address, legs, state) !== undefined;
}

/** What replaces the scheme token; undefined when it stays. */
function newToken(
	field: Field,
	{ text, uriStart }: NameAddress,
	legs: Legs,
	state: DialogState | undefined,
): string | undefined {
	const scheme = schemeAt(text, uriStart);
	if (scheme === undefined) return undefined;
	const leg = legOf(legs, legs.toward);
	const used = usedByCaller(field, legs, state);
	if (!used) return scheme === leg.scheme ? undefined : leg.scheme;
	return text.startsWith(`${used}:`, uriStart) ? undefined : used;
}

/**
 * The token that the caller wrote, in a dialog and toward it: "" for one that is neither `sip` nor
 * `sips`. What is From on the way to the caller was To in its own request.
 */
function usedByCaller(
	field: Field,
	legs: Legs,
	state: DialogState | undefined,
): string | undefined {
	if (legs.toward === "callee") return undefined;
	return field === "from" ? state?.cookie.to0 : state?.cookie.from0;
}

/**
 * A tel URI as a SIP URI, for a device that is set so; or the tel URI that the caller wrote, made of
 * what the callee was shown, whoever that is by now.
 */
function shownNumber(
	field: Field,
	{ uri }: NameAddress,
	legs: Legs,
	state: DialogState | undefined,
): string | undefined {
	if (usedByCaller(field, legs, state) === "") return sipToTel(uri, hostOn(legs.callee));
	const leg = legOf(legs, legs.toward);
	return leg.policy.tel === "convert" ? telToSip(uri, leg.scheme, hostOn(leg)) : undefined;
}

function hostOn({ policy, listener }: Leg): string {
	return policy.telDomain ?? listener.host;
}

/** The bytes of a required header's value. */
function rawValue(head: Head, name: Field): string {
	const line = head.first(name);
	return head.text.slice(head.valueStart(line), head.valueEnd(line));
}

function restoreValue(patch: Patch, head: Head, name: Field, value: string): void {
	const line = head.first(name);
	if (line !== -1) patch.replace(head.valueStart(line), head.valueEnd(line), value);
}

/** The tag that the answering side added to a To without one. */
function addedTag(received: Request, response: Response): string {
	const tag = response.head.toTag;
	return tag === undefined || received.head.toTag !== undefined ? "" : `;tag=${tag}`;
}
