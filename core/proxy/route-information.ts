/** Route information preprocessing: RFC 3261 §16.4. Which entries are ours, and what our cookie in them says. */
import type { Flow } from "../base/flow.ts";
import type { Scheme } from "../base/scheme.ts";
import { type RememberedFlow, sameFlow } from "../leg/flow-token.ts";
import { readUri } from "../leg/force-scheme.ts";
import { LegError } from "../leg/leg-error.ts";
import { type OwnRoute, readOwnRoute } from "../leg/own-route.ts";
import type { Head } from "../message/head.ts";
import type { Request } from "../message/message.ts";
import { ParseError } from "../message/parse-error.ts";
import { parseMessage } from "../message/parse-message.ts";
import { Patch } from "../message/patch.ts";
import { parseUri, uriParam } from "../message/uri.ts";
import type { Environment } from "./environment.ts";
import type { OwnAddresses } from "./own-addresses.ts";
import { meantByContact } from "./own-contact.ts";
import { withoutOwnMaddr } from "./own-maddr.ts";
import type { Rejection } from "./rejection.ts";

export type DialogRoute = Extract<OwnRoute, { kind: "dialog" }>;

export type RouteInformation = {
	/** The request as meant: the one received, unless a strict router stood before us. */
	readonly request: Request;
	/** How many Route values, from the top, are ours and go. */
	readonly own: number;
	/** Scheme of our entry on top, as the sender was shown it. */
	readonly scheme: Scheme | undefined;
	/** Our signed cookie: the request belongs to a dialog that we are in. */
	readonly dialog: DialogRoute | undefined;
	/** Our entry is the Path of a binding: the request goes along this flow and nowhere else (RFC 5626 §5.3.1). */
	readonly flow?: RememberedFlow | undefined;
};

export function routeInformation(
	received: Request,
	came: Flow,
	environment: Environment,
): RouteInformation | Rejection {
	try {
		const loose = looselyRouted(received, environment);
		const request = withoutOwnMaddr(loose, came, environment);
		const information = readRoutes(request, came, environment);
		if ("status" in information) return information;
		if (information.dialog !== undefined && !mayBeInDialog(request)) return { status: 403 };
		// The next hop is where it has to go, so it has to be a URI (§16.3 step 1).
		const next = request.head.routes[information.own];
		if (next !== undefined) parseUri(next.uri);
		return information;
	} catch (error) {
		if (error instanceof LegError) return { status: error.status };
		if (error instanceof ParseError) return { status: error.status, reason: "Bad Route" };
		throw error;
	}
}

/** Without a tag in To it may end a dialog with a caller of RFC 2543, and not begin anything. */
function mayBeInDialog({ method, head }: Request): boolean {
	return head.toTag !== undefined || method === "BYE" || method === "ACK";
}

function readRoutes(
	request: Request,
	came: Flow,
	environment: Environment,
): RouteInformation | Rejection {
	const { own, signing } = environment;
	const { head } = request;
	const [top, second] = head.routes;
	const entry = top && readOwnRoute(top.uri, second?.uri, head, (uri) => own.owns(uri), signing);
	if (entry === undefined) {
		const meant = meantByContact(request, came, environment) ?? { request, dialog: undefined };
		return "status" in meant ? meant : { own: 0, scheme: undefined, ...meant };
	}
	const scheme = entry.uri.scheme === "sips" ? "sips" : "sip";
	const dialog = entry.kind === "dialog" ? entry : undefined;
	// A phone that sends its own token back says only that it came this way (RFC 5626 §5.3).
	const flow = entry.kind === "flow" && !sameFlow(entry.flow, came) ? entry.flow : undefined;
	const more = entry.kind === "dialog" ? repeats(head, entry) : preloaded(head, entry, own);
	return { request, own: entry.entries + more, scheme, dialog, flow };
}

/**
 * A phone puts our Service-Route behind the outbound proxy that it was configured with (RFC 3608
 * §6.1), and often that is us both times: sent on to ourselves the request would come back as another.
 */
function preloaded({ routes }: Head, { entries }: OwnRoute, own: OwnAddresses): number {
	let end = entries;
	for (; end < routes.length; end += 1) {
		const uri = readUri(routes[end]?.uri ?? "");
		if (uri === undefined || !own.owns(uri)) break;
		if (uriParam(uri, "x5") !== undefined || uriParam(uri, "ob") !== undefined) break;
	}
	return end - entries;
}

/** Peers have been seen to write an entry twice: what is behind ours and the same is ours too. */
function repeats({ routes }: Head, { entries, uri }: OwnRoute): number {
	let end = entries;
	if (routes.length === end) return 0;
	const cookie = uriParam(uri, "x5")?.text;
	while (cookie !== undefined && routes[end]?.uri.includes(`;${cookie};`)) end += 1;
	return end - entries;
}

/**
 * A strict router puts our Record-Route entry into the Request-URI and the real one behind the
 * last Route (§16.4, RFC 2543). Undone here: our entry becomes the top Route again.
 */
function looselyRouted(request: Request, environment: Environment): Request {
	const { parsedUri: uri } = request;
	const last = lastRoute(request.head);
	if (last === undefined || uriParam(uri, "x5") === undefined || !environment.own.owns(uri))
		return request;
	const patch = new Patch(request);
	const elements = request.head.elements("route");
	const end = elements.at(-1);
	if (end === undefined) return request;
	patch.requestUri(last).removeElement(end);
	const first = elements.length > 1 ? elements[0] : undefined;
	if (first === undefined) patch.append("Route", `<${request.uri}>`);
	else patch.insertBefore(first.line, "Route", `<${request.uri}>`);
	const loose = parseMessage(patch.text(), "datagram");
	if (loose.kind === "malformed") throw loose.error;
	return loose.kind === "request" ? loose : request;
}

function lastRoute(head: Head): string | undefined {
	return head.routes.at(-1)?.uri;
}
