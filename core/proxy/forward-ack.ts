/**
 * The ACK for a 2xx: RFC 3261 §16.11, §13.2.2.4. Forwarded without a transaction, never answered.
 * Its branch is a function of the request, so a repeated ACK goes out the same.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import { schemeOf } from "../leg/scheme-token.ts";
import type { Request } from "../message/message.ts";
import { flowTarget } from "./along-flow.ts";
import { dialogTarget } from "./dialog-target.ts";
import type { Environment } from "./environment.ts";
import { forwardRequest } from "./forward-request.ts";
import type { LargeRequests } from "./large-requests.ts";
import { statelessBranch } from "./loop.ts";
import { outgoingLeg } from "./outgoing-leg.ts";
import { type Passage, passage } from "./passage.ts";
import { type RouteInformation, routeInformation } from "./route-information.ts";
import { type Hop, type Target, uriTarget } from "./target-set.ts";

/** An ACK on its way: it needs an address, then it can be written. */
export type AckRoute = {
	readonly route: RouteInformation;
	readonly target: Target;
	readonly came: Flow;
};

/**
 * Where an ACK goes; undefined when nowhere: it is malformed, or neither belongs to a dialog of
 * ours nor comes from a trusted source for somebody else.
 */
export function ackRoute(
	request: Request,
	came: Flow,
	environment: Environment,
	alive: (flow: Flow) => boolean,
	now: Milliseconds,
): AckRoute | undefined {
	if (request.head.maxForwards === 0) return undefined;
	const route = routeInformation(request, came, environment);
	if ("status" in route) return undefined;
	if (route.dialog !== undefined) {
		const target = dialogTarget(route, route.dialog, environment, alive, now);
		if ("status" in target) return undefined;
		return { route, came, target };
	}
	if (route.flow !== undefined) {
		const target = flowTarget(route, route.flow, came, environment, alive);
		return "status" in target ? undefined : { route, came, target };
	}
	const { directory, own } = environment;
	const known = schemeOf(request.uri) !== undefined && !own.owns(request.parsedUri);
	if (!known || !directory.trusted(came.host)) return undefined;
	return { route, came, target: uriTarget(request.uri, directory.policy) };
}

/** The ACK as it goes out to an address; undefined when no listener of ours can send there. */
export function forwardAck(
	{ route, target, came }: AckRoute,
	consumed: readonly number[],
	hop: Hop,
	environment: Environment,
	large: LargeRequests,
	now: Milliseconds,
): { text: string; flow: Flow; passage: Passage } | undefined {
	const outgoing = outgoingLeg(hop, target.scheme, target.policy, environment);
	const way = outgoing && passage(route, came, outgoing, environment);
	if (outgoing === undefined || way === undefined) return undefined;
	const branch = statelessBranch(route.request);
	const parts = { route, target, outgoing, passage: way, edits: [], consumed, branch };
	const text = forwardRequest(parts);
	const tcp = large.leg(text.length, outgoing, hop, environment, now, true);
	if (tcp === undefined) return { text, flow: outgoing.flow, passage: way };
	return { text: forwardRequest({ ...parts, outgoing: tcp }), flow: tcp.flow, passage: way };
}
