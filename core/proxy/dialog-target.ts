/**
 * Where a request inside a dialog of ours goes: RFC 3261 §16.12, RFC 5626 §5.3. Our cookie knows
 * the legs; the Request-URI is written back as its target knows it.
 */
import type { Milliseconds } from "../base/clock.ts";
import { type Flow, secure } from "../base/flow.ts";
import { bracketed } from "../base/ip-address.ts";
import { openAnchor } from "../leg/anchored-contact.ts";
import { type OpenedUri, readEntry } from "../leg/contact-entry.ts";
import { flowOfSide, type OpenedCookie, schemeOfSide } from "../leg/cookie.ts";
import { deviceUri } from "../leg/device-uri.ts";
import { mayHoldEntry } from "../leg/entry-place.ts";
import { type RememberedFlow, sameFlow } from "../leg/flow-token.ts";
import { forceUri, readUri } from "../leg/force-scheme.ts";
import { other, type Side } from "../leg/leg.ts";
import { routesTo } from "../leg/record-route.ts";
import { schemeOf } from "../leg/scheme-token.ts";
import type { Request } from "../message/message.ts";
import { bindingOf, deviceOf, policyOf } from "./directory.ts";
import type { Environment } from "./environment.ts";
import { gruuBindings } from "./gruu.ts";
import { asItCame } from "./one-scheme.ts";
import type { Rejection } from "./rejection.ts";
import type { DialogRoute, RouteInformation } from "./route-information.ts";
import { isGone, type Target } from "./target-set.ts";

/** The other side, and the flow to it: never resolved anew while one is known that still works. */
export function dialogTarget(
	route: RouteInformation,
	dialog: DialogRoute,
	environment: Environment,
	alive: (flow: Flow) => boolean,
	now: Milliseconds,
): Target | Rejection {
	const { request, own } = route;
	const { cookie, from } = dialog;
	const toward = other(from);
	const scheme = schemeOfSide(cookie, toward);
	const opened = openTarget(route, dialog, environment, now);
	if ("status" in opened) return opened;
	const meant = atInstance(opened, route, dialog, environment, alive, now);
	if ("status" in meant) return meant;
	const { uri, flows, lost } = meant;
	if (schemeOf(uri) === undefined) return { status: 416 };
	const path = meant.path ?? hiddenPath(cookie, toward);
	// Where other proxies stand between, the next of them is the next hop, not the phone.
	const direct = request.head.routes.length === own && path.length === 0;
	// What is sips never leaves in clear, whatever way the peer last took (RFC 3261 §26.2.2), and no
	// more does what a sips Route leads on (RFC 5630 §5.1.1).
	const next = path[0]?.slice(1) ?? request.head.routes[own]?.uri ?? "";
	const guarded = scheme === "sips" || schemeOf(next) === "sips";
	const fits = (candidate: Flow) => (!guarded || secure(candidate.transport)) && alive(candidate);
	const { directory } = environment;
	const target: Target = {
		uri,
		scheme,
		flow:
			flows.find((one) => !one.stale && fits(one)) ??
			(direct ? registeredFlow(uri, environment, fits, now) : undefined),
		host: meant.moved ? undefined : flows[0]?.host,
		path,
		policy: policyOf(request.head.to, flows[0], directory, uri),
		device: undefined,
		...(lost && { lost }),
	};
	return directory.keepsSchemes ? asItCame(target, route, dialog, directory) : target;
}

function hiddenPath({ hidden }: OpenedCookie, toward: Side): readonly string[] {
	return hidden === undefined ? NO_PATH : routesTo(hidden, toward);
}

/** `lost`: the peer has cut the entry off, and this is the next best. */
type Opened = OpenedUri & { readonly lost?: true };

type Meant = {
	readonly uri: string;
	readonly lost?: true | undefined;
	/** The flows that lead there, the best first. */
	readonly flows: readonly RememberedFlow[];
	/** Where it is now says its binding, and not the dialog. */
	readonly moved?: true;
	/** Of its binding. */
	readonly path?: readonly string[];
};

/**
 * A peer whose Contact is a GRUU of ours is where its instance has registered (RFC 5627 §6.1): on the
 * flow that the dialog knows, or else on the newest. Where other proxies stand between, those of its
 * Path are among them.
 */
function atInstance(
	{ uri, flow, lost }: Opened,
	{ request, own }: RouteInformation,
	{ cookie, from }: DialogRoute,
	environment: Environment,
	alive: (flow: Flow) => boolean,
	now: Milliseconds,
): Meant | Rejection {
	const toward = other(from);
	const known = [flow, flowOfSide(cookie, toward)].filter((one) => one !== undefined);
	const bindings = gruuBindings(uri, environment, now);
	if (bindings === undefined) return { uri, lost, flows: known };
	const [first] = known;
	const same = bindings.find((one) => first !== undefined && sameFlow(first, one.flow));
	const binding = same ?? bindings[0];
	// Nobody of the instance is registered: without its flow, the GRUU would lead back here.
	if (binding === undefined)
		return first?.stale === false && alive(first) ? { uri, flows: [first] } : { status: 480 };
	const contact = forceUri(binding.contact, schemeOfSide(cookie, toward), "contact").uri;
	const { flow: newest, path } = binding;
	if (path.length > 0 && request.head.routes.length === own)
		return { uri: contact, flows: [], moved: true, path };
	if (same !== undefined) return { uri: contact, flows: known };
	const flows = path.length > 0 ? [] : [{ ...newest, stale: isGone(newest) }];
	return { uri: contact, flows, moved: true };
}

/** The Request-URI as its target knows it. */
function openTarget(
	{ request, own }: RouteInformation,
	route: DialogRoute,
	environment: Environment,
	now: Milliseconds,
): Opened | Rejection {
	if (route.target !== undefined) return route.target;
	const { uri, parsedUri, head } = request;
	const { cookie, dialog } = route;
	const { signing } = environment;
	const scheme = schemeOfSide(cookie, other(route.from));
	const found = readEntry(uri, scheme, { dialog, nonce: cookie.nonce, signing });
	if (found !== undefined) return found;
	const plain = { uri: forceUri(uri, scheme, "contact").uri, flow: undefined };
	// Whoever is next in the Route knows better, another pass through here among them.
	if (head.routes.length > own) return plain;
	if (!environment.own.listensAt(parsedUri.host, parsedUri.port)) return plain;
	if (mayHoldEntry(uri))
		return openAnchor(uri, dialog, signing) === undefined ? { status: 403 } : plain;
	return wasAnchored(request, route, environment)
		? (nextBest(request, route, environment, now) ?? { status: 481 })
		: plain;
}

/** Whether that side was shown an address of ours, and not one that happens to be here. */
function wasAnchored({ head }: Request, { cookie, from }: DialogRoute, { directory }: Environment) {
	if (cookie.hidden !== undefined) return true;
	return policyOf(head.from, flowOfSide(cookie, from), directory, head).contact === "anchor";
}

/** Who the user part names; or nobody that we know, at the address where the dialog's peer was. */
function nextBest(
	{ parsedUri }: Request,
	{ cookie, from }: DialogRoute,
	{ directory }: Environment,
	now: Milliseconds,
): Opened | undefined {
	const toward = other(from);
	const scheme = schemeOfSide(cookie, toward);
	const flow = flowOfSide(cookie, toward);
	const device = deviceOf(parsedUri, directory);
	if (device !== undefined && device.contact !== "*") {
		const leg = { scheme, policy: device.secureSignaling };
		return { uri: deviceUri(device.contact, parsedUri.user, leg), flow: undefined, lost: true };
	}
	if (flow === undefined) return undefined;
	const bindings = device === undefined ? [] : directory.bindings(device.name, now);
	const binding = bindings.find((one) => sameFlow(one.flow, flow)) ?? bindings[0];
	const user = parsedUri.user === undefined ? "" : `${parsedUri.user}@`;
	const address = `${scheme}:${user}${bracketed(flow.host)}:${flow.port}`;
	const uri = binding === undefined ? address : forceUri(binding.contact, scheme, "contact").uri;
	return { uri, flow: undefined, lost: true };
}

/** The phone has registered again since: its Contact says which it is. */
function registeredFlow(
	uri: string,
	{ directory }: Environment,
	fits: (flow: Flow) => boolean,
	now: Milliseconds,
): Flow | undefined {
	const parsed = readUri(uri);
	const binding = parsed === undefined ? undefined : bindingOf(parsed, directory, now);
	const flow = binding?.node === undefined ? binding?.flow : undefined;
	return flow !== undefined && fits(flow) ? flow : undefined;
}

const NO_PATH: readonly string[] = [];
