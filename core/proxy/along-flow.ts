/**
 * Requests with a flow token of ours on top of their Route: RFC 5626 §5.3.1. A proxy that knows the
 * binding has chosen its phone; here the request takes the flow of that phone, and no other way.
 */
import type { Milliseconds } from "../base/clock.ts";
import { type Flow, secure } from "../base/flow.ts";
import type { RememberedFlow } from "../leg/flow-token.ts";
import { schemeOf } from "../leg/scheme-token.ts";
import { knows, policyOf } from "./directory.ts";
import type { Environment } from "./environment.ts";
import { fitting, refusedScheme } from "./one-scheme.ts";
import { callerScheme } from "./passage.ts";
import type { ProxyPort } from "./proxy-port.ts";
import type { Rejection } from "./rejection.ts";
import type { ResponseContext } from "./response-context.ts";
import type { RouteInformation } from "./route-information.ts";
import type { Target } from "./target-set.ts";

/** The one target of the request, or what to answer. */
export function targetsAlongFlow(
	context: ResponseContext,
	route: RouteInformation,
	environment: Environment,
	port: ProxyPort,
	now: Milliseconds,
): readonly Target[] | Rejection {
	const { request, flow } = route;
	const { server } = context;
	if (flow === undefined) return { status: 403 };
	const alive = (one: Flow) => port.alive(one);
	const target = flowTarget(route, flow, server.flow, environment, alive);
	if ("status" in target) return target;
	context.vouched = true;
	context.consumed = port.ownCredentials(request, server.flow);
	// Our entry was written for the leg that it came on; the Request-URI is the phone's Contact.
	context.callerScheme = route.scheme ?? callerScheme(route);
	const inClear = context.callerScheme === "sips" && !secure(server.flow.transport);
	const refused = inClear ? port.inClear(request, server.flow, now) : undefined;
	if (refused !== undefined) return refused;
	port.alongFlow(context, now);
	const fits = fitting([target], undefined, context, environment);
	return fits.targets.length > 0 ? fits.targets : refusedScheme(fits.refused, context, environment);
}

/**
 * 403 for whoever may not use tokens: one that was overheard would lead to its phone past every rule
 * (RFC 5626 §12). 430 where the flow is gone.
 */
export function flowTarget(
	{ request }: RouteInformation,
	flow: RememberedFlow,
	came: Flow,
	{ directory }: Environment,
	alive: (flow: Flow) => boolean,
): Target | Rejection {
	if (!knows(directory, came)) return { status: 403 };
	const { uri, head } = request;
	const scheme = schemeOf(uri);
	if (scheme === undefined) return { status: 416 };
	// What is sips does not go on in clear (RFC 3261 §26.2.2), and this flow is all there is.
	const usable = !flow.stale && (scheme === "sip" || secure(flow.transport));
	if (!usable || !alive(flow)) return { status: 430 };
	return {
		uri,
		scheme,
		flow,
		alongFlow: true,
		path: [],
		policy: policyOf(head.to, flow, directory, uri),
		device: undefined,
	};
}
