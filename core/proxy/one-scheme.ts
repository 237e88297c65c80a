/**
 * Which targets a request may go to, and in which scheme: RFC 5630 §5.3, or what connects schemes.
 *
 * Where both sides of a call are set to connect `sip` and `sips`, a target keeps its own scheme and
 * the messages are rewritten. Otherwise both legs have the scheme of the Request-URI: a `sips` request
 * goes to `sips` targets, a `sip` request goes to a `sips` target with a `sip` URI over TLS.
 */
import type { Milliseconds } from "../base/clock.ts";
import { secure } from "../base/flow.ts";
import type { Scheme } from "../base/scheme.ts";
import { flowOfSide } from "../leg/cookie.ts";
import { forceUri } from "../leg/force-scheme.ts";
import { other } from "../leg/leg.ts";
import { schemeOf } from "../leg/scheme-token.ts";
import { sipsWarning } from "../leg/warning.ts";
import type { Decision } from "./decision.ts";
import { type Directory, policyOf } from "./directory.ts";
import { type Environment, listenerOf } from "./environment.ts";
import type { Rejection } from "./rejection.ts";
import type { ResponseContext } from "./response-context.ts";
import type { DialogRoute, RouteInformation } from "./route-information.ts";
import { addressesOf, chained, inScheme, type Target, targetSet } from "./target-set.ts";

/** The Warning that says why a target is not called: SIPS Not Allowed, SIPS Required. */
type Refused = 380 | 381;

export type Fitting = {
	readonly targets: readonly Target[];
	/** Why targets were left out. */
	readonly refused: Refused | undefined;
};

/** The targets that may be called, each in the scheme of its leg. `callee`: what the script asks for. */
export function fitting(
	targets: readonly Target[],
	callee: Scheme | undefined,
	context: ResponseContext,
	environment: Environment,
): Fitting {
	const { directory } = environment;
	const own = (target: Target) => (callee === undefined ? target : inScheme(target, callee));
	if (!directory.keepsSchemes)
		return { targets: callee === undefined ? targets : targets.map(own), refused: undefined };

	const { request, server } = context;
	const caller = policyOf(request.head.from, server.flow, directory, request.head).policy;
	const scheme = schemeOf(request.uri) ?? context.callerScheme ?? "sip";
	const found: Target[] = [];
	let refused: Refused | undefined;
	for (const target of targets) {
		const kept = caller === "rfc5630" || target.policy.policy === "rfc5630";
		if (!kept) found.push(own(target));
		else {
			const fits = addressesInOneScheme(target, scheme, callee, environment);
			found.push(...fits.targets);
			refused = fits.refused ?? refused;
		}
	}
	return { targets: found, refused };
}

/** The targets of a decision that may be called, or what to answer instead (secure signaling §3.2). */
export function targetsToCall(
	{ targets: choices, callee }: Extract<Decision, { kind: "relay" }>,
	context: ResponseContext,
	environment: Environment,
	now: Milliseconds,
): readonly Target[] | Rejection {
	const targets = targetSet(choices, context.request, environment.directory, now);
	if ("status" in targets) return targets;
	const { targets: found, refused } = fitting(targets, callee, context, environment);
	if (found.length > 0 || refused === undefined) return found;
	return refusedScheme(refused, context, environment);
}

/** What the caller is told where nobody may be called in the scheme that this needs. */
export function refusedScheme(
	refused: Fitting["refused"],
	context: ResponseContext,
	environment: Environment,
): Rejection {
	const listener = listenerOf(context.server.flow.listener, environment);
	if (refused === undefined || listener === undefined) return { status: 480 };
	return { status: 480, headers: [["Warning", sipsWarning(refused, listener)]] };
}

/** The backups of a target have schemes of their own: one of them may be all that is left of it. */
function addressesInOneScheme(
	target: Target,
	scheme: Scheme,
	callee: Scheme | undefined,
	environment: Environment,
): Fitting {
	const fits = addressesOf(target).map((one) => inOneScheme(one, scheme, callee, environment));
	const [first, ...others] = fits.filter((one) => typeof one !== "number");
	return {
		targets: first === undefined ? [] : [chained(first, others)],
		refused: fits.find((one) => typeof one === "number"),
	};
}

/** A script that asks for the other scheme asks for what RFC 5630 forbids: it is told so, not obeyed. */
function inOneScheme(
	target: Target,
	scheme: Scheme,
	callee: Scheme | undefined,
	environment: Environment,
): Target | Refused {
	if (callee !== undefined && callee !== scheme) return scheme === "sips" ? 380 : 381;
	if (target.scheme === scheme) return { ...target, oneScheme: true };
	if (scheme === "sips") return 380;
	return overTls(target, environment);
}

/** "Replace that SIPS scheme with a SIP scheme while leaving the rest of the URI as is", and use TLS. */
function overTls(target: Target, { listeners }: Environment): Target | Refused {
	const flow = target.flow && secure(target.flow.transport) ? target.flow : undefined;
	if (flow === undefined && !listeners.some(({ transport }) => secure(transport))) return 381;
	const { uri } = forceUri(target.uri, "sip", "ruri");
	return { ...target, uri, flow, scheme: "sip", overTls: true, oneScheme: true };
}

/**
 * In a dialog of one scheme the Request-URI goes on as it came: a peer whose Contact is not of that
 * scheme has to live with it. Only what an entry of ours in it stands for goes on in its place. Where
 * one of the two is `sips`, or was over TLS, TLS it stays.
 */
export function asItCame(
	target: Target,
	{ request }: RouteInformation,
	{ cookie, from }: DialogRoute,
	directory: Directory,
): Target {
	if (cookie.caller !== cookie.callee || schemeOf(request.uri) === undefined) return target;
	// It began under another setting, and its Contacts carry it.
	if (cookie.hidden !== undefined) return target;
	const sender = policyOf(request.head.from, flowOfSide(cookie, from), directory, request.head);
	if (sender.policy !== "rfc5630" && target.policy.policy !== "rfc5630") return target;
	const was = flowOfSide(cookie, other(from));
	const overTls =
		target.scheme === "sips" ||
		schemeOf(request.uri) === "sips" ||
		(was !== undefined && secure(was.transport));
	const flow = !overTls || (target.flow && secure(target.flow.transport)) ? target.flow : undefined;
	const asRead = forceUri(request.uri, cookie.caller, "contact").uri;
	const uri = target.uri === asRead ? request.uri : target.uri;
	return { ...target, uri, flow, overTls, oneScheme: true };
}
