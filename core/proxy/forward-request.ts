/**
 * Request forwarding: RFC 3261 §16.6, its steps in order. The received request is patched: what no
 * step names leaves byte for byte as it came.
 */
import { reliable } from "../base/flow.ts";
import { applyRequest } from "../leg/apply-leg.ts";
import { forceUri } from "../leg/force-scheme.ts";
import type { OwnEntries } from "../leg/record-route.ts";
import { addContentLength } from "../message/content-length.ts";
import { writeMaxBreadth } from "../message/max-breadth.ts";
import { decrementMaxForwards } from "../message/max-forwards.ts";
import { parseNameAddress } from "../message/name-addr.ts";
import { Patch } from "../message/patch.ts";
import { pushRecordRoute, pushRoute } from "../message/route.ts";
import { parseUri, uriParam } from "../message/uri.ts";
import { writeVersion } from "../message/version.ts";
import { pushVia } from "../message/via-stack.ts";
import type { HeaderEdit } from "./decision.ts";
import { applyEdits } from "./header-edits.ts";
import { onLeg } from "./leg-edits.ts";
import type { OutgoingLeg } from "./outgoing-leg.ts";
import type { Passage } from "./passage.ts";
import type { ReferToEdit } from "./refer-to.ts";
import { addPath } from "./register-path.ts";
import type { RouteInformation } from "./route-information.ts";
import type { Target } from "./target-set.ts";

export type Forwarding = {
	readonly route: RouteInformation;
	readonly target: Target;
	readonly outgoing: OutgoingLeg;
	readonly passage: Passage;
	/** What becomes of Refer-To. */
	readonly referTo?: ReferToEdit | undefined;
	readonly edits: readonly HeaderEdit[];
	/** The lines of the credentials that were ours to judge. */
	readonly consumed: readonly number[];
	/** A share of Max-Breadth; undefined: all that came (RFC 5393 §5.3.3). */
	readonly breadth?: number | undefined;
	/** Of our Via. */
	readonly branch: string;
};

/** The request as it goes out. */
export function forwardRequest(forwarding: Forwarding): string {
	const { route, target, outgoing, passage, edits, branch } = forwarding;
	const { request } = route;
	const patch = writeVersion(new Patch(request)); // Step 1.
	const uri = requestUri(forwarding);
	if (uri !== request.uri) patch.requestUri(uri); // Step 2.
	decrementMaxForwards(patch); // Step 3.
	writeMaxBreadth(patch, forwarding.breadth);
	removeOwnRoutes(patch, route);
	if (passage.entries !== undefined) recordRoute(patch, passage.entries); // Step 4.
	if (passage.path !== undefined) addPath(patch, passage.path);
	applyRequest(patch, request, passage.legs, passage.state);
	const { referTo } = forwarding;
	if (referTo !== undefined) patch.replace(referTo.start, referTo.end, referTo.text);
	removeConsumed(patch, forwarding);
	applyEdits(patch, onLeg(edits, passage.legs, passage.legs.toward)); // Step 5.
	for (const value of target.path.toReversed()) pushRoute(patch, value); // Step 6.
	towardStrictRouter(patch, uri, forwarding);
	pushVia(patch, viaValue(outgoing, branch)); // Step 8.
	if (reliable(outgoing.flow.transport)) addContentLength(patch); // Step 9.
	return patch.text();
}

/** In a dialog it is the peer's own Contact, given back as it was. */
function requestUri({ route, target, outgoing }: Forwarding): string {
	const { scheme, policy } = outgoing;
	if (route.dialog === undefined)
		return forceUri(target.uri, scheme, "ruri", policy.uriTransport).uri;
	return target.oneScheme ? target.uri : forceUri(target.uri, scheme, "ruri").uri;
}

/** The URI that decides the next hop (step 7): of the top Route, or else of the target. */
export function nextHopUri(route: RouteInformation, target: Target): string {
	const [path] = target.path;
	if (path !== undefined) return parseNameAddress("Path", path).uri;
	return route.request.head.routes[route.own]?.uri ?? target.uri;
}

/** Whether Route values other than ours are left: the sender wants the request to pass somewhere. */
export function hasForeignRoute({ request, own }: RouteInformation): boolean {
	return request.head.routes.length > own;
}

function recordRoute(patch: Patch, { values, alone }: OwnEntries): void {
	if (alone) patch.remove("record-route");
	for (const value of values.toReversed()) pushRecordRoute(patch, value);
}

function removeOwnRoutes(patch: Patch, { request, own }: RouteInformation): void {
	if (own === 0) return;
	const { head } = request;
	for (const element of head.elements("route").slice(0, own)) {
		const { line, start, end } = element;
		// The usual case, one value in the line, needs no list.
		if (start === head.valueStart(line) && end === head.valueEnd(line)) patch.removeLine(line);
		else patch.removeElement(element);
	}
}

/** Whoever gets them could try passwords on them (§22.3). What a script sets stands in their place. */
function removeConsumed(patch: Patch, { consumed, edits }: Forwarding): void {
	for (const line of consumed) {
		const name = patch.message.head.canonicalName(line);
		if (!edits.some((edit) => edit.op === "set" && edit.name.toLowerCase() === name))
			patch.removeLine(line);
	}
}

/** Step 6, for a next hop without `lr`: it expects itself in the Request-URI, and the target behind the last Route. */
function towardStrictRouter(patch: Patch, uri: string, { route, target }: Forwarding): void {
	if (target.path.length > 0) return;
	const { head } = route.request;
	const next = head.routes[route.own];
	const element = head.elements("route")[route.own];
	if (next === undefined || element === undefined) return;
	if (uriParam(parseUri(next.uri), "lr") !== undefined) return;
	patch.removeElement(element).requestUri(next.uri).append("Route", `<${uri}>`);
}

/** Our Via on a leg (step 8). */
export function viaValue({ listener, flow }: OutgoingLeg, branch: string): string {
	const protocol = flow.transport.toUpperCase();
	// RFC 3581 §3: over UDP the answer comes back to where we sent from.
	const rport = flow.transport === "udp" ? ";rport" : "";
	return `SIP/2.0/${protocol} ${listener.host}:${listener.port};branch=${branch}${rport}`;
}
