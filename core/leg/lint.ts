/**
 * A message that is about to leave, held against the rules of its leg (lint-rules.ts). It reads
 * the text as it will stand on the wire and shares nothing with what wrote it but the parser.
 *
 * What only a whole dialog shows (that From and To stay what they are) no single message can.
 */
import { type Flow, secure } from "../base/flow.ts";
import type { Head } from "../message/head.ts";
import { MAX_URI } from "../message/limits.ts";
import type { Request, Response } from "../message/message.ts";
import { type NameAddress, parseNameAddress } from "../message/name-addr.ts";
import { uriParam } from "../message/uri.ts";
import { type DialogState, openCookie } from "./cookie.ts";
import { readUri } from "./force-scheme.ts";
import { type Leg, type Legs, legOf, other, rewrites, type Side } from "./leg.ts";
import type { LegRuleName, LegViolation } from "./lint-rules.ts";
import { readable } from "./readable.ts";
import { schemeOf, schemeToken } from "./scheme-token.ts";

/** The way that a request takes, and its responses back. */
export type LintedWay = {
	readonly legs: Legs;
	/** Undefined where no dialog is involved. */
	readonly state: DialogState | undefined;
	/** The request was given Record-Route entries of ours. */
	readonly recordRouted: boolean;
};

/** A request that goes to `legs.toward` along `flow`. `strict`: its Request-URI is that of a strict router. */
export function lintRequest(
	request: Request,
	flow: Flow,
	strict: boolean,
	way: LintedWay,
): readonly LegViolation[] {
	const leg = legOf(way.legs, way.legs.toward);
	const { head, method } = request;
	const found = new Found();
	// In a dialog where nothing is rewritten it is the peer's own Contact, whatever that says.
	if (!strict && (rewrites(way.legs) || way.recordRouted))
		found.unless(schemeOf(request.uri) === leg.scheme, "request-uri", REQUEST_URI, request.uri);
	if (rewrites(way.legs)) {
		lintIdentity(head, way, leg, found);
		if (method !== "REGISTER") lintContacts(head, leg, found);
		lintAnchor(head, method, way, way.legs.toward, found);
		lintUnrecorded(head, way, way.legs.toward, found);
		lintListedHeaders(head, leg, found);
	}
	if (method === "INVITE" || method === "UPDATE") lintSecureDialog(head, way, leg, found);
	if (way.recordRouted) lintRecordRoute(head, way, leg, found);
	lintHop(request, flow, strict, found);
	for (const { uri } of readable(() => head.routes))
		found.unless(!isOfThisPassage(uri, way), "own-route", "Route", uri);
	return found.list;
}

/** A response to a request that was `received` from the other side of `legs.toward`. */
export function lintResponse(
	response: Response,
	received: Request,
	way: LintedWay,
): readonly LegViolation[] {
	const { legs } = way;
	const leg = legOf(legs, other(legs.toward));
	const { head, status } = response;
	const { method } = received;
	const found = new Found();
	const crossed = legs.caller.scheme !== legs.callee.scheme;
	if (rewrites(legs)) {
		if (crossed) lintAnsweredIdentity(head, received.head, found);
		if (method !== "REGISTER" && status < 300) {
			lintContacts(head, leg, found);
			lintAnchor(head, method, way, other(legs.toward), found);
			lintUnrecorded(head, way, other(legs.toward), found);
		}
		lintListedHeaders(head, leg, found);
	}
	if (status >= 200 && status < 300 && (method === "INVITE" || method === "UPDATE"))
		lintSecureDialog(head, way, leg, found);
	// Where nothing is written again, what came back is the callee's copy.
	if (way.recordRouted && crossed) lintRecordRoute(head, way, leg, found);
	return found.list;
}

class Found {
	readonly list: LegViolation[] = [];

	unless(right: boolean, rule: LegRuleName, header: string, value: string): void {
		if (!right) this.list.push({ rule, header, value });
	}
}

const REQUEST_URI = "Request-URI";

function lintIdentity(head: Head, { legs, state }: LintedWay, leg: Leg, found: Found): void {
	const cookie = legs.toward === "caller" ? state?.cookie : undefined;
	const identities = [
		["from", "From", head.from, cookie?.to0],
		["to", "To", head.to, cookie?.from0],
	] as const;
	for (const [rule, header, { uri }, chosen] of identities) {
		if (schemeOf(uri) === undefined) continue;
		// What the caller called itself and us is its own choice.
		const right = chosen ? schemeToken(uri) === chosen : schemeOf(uri) === leg.scheme;
		found.unless(right, rule, header, uri);
	}
}

function lintAnsweredIdentity(head: Head, received: Head, found: Found): void {
	const identities = [
		["From", head.from, received.from],
		["To", head.to, received.to],
	] as const;
	for (const [header, { uri }, was] of identities)
		found.unless(schemeToken(uri) === schemeToken(was.uri), "answered-identity", header, uri);
}

function lintContacts(head: Head, leg: Leg, found: Found): void {
	for (const uri of contactsOf(head)) {
		const scheme = schemeOf(uri);
		if (scheme === undefined) continue;
		found.unless(scheme === leg.scheme, "contact", "Contact", uri);
		found.unless(!isSipsOver(uri, "udp"), "sips-over-udp", "Contact", uri);
	}
}

/** Our own address in the place of the other side's, for who is set so or has nothing else to find us by. */
function lintAnchor(head: Head, method: string, way: LintedWay, side: Side, found: Found): void {
	if (way.state === undefined || !TARGET_METHODS.includes(method)) return;
	const { listener, policy } = legOf(way.legs, side);
	if (policy.contact !== "anchor" && !isUnrecorded(way, side)) return;
	for (const uri of contactsOf(head)) {
		const parsed = schemeOf(uri) === undefined ? undefined : readUri(uri);
		if (parsed === undefined || uri.length > ANCHORED_MAX) continue;
		const ours = parsed.host === listener.host && parsed.port === listener.port;
		found.unless(ours, "anchor", "Contact", uri);
	}
}

function lintUnrecorded(head: Head, way: LintedWay, side: Side, found: Found): void {
	if (!isUnrecorded(way, side)) return;
	// What cannot be anchored cannot be found without us in the route set.
	const contact = readable(() => head.contacts)[0]?.uri;
	if (contact !== undefined && schemeOf(contact) === undefined) return;
	const [first, ...more] = recordRoutesOf(head);
	if (first !== undefined && more.length === 0)
		found.unless(!isOfThisPassage(first, way), "unrecorded", "Record-Route", first);
}

function isUnrecorded({ state }: LintedWay, side: Side): boolean {
	const hidden = state?.cookie.hidden;
	return hidden !== undefined && (side === "caller" ? hidden.fromCaller : hidden.fromCallee);
}

/** Requests whose Contact is a remote target (RFC 3261 §12.2, RFC 3311 §5, RFC 3515 §2.4.4, RFC 6665 §4.4). */
const TARGET_METHODS = ["INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"];

/** Longer ones need not be anchored: they would not fit where they have to ride. */
const ANCHORED_MAX = MAX_URI / 4;

function lintListedHeaders(head: Head, leg: Leg, found: Found): void {
	for (const name of leg.policy.headers)
		for (const { uri } of readable(() => addressesOf(head, name))) {
			const scheme = schemeOf(uri);
			found.unless(scheme === undefined || scheme === leg.scheme, "listed-header", name, uri);
		}
}

function lintSecureDialog(head: Head, way: LintedWay, leg: Leg, found: Found): void {
	if (leg.scheme !== "sips") return;
	const [contact] = contactsOf(head);
	if (contact !== undefined && rewrites(way.legs))
		found.unless(schemeOf(contact) !== "sip", "secure-dialog", "Contact", contact);
	const top = recordRoutesOf(head)[0];
	if (top !== undefined && isOfThisPassage(top, way))
		found.unless(schemeOf(top) === "sips", "secure-dialog", "Record-Route", top);
}

function lintRecordRoute(head: Head, way: LintedWay, leg: Leg, found: Found): void {
	for (const uri of recordRoutesOf(head)) {
		if (!isOfThisPassage(uri, way)) continue;
		found.unless(schemeOf(uri) === leg.scheme, "record-route", "Record-Route", uri);
		found.unless(!isSipsOver(uri, "tls"), "tls-parameter", "Record-Route", uri);
		found.unless(!isSipsOver(uri, "udp"), "sips-over-udp", "Record-Route", uri);
	}
}

function lintHop({ uri, head }: Request, flow: Flow, strict: boolean, found: Found): void {
	const clear = !secure(flow.transport);
	// Behind a strict router: whom it goes on to is for that one to see to.
	const route = strict ? undefined : readable(() => head.routes)[0]?.uri;
	found.unless(!clear || schemeOf(uri) !== "sips", "clear-text", REQUEST_URI, uri);
	if (route !== undefined)
		found.unless(!clear || schemeOf(route) !== "sips", "clear-text", "Route", route);
	found.unless(!isSipsOver(uri, "udp"), "sips-over-udp", REQUEST_URI, uri);
	const { transport } = head.via;
	found.unless(transport.toLowerCase() === flow.transport, "via", "Via", transport);
}

function contactsOf(head: Head): readonly string[] {
	return readable(() => head.contacts)
		.filter(({ star }) => !star)
		.map(({ uri }) => uri);
}

function recordRoutesOf(head: Head): readonly string[] {
	return readable(() => head.recordRoutes).map(({ uri }) => uri);
}

function addressesOf(head: Head, name: string): readonly NameAddress[] {
	return head
		.elements(name.toLowerCase())
		.map(({ start, end }) => parseNameAddress(name, head.text, start, end));
}

function isSipsOver(uri: string, transport: string): boolean {
	if (schemeOf(uri) !== "sips") return false;
	const parsed = readUri(uri);
	return parsed !== undefined && uriParam(parsed, "transport")?.value?.toLowerCase() === transport;
}

/** Whether we wrote this entry for this dialog on this way through us: a spiral has several. */
function isOfThisPassage(uri: string, { state }: LintedWay): boolean {
	if (state === undefined) return false;
	const parsed = readUri(uri);
	const value = parsed && uriParam(parsed, "x5")?.value;
	if (!value) return false;
	return openCookie(value, state.dialog, state.signing)?.nonce === state.cookie.nonce;
}
