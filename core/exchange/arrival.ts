/** A new request held against the entry of the device that it came from: secure signaling G19, G20. */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import { secure } from "../base/flow.ts";
import { contactScheme } from "../leg/incoming-leg.ts";
import { judge, type Verdict } from "../leg/mismatch.ts";
import { schemeOf } from "../leg/scheme-token.ts";
import { sipsWarning } from "../leg/warning.ts";
import type { Decision } from "../proxy/decision.ts";
import { type Environment, listenerOf } from "../proxy/environment.ts";
import { callerScheme } from "../proxy/passage.ts";
import type { RouteInformation } from "../proxy/route-information.ts";

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
		return { scheme: seen, mismatch: undefined, refused: undefined };
	const device = deviceName === undefined ? undefined : directory.device(deviceName);
	const [binding] = device?.contact === "*" ? directory.bindings(device.name, now) : [];
	return judge({
		seen,
		requestUri: schemeOf(request.uri),
		contact: contactScheme(request),
		secure: secure(flow.transport),
		device,
		binding: binding?.scheme,
		policy: device?.secureSignaling ?? directory.policy,
	});
}

/** The answer to a request that the settings refuse. */
export function refusal(
	{ status, warning }: NonNullable<Verdict["refused"]>,
	flow: Flow,
	environment: Environment,
): Decision {
	const listener = listenerOf(flow.listener, environment);
	const edits =
		warning === undefined || listener === undefined
			? []
			: [{ op: "set" as const, name: "Warning", value: sipsWarning(warning, listener) }];
	return { kind: "reply", status, reason: undefined, edits };
}
