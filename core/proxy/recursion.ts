/**
 * Following a redirection: RFC 3261 §16.5, §16.7 step 4. The Contacts of a 3xx become targets, and
 * leave the response. A leg of another scheme is reached that way only at a device of ours, and not
 * at all under RFC 5630 §5.3.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Element } from "../message/list.ts";
import type { Request, Response } from "../message/message.ts";
import { type NameAddress, parseNameAddress } from "../message/name-addr.ts";
import { ParseError } from "../message/parse-error.ts";
import { parseMessage } from "../message/parse-message.ts";
import { Patch } from "../message/patch.ts";
import { parseQ } from "../message/scalars.ts";
import { parseUri, type Uri } from "../message/uri.ts";
import { deviceOf } from "./directory.ts";
import type { Environment } from "./environment.ts";
import { earlierWays, isLoop } from "./loop.ts";
import { fitting } from "./one-scheme.ts";
import type { Branch, ResponseContext, RestOfTargets } from "./response-context.ts";
import { type Target, targetsOf, uriTarget } from "./target-set.ts";

/** Who answered with the 3xx, and in which fork. */
type Redirecting = {
	readonly context: ResponseContext;
	readonly target: Target;
	readonly fork: RestOfTargets;
};

/**
 * Puts the Contacts of a 3xx that may be called into the fork, where the script wants that and the
 * Request-URI is ours. Answers what is left of the response: all of it when none was taken, undefined
 * when all were (PX-52). Any other response stays as it is.
 */
export function followRedirection(
	response: Response,
	{ context, target }: Branch,
	environment: Environment,
	now: Milliseconds,
): Response | undefined {
	const { fork, request } = context;
	if (response.status >= 400 || context.closed || !fork?.options.forking.recurse) return response;
	if (!environment.own.owns(request.parsedUri)) return response;
	return follow(response, { context, target, fork }, environment, now);
}

function follow(
	response: Response,
	from: Redirecting,
	environment: Environment,
	now: Milliseconds,
): Response | undefined {
	const elements = contactsOf(response);
	const origin = new Map<Target, Element>();
	for (const element of elements)
		for (const target of targetsAt(response, element, from, environment, now))
			origin.set(target, element);
	const called = from.fork.add([...origin.keys()]);
	if (called.length === 0) return response;
	const used = new Set(called.flatMap((target) => origin.get(target) ?? []));
	return used.size === elements.length ? undefined : without(response, used);
}

function contactsOf({ head }: Response): readonly Element[] {
	try {
		return head.elements("contact");
	} catch (error) {
		if (error instanceof ParseError) return [];
		throw error;
	}
}

/** What one Contact stands for, as far as it may be called and leads to no loop. */
function targetsAt(
	{ text }: Response,
	{ start, end }: Element,
	{ context, target, fork }: Redirecting,
	environment: Environment,
	now: Milliseconds,
): readonly Target[] {
	const contact = readContact(text, start, end);
	if (contact === undefined) return [];
	const { request, edits } = context;
	const earlier = earlierWays(request, environment);
	const found = meant(contact, target, request, environment, now).filter(
		({ uri }) => !isLoop(earlier, request, { uri, edits }),
	);
	return fitting(found, fork.options.callee, context, environment).targets;
}

type RatedUri = { readonly uri: Uri; readonly q: number };

function meant(
	{ uri, q }: RatedUri,
	from: Target,
	request: Request,
	{ directory, own }: Environment,
	now: Milliseconds,
): readonly Target[] {
	if (uri.scheme !== "sip" && uri.scheme !== "sips") return [];
	const crosses = uri.scheme !== from.scheme;
	if (crosses && from.oneScheme) return [];
	const ours = own.owns(uri);
	const device = ours ? deviceOf(uri, directory) : undefined;
	// An address of ours that names no device leads back here and nowhere else.
	if (device === undefined)
		return crosses || ours ? [] : [{ ...uriTarget(uri.text, directory.policy), q }];
	// Who is called must not choose a way out of here, and take the caller's rights to it.
	if (device.type === "Trunk") return [];
	const choice = { kind: "device", name: device.name, number: uri.user } as const;
	const found = targetsOf(choice, request, directory, now);
	return "status" in found ? [] : found.map((one) => ({ ...one, q: Math.min(q, one.q ?? 1000) }));
}

function readContact(text: string, start: number, end: number): RatedUri | undefined {
	try {
		const address: NameAddress = parseNameAddress("Contact", text, start, end);
		if (address.star) return undefined;
		return { uri: parseUri(address.uri), q: parseQ(address.params.get("q") ?? "") ?? 1000 };
	} catch (error) {
		if (error instanceof ParseError) return undefined;
		throw error;
	}
}

/** Each URI is in the target set or in the response, never in both. */
function without(response: Response, used: ReadonlySet<Element>): Response {
	const patch = new Patch(response);
	for (const element of used) patch.removeElement(element);
	const rest = parseMessage(patch.text(), "datagram");
	return rest.kind === "response" ? rest : response;
}
