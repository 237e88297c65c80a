/** A new request held against the entry of the device that it came from: secure signaling G19, G20. */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import { secure } from "../base/flow.ts";
import type { Scheme } from "../base/scheme.ts";
import { readUri } from "../leg/force-scheme.ts";
import { contactScheme } from "../leg/incoming-leg.ts";
import { judge, judgeInClear, type Refusal, type Verdict } from "../leg/mismatch.ts";
import { schemeOf } from "../leg/scheme-token.ts";
import { sipsWarning } from "../leg/warning.ts";
import type { Request } from "../message/message.ts";
import type { Decision } from "../proxy/decision.ts";
import { type Directory, deviceNamed, policyOf } from "../proxy/directory.ts";
import { type Environment, listenerOf } from "../proxy/environment.ts";
import { callerScheme } from "../proxy/passage.ts";
import type { ResponseContext } from "../proxy/response-context.ts";
import type { RouteInformation } from "../proxy/route-information.ts";
import type { Target } from "../proxy/target-set.ts";
import type { Crossing } from "./scheme-log.ts";

export function judgeArrival(
	route: RouteInformation,
	flow: Flow,
	deviceName: string | undefined,
	{ directory }: Environment,
	now: Milliseconds,
): Verdict {
	const { request } = route;
	const seen = callerScheme(route);
	// What a phone registers is for the registrar to judge: it may well change its scheme (RFC 5630 §5.1.1.1).
	if (request.method === "REGISTER")
		return { seen, scheme: seen, mismatch: undefined, configured: undefined, refused: undefined };
	const device = deviceName === undefined ? undefined : directory.device(deviceName);
	return judge({
		seen,
		requestUri: schemeOf(request.uri),
		contact: contactScheme(request),
		secure: secure(flow.transport),
		device,
		binding: device?.contact === "*" ? boundScheme(device.name, seen, directory, now) : undefined,
		policy: device?.secureSignaling ?? directory.policy,
	});
}

/** The scheme that a phone is registered in: the one it uses now, if it has a binding in that one. */
function boundScheme(
	device: string,
	seen: Scheme,
	directory: Directory,
	now: Milliseconds,
): Scheme | undefined {
	const bindings = directory.bindings(device, now);
	return (bindings.find(({ scheme }) => scheme === seen) ?? bindings[0])?.scheme;
}

/** The answer to a request that the settings refuse. */
export function refusal(
	{ status, reason, warning }: Refusal,
	flow: Flow,
	environment: Environment,
): Extract<Decision, { kind: "reply" }> {
	const listener = listenerOf(flow.listener, environment);
	const edits =
		warning === undefined || listener === undefined
			? []
			: [{ op: "set" as const, name: "Warning", value: sipsWarning(warning, listener) }];
	return { kind: "reply", status, reason, edits };
}

/** A request in a dialog, from its `sips` side and in clear; and who sent it, as far as it can be known. */
export function judgeInDialog(
	{ head }: Request,
	flow: Flow,
	environment: Environment,
): { readonly verdict: Verdict; readonly device: string | undefined } {
	const { directory } = environment;
	const device = deviceNamed(head.from.uri, directory) ?? directory.deviceAt(flow);
	return {
		verdict: judgeInClear(policyOf(head.from, flow, directory, head)),
		device: device?.name,
	};
}

/** For the log: a new request that goes from one scheme to the other. */
export function crossingOf(
	{ request, server, callerScheme }: ResponseContext,
	device: string | undefined,
	{ scheme, device: called, uri, policy }: Target,
): Crossing {
	const { head } = request;
	return {
		caller: callerScheme ?? "sip",
		callee: scheme,
		from: device ?? server.flow.host,
		to: called ?? readUri(uri)?.host ?? "",
		method: request.method,
		callId: head.callId,
		identity: head.has("identity") ? policy.identity : undefined,
	};
}
