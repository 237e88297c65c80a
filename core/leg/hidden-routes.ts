/**
 * What a side is not shown of the route set (RFC 3261 §12.1), and gets back in its requests.
 *
 * `record-route: no`: a side sees no Record-Route of ours, and its anchored Contact carries the
 * dialog. `far-route-set: hide`: it sees ours and not those of proxies beyond us. In both cases the
 * entries of the others ride, signed, in what that side does see.
 */
import { own } from "../base/own-text.ts";
import type { Head } from "../message/head.ts";
import { MAX_URI } from "../message/limits.ts";
import type { Request, Response } from "../message/message.ts";
import { type NameAddress, parseNameAddress } from "../message/name-addr.ts";
import { ParseError } from "../message/parse-error.ts";
import type { Patch } from "../message/patch.ts";
import { pushRecordRoute } from "../message/route.ts";
import { uriParam } from "../message/uri.ts";
import { addressedAs } from "./anchor-name.ts";
import { anchorable } from "./anchored-contact.ts";
import type { Cookie, DialogState, HiddenRoutes, Origin } from "./cookie.ts";
import { readUri } from "./force-scheme.ts";
import { type Legs, legOf, other, rewrites, type Side } from "./leg.ts";
import { readable } from "./readable.ts";
import { hidesOthers, liftedUri, type OwnEntries, routesTo, unrecorded } from "./record-route.ts";

/**
 * Octets of Record-Route, of both ways together, that may ride in one URI of ours: a Contact may be
 * there as well, and base64 makes a third more of them.
 */
const ROUTES_MAX = MAX_URI / 4;

/** For a new dialog; undefined where both sides see everything, as nearly always. */
export function hiddenRoutes(request: Request, legs: Legs): HiddenRoutes | undefined {
	if (isPlain(legs, "caller") && isPlain(legs, "callee")) return undefined;
	if (!rewrites(legs)) return undefined;
	const { head } = request;
	const came = readable(() => head.recordRoutes);
	const fits = isHideable(came);
	const fromCaller = !legs.caller.policy.recordRoute;
	const contact = readable(() => head.contacts)[0]?.uri;
	const fromCallee =
		!legs.callee.policy.recordRoute && fits && contact !== undefined && anchorable(contact);
	const hides = fits && (fromCallee || hidesOthers(legs, "callee"));
	return { fromCaller, fromCallee, toCaller: hides ? came.map(textOf) : [], toCallee: [] };
}

function isPlain(legs: Legs, side: Side): boolean {
	return legOf(legs, side).policy.recordRoute && !hidesOthers(legs, side);
}

/** What responses to this request will need; undefined where they show what they bring. */
export function originOf(request: Request, legs: Legs, { hidden }: Cookie): Origin | undefined {
	const leg = legOf(legs, other(legs.toward));
	if (hidden === undefined && leg.policy.contact !== "anchor") return undefined;
	const recordRoutes = hidden === undefined ? [] : recordRouteValues(request).map(own);
	return { ...addressedAs(request, leg), recordRoutes };
}

/**
 * The Record-Route of a response, as the side that is answered is to see it: entries of proxies
 * beyond us, ours, and those that its request came with. Answers the state with what was hidden.
 */
export function restoreRecordRoute(
	patch: Patch,
	response: Response,
	legs: Legs,
	state: DialogState,
	{ cookieText }: OwnEntries,
): DialogState {
	const { hidden } = state.cookie;
	const seen = readable(() => response.head.recordRoutes);
	const ours =
		cookieText === "" ? seen.length : seen.findIndex(({ uri }) => uri.includes(cookieText));
	const nothing = seen.length === 0 && !formsDialog(response);
	// Without ours it is not what was sent, and better left alone.
	if (hidden === undefined || ours === -1 || nothing) return state;

	const far = seen.slice(0, ours);
	const { alone, hides } = shows(response, legs, hidden, far);
	// The way to a side is that of its Record-Route backwards, seen from where requests to it start.
	const routes = far.toReversed().map(textOf);
	const next = hides ? withRoutes(state, hidden, legs.toward, routes) : state;
	const values = [...(state.origin?.recordRoutes ?? [])];
	if (!alone) values.unshift(`<${liftedUri(legs, next)}>`);
	if (!hides) values.unshift(...recordRouteValues(response).slice(0, ours));
	patch.remove("record-route");
	for (const value of values.toReversed()) pushRecordRoute(patch, value);
	return next;
}

/** `alone`: the side that is answered sees no entry of ours; `hides`: none of those beyond us. */
function shows(
	{ head }: Response,
	legs: Legs,
	hidden: HiddenRoutes,
	far: readonly NameAddress[],
): { readonly alone: boolean; readonly hides: boolean } {
	const side = other(legs.toward);
	if (!isHideable(far, octetsOf(routesTo(hidden, side)))) return { alone: false, hides: false };
	const contact = readable(() => head.contacts)[0]?.uri;
	const alone = unrecorded(hidden, side) && (contact === undefined || anchorable(contact));
	return { alone, hides: alone || hidesOthers(legs, side) };
}

/**
 * The state of a dialog with what this request shows of the way back to its sender: the copy that came
 * back with it was made before that was known (RFC 6665 §4.4.1, where a NOTIFY comes first).
 */
export function withWayBack(request: Request, legs: Legs, state: DialogState): DialogState {
	const { hidden } = state.cookie;
	if (hidden === undefined) return state;
	const { toward } = legs;
	if (!unrecorded(hidden, toward) && !hidesOthers(legs, toward)) return state;
	const far = readable(() => request.head.recordRoutes);
	if (far.length === 0 || !isHideable(far, octetsOf(routesTo(hidden, toward)))) return state;
	return withRoutes(state, hidden, other(toward), far.map(textOf));
}

/** A response that a peer may take its route set from (RFC 3261 §12.1). */
function formsDialog({ status, head }: Response): boolean {
	return status > 100 && status < 300 && head.toTag !== undefined;
}

function withRoutes(
	state: DialogState,
	hidden: HiddenRoutes,
	to: Side,
	routes: readonly string[],
): DialogState {
	const more = to === "callee" ? { toCallee: routes } : { toCaller: routes };
	return { ...state, cookie: { ...state.cookie, hidden: { ...hidden, ...more } } };
}

/** Each as it may stand in a line of its own. */
function recordRouteValues({ head }: Request | Response): string[] {
	return rawValues(head).flatMap(writable);
}

/** Line by line where one cannot be taken apart: it goes back as it came. */
function rawValues(head: Head): string[] {
	try {
		return head.elements("record-route").map(({ start, end }) => head.text.slice(start, end));
	} catch (error) {
		if (!(error instanceof ParseError)) throw error;
	}
	const lines: string[] = [];
	for (let line = head.first("record-route"); line !== -1; line = head.next(line))
		lines.push(head.text.slice(head.valueStart(line), head.valueEnd(line)));
	return lines;
}

/** A value may go on in the next line (RFC 3261 §7.3.1). A NUL stands in quotes, which are no part of the route. */
function writable(value: string): readonly string[] {
	const line = value.replaceAll(FOLD, " ");
	if (!line.includes("\0")) return [line];
	return readable(() => [parseNameAddress("Record-Route", line)]).map(textOf);
}

/** Spaces before the line end stay: to look for them would be quadratic in a value that is all spaces. */
const FOLD = /\r\n[ \t]+/g;

function octetsOf(routes: readonly string[]): number {
	return routes.reduce((octets, { length }) => octets + length, 0);
}

/** A strict router has to be seen: whoever sends a request to it must write it otherwise. */
function isHideable(entries: readonly NameAddress[], before = 0): boolean {
	let octets = before;
	for (const { uri } of entries) {
		octets += uri.length;
		const parsed = readUri(uri);
		if (parsed === undefined || uriParam(parsed, "lr") === undefined) return false;
	}
	return octets <= ROUTES_MAX;
}

/** Kept in the state of the branch: nothing of the message may come along. */
function textOf({ uri }: NameAddress): string {
	return own(`<${uri}>`);
}
