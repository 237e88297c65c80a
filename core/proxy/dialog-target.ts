/**
 * Where a request inside a dialog of ours goes: RFC 3261 §16.12, RFC 5626 §5.3. Our cookie knows
 * the legs; the Request-URI is written back as its target knows it.
 */
import type { Milliseconds } from "../base/clock.ts";
import { type Flow, secure } from "../base/flow.ts";
import { openRequestUri } from "../leg/contact-entry.ts";
import { flowOfSide, schemeOfSide } from "../leg/cookie.ts";
import type { RememberedFlow } from "../leg/flow-token.ts";
import { readUri } from "../leg/force-scheme.ts";
import { other } from "../leg/leg.ts";
import { bindingOf } from "./directory.ts";
import type { Environment } from "./environment.ts";
import { policyOf } from "./passage.ts";
import type { DialogRoute, RouteInformation } from "./route-information.ts";
import type { Target } from "./target-set.ts";

/** The other side, and the flow to it: never resolved anew while one is known that still works. */
export function dialogTarget(
	{ request, own }: RouteInformation,
	{ cookie, dialog, from }: DialogRoute,
	environment: Environment,
	alive: (flow: Flow) => boolean,
	now: Milliseconds,
): Target {
	const toward = other(from);
	const scheme = schemeOfSide(cookie, toward);
	const context = { dialog, nonce: cookie.nonce, signing: environment.signing };
	const { uri, flow } = openRequestUri(request.uri, scheme, context);
	// Where other proxies stand between, the next of them is the next hop, not the phone.
	const direct = request.head.routes.length === own;
	// What is sips never leaves in clear, whatever way the peer last took (RFC 3261 §26.2.2).
	const fits = (candidate: Flow) =>
		(scheme === "sip" || secure(candidate.transport)) && alive(candidate);
	const usable = (candidate: RememberedFlow | undefined) =>
		candidate !== undefined && !candidate.stale && fits(candidate) ? candidate : undefined;
	const remembered = flow ?? flowOfSide(cookie, toward);
	return {
		uri,
		scheme,
		flow:
			usable(flow) ??
			usable(flowOfSide(cookie, toward)) ??
			(direct ? registeredFlow(uri, environment, fits, now) : undefined),
		host: remembered?.host,
		path: [],
		policy: policyOf(request.head.to, undefined, environment),
		device: undefined,
	};
}

/** The phone has registered again since: its Contact says which it is. */
function registeredFlow(
	uri: string,
	{ directory }: Environment,
	fits: (flow: Flow) => boolean,
	now: Milliseconds,
): Flow | undefined {
	const parsed = readUri(uri);
	const flow = parsed === undefined ? undefined : bindingOf(parsed, directory, now)?.flow;
	return flow !== undefined && fits(flow) ? flow : undefined;
}
