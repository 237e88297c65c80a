/**
 * A message in the scheme of the leg it goes out on: RFC 3261 §8.1.1.8, §8.2.6.2, §12.1.1.
 *
 * Requests: From, To and Contact take the scheme of the leg. Responses: From and To are those of the
 * request received; Contacts and our Record-Route are written for the leg that is answered. The
 * Request-URI and the route set are the proxy's.
 */
import { type Flow, secure } from "../base/flow.ts";
import type { Head } from "../message/head.ts";
import type { Request, Response } from "../message/message.ts";
import { inPlace } from "../message/name-addr.ts";
import type { Patch } from "../message/patch.ts";
import { namedIn } from "./anchor-name.ts";
import { anchorContact } from "./anchored-contact.ts";
import { type EntryContext, type Showing, showContact } from "./contact-entry.ts";
import { type DialogState, flowOfSide, schemeOfSide } from "./cookie.ts";
import { sameFlow } from "./flow-token.ts";
import { forceUri } from "./force-scheme.ts";
import { restoreFromTo, showFromTo } from "./from-to.ts";
import { restoreRecordRoute } from "./hidden-routes.ts";
import { type Legs, legOf, other, rewrites, type Side } from "./leg.ts";
import { forceListed } from "./listed-headers.ts";
import { readable } from "./readable.ts";
import { liftedUri, type OwnEntries, unrecorded } from "./record-route.ts";
import { guardsKeys, hasKeys, removeKeys } from "./sdes.ts";

/** Whose Contact is a remote target: these form dialogs or refresh them (RFC 3261 §12, RFC 3311, 6665, 3515). */
const TARGET_METHODS = ["INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"];

/** Edits a request that goes to `legs.toward`. `state` is undefined where no dialog is involved. */
export function applyRequest(
	patch: Patch,
	request: Request,
	legs: Legs,
	state: DialogState | undefined,
): void {
	if (!edits(legs, state)) return;
	const { head } = request;
	showFromTo(patch, request, legs, state);
	if (request.method !== "REGISTER")
		showContacts(patch, request, request, legs, legs.toward, state);
	forceListed(patch, head, legs, legs.toward);
	// An ACK cannot be refused.
	if (request.method === "ACK" && guardsKeys(legs) && hasKeys(request)) removeKeys(patch);
}

/**
 * Edits a response to a request that was `received` from the other side and sent to `legs.toward`:
 * same legs, same state. `entries` are the Record-Route values that this branch was sent with.
 */
export function restoreResponse(
	patch: Patch,
	response: Response,
	received: Request,
	legs: Legs,
	state: DialogState | undefined,
	entries: OwnEntries | undefined,
): void {
	if (!edits(legs, state)) return;
	const side = other(legs.toward);
	const { head } = response;
	restoreFromTo(patch, response, received, legs, state);
	const shown = restoreEntries(patch, response, legs, state, entries);
	if (received.method !== "REGISTER" && response.status < 300)
		showContacts(patch, response, received, legs, side, shown);
	forceListed(patch, head, legs, side);
	if (guardsKeys(legs) && hasKeys(response)) removeKeys(patch);
}

/** A dialog whose Contacts carry it goes on like that, whatever is set by now. */
function edits(legs: Legs, state: DialogState | undefined): boolean {
	return rewrites(legs) || state?.cookie.hidden !== undefined;
}

/** Every Contact of the message, as `side` is to see it. `request`: the message itself, or the one it answers. */
function showContacts(
	patch: Patch,
	message: Request | Response,
	request: Request,
	legs: Legs,
	side: Side,
	state: DialogState | undefined,
): void {
	const { head } = message;
	if (!head.has("contact")) return;
	const owner = legOf(legs, other(side));
	const { scheme, policy } = legOf(legs, side);
	const target = state !== undefined && TARGET_METHODS.includes(request.method) ? state : undefined;
	const newFlow = target && newerFlow(target, other(side), owner.flow);
	const context = target && entryContext(target);
	const showing: Showing = { own: owner.scheme, scheme, policy, newFlow, context };
	for (const contact of readable(() => head.contacts)) {
		const { uri } = contact;
		const anchored = target && anchor(uri, message, request, legs, side, target, newFlow);
		const shown = anchored ?? showContact(uri, showing);
		if (shown !== uri) patch.replace(contact.uriStart, contact.uriEnd, inPlace(contact, shown));
	}
}

/** Our own address in its place, where the device is set so or sees no Record-Route of ours. */
function anchor(
	uri: string,
	message: Request | Response,
	request: Request,
	legs: Legs,
	side: Side,
	state: DialogState,
	newFlow: Flow | undefined,
): string | undefined {
	const leg = legOf(legs, side);
	const { hidden } = state.cookie;
	const alone = hidden !== undefined && unrecorded(hidden, side);
	if (leg.policy.contact !== "anchor" && !alone) return undefined;
	const own = legOf(legs, other(side)).scheme;
	const contact = forceUri(uri, own, "contact").uri;
	const who = (message.kind === "response" ? state.origin : undefined) ?? namedIn(uri, request);
	const { user, transport } = who;
	return anchorContact(contact, { side, leg, user, transport, state, newFlow, alone });
}

/** The flow a message came on, where the other side's cookie knows another one: the phone has reconnected. */
function newerFlow({ cookie }: DialogState, side: Side, flow: Flow | undefined): Flow | undefined {
	const remembered = flowOfSide(cookie, side);
	if (flow === undefined || remembered === undefined) return undefined;
	// A sips leg that is heard from in clear has not moved there.
	if (schemeOfSide(cookie, side) === "sips" && !secure(flow.transport)) return undefined;
	return sameFlow(remembered, flow) ? undefined : flow;
}

function entryContext({ cookie, dialog, signing }: DialogState): EntryContext {
	return { dialog, nonce: cookie.nonce, signing };
}

/** Our Record-Route entries, and with hidden ones the whole header. Answers the state that the Contact is shown with. */
function restoreEntries(
	patch: Patch,
	response: Response,
	legs: Legs,
	state: DialogState | undefined,
	entries: OwnEntries | undefined,
): DialogState | undefined {
	if (entries === undefined || !entries.lifted || state === undefined) return state;
	if (state.cookie.hidden !== undefined)
		return restoreRecordRoute(patch, response, legs, state, entries);
	lift(patch, response.head, entries, liftedUri(legs, state));
	return state;
}

/** Our entry is known by its cookie: peers may space and order a Record-Route as they like. */
function lift(patch: Patch, head: Head, { cookieText }: OwnEntries, uri: string): void {
	for (const entry of readable(() => head.recordRoutes))
		if (entry.uri.includes(cookieText)) patch.replace(entry.uriStart, entry.uriEnd, uri);
}
