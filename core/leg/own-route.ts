/** Route entries of ours as they come back: RFC 3261 §16.4, RFC 5626 §5.3.1, RFC 5658 §5. */
import { type Uri, unescapeUser, uriParam } from "../message/uri.ts";
import { openAnchor } from "./anchored-contact.ts";
import type { OpenedUri } from "./contact-entry.ts";
import { type OpenedCookie, openCookie } from "./cookie.ts";
import type { RememberedFlow } from "./flow-token.ts";
import { readUri } from "./force-scheme.ts";
import type { Dialog, Side } from "./leg.ts";
import { LegError } from "./leg-error.ts";
import { readPathUri } from "./path-uri.ts";
import type { Signing } from "./seal.ts";

/** What a request says about its dialog. */
export type DialogOf = {
	readonly callId: string;
	readonly fromTag: string | undefined;
	readonly toTag: string | undefined;
};

export type OwnRoute =
	/** A phone with a configured outbound proxy: the entry is taken off, and the request is new. */
	| { readonly kind: "preloaded"; readonly entries: 1; readonly uri: Uri }
	/** The Path of a binding: a phone is meant, at the end of this flow. */
	| {
			readonly kind: "flow";
			readonly entries: 1;
			readonly uri: Uri;
			readonly flow: RememberedFlow;
	  }
	| {
			readonly kind: "dialog";
			/** How many Route values are ours: 2 for a pair of RFC 5658; 0: the Request-URI says it all. */
			readonly entries: 0 | 1 | 2;
			readonly uri: Uri;
			readonly cookie: OpenedCookie;
			readonly dialog: Dialog;
			/** The side that sent the request. */
			readonly from: Side;
			/** What the Request-URI stands for, where it was read already. */
			readonly target?: OpenedUri;
	  };

/**
 * Reads the top Route value, and the next one where it may be the second of a pair (or the
 * Request-URI and the top Route, when a strict router put our entry there). Undefined when the top
 * one is not ours. Throws LegError where it is ours and its signature is missing or does not fit:
 * such a request is never treated as new.
 */
export function readOwnRoute(
	top: string,
	second: string | undefined,
	request: DialogOf,
	isOurs: (uri: Uri) => boolean,
	signing: Signing,
): OwnRoute | undefined {
	const uri = readUri(top);
	if (uri === undefined) return undefined;
	const route = readCookie(uri, second, request, signing);
	if (route !== undefined) {
		// Whoever kept a Route of an old call could start new ones past every rule: a dialog has two
		// tags, but for a caller of RFC 2543.
		const tags =
			request.toTag !== undefined || (route.kind === "dialog" && route.dialog.tag === "");
		if (!tags) throw new LegError("LEG_ROUTE", top);
		if (second !== undefined && isHalf(route, second, isOurs))
			throw new LegError("LEG_ROUTE", second);
		return route;
	}
	// A parameter of the same name in somebody else's entry is theirs.
	return isOurs(uri) ? outsideDialogs(uri, request, signing) : undefined;
}

function outsideDialogs(uri: Uri, { toTag }: DialogOf, signing: Signing): OwnRoute {
	const flow = readPathUri(uri, signing);
	if (flow !== undefined) return { kind: "flow", entries: 1, uri, flow };
	if (uriParam(uri, "x5") !== undefined || toTag !== undefined)
		throw new LegError("LEG_ROUTE", uri.text);
	return { kind: "preloaded", entries: 1, uri };
}

/** An anchored Contact as it came back in a Request-URI. */
export type OwnContact =
	/** Of a side that sees no Record-Route of ours. */
	| Extract<OwnRoute, { kind: "dialog" }>
	/** Ours, of this dialog, and not enough without a Route. */
	| { readonly kind: "contact"; readonly contact: string; readonly rest: string };

/** Reads the Request-URI of a request without a Route of ours. Undefined where no entry of ours fits. */
export function readOwnContact(
	uri: Uri,
	{ callId, fromTag, toTag }: DialogOf,
	signing: Signing,
): OwnContact | undefined {
	for (const from of ["caller", "callee"] as const) {
		// Whoever it was shown to sends it back: the caller's own tag, or the tag that it sends to.
		const dialog = { callId, tag: (from === "caller" ? fromTag : toTag) ?? "" };
		const opened = openAnchor(uri.text, dialog, signing);
		if (opened === undefined) continue;
		const { cookie, contact, rest, flow } = opened;
		if (cookie === undefined) return { kind: "contact", contact, rest };
		if (cookie.holder !== from) continue;
		const target = { uri: contact, flow };
		return { kind: "dialog", entries: 0, uri, cookie, dialog, from, target };
	}
	return undefined;
}

function readCookie(
	uri: Uri,
	second: string | undefined,
	request: DialogOf,
	signing: Signing,
): OwnRoute | undefined {
	const value = uriParam(uri, "x5")?.value;
	if (value === undefined) return undefined;
	const dialog = { callId: request.callId, tag: unescapeUser(uriParam(uri, "ftag")?.value ?? "") };
	const cookie = openCookie(value, dialog, signing);
	const from = cookie && sender(cookie, dialog.tag, request);
	if (cookie === undefined || from === undefined) return undefined;
	const entries = isPair(uri, second, value) ? 2 : 1;
	return { kind: "dialog", entries, uri, cookie, dialog, from };
}

/** The tags decide; a copy that only one side was given must come from that side. */
function sender(cookie: OpenedCookie, tag: string, request: DialogOf): Side | undefined {
	const byCaller = matches(tag, request.fromTag);
	const byCallee = matches(tag, request.toTag);
	if (byCaller && cookie.holder !== "callee") return "caller";
	if (byCallee && cookie.holder !== "caller") return "callee";
	return undefined;
}

/** Tags match without case (§7.3.1). A caller without one has "" (RFC 2543). */
function matches(tag: string, other: string | undefined): boolean {
	return tag.toLowerCase() === (other ?? "").toLowerCase();
}

/** The other entry of the pair has been changed: it is ours all the same, and nobody else's to send on. */
function isHalf(route: OwnRoute, second: string, isOurs: (uri: Uri) => boolean): boolean {
	if (route.entries !== 1 || uriParam(route.uri, "r2") === undefined) return false;
	const next = readUri(second);
	return next !== undefined && uriParam(next, "r2") !== undefined && isOurs(next);
}

function isPair(top: Uri, second: string | undefined, cookieText: string): boolean {
	if (second === undefined || uriParam(top, "r2") === undefined) return false;
	const next = readUri(second);
	return (
		next !== undefined &&
		uriParam(next, "r2") !== undefined &&
		uriParam(next, "x5")?.value === cookieText
	);
}
