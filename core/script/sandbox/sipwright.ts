/** The module "sipwright" inside the isolate. What each function means to a script: ../sipwright.d.ts. */
import { stripTransport as strip } from "../../leg/strip-transport.ts";
import type * as Public from "../sipwright.d.ts";
import { replaceBody } from "./body.ts";
import { Callee } from "./call.ts";
import {
	CHALLENGE,
	type Choice,
	challengeWith,
	DROP,
	REQUEST_URI,
	redirectTo,
	relayTo,
	relayToOne,
	replyPlainly,
	replyWith,
	SAVE,
	type Target,
	targetOf,
	targetsOf,
} from "./choice.ts";
import { define } from "./define-routes.ts";
import { findDevice, findTrunks, renumbered } from "./devices.ts";
import { fetchFrom } from "./fetch.ts";
import { forkingOf } from "./forking.ts";
import { readValue } from "./header-value.ts";
import { keyValues } from "./key-values.ts";
import { ScriptBranchLeg } from "./leg.ts";
import { log as scriptLog } from "./log.ts";
import { dnsQuestions, lookUp } from "./look-ups.ts";
import { metrics } from "./metric.ts";
import { isInNetwork } from "./networks.ts";
import { toE164, withOtherPrefix, withoutPrefix, withPrefix } from "./numbers.ts";
import { readAddress, readUri, ScriptContact, uriOf } from "./uri.ts";

export const log: Public.ScriptLog = scriptLog;
export const metric: Public.Metrics = metrics;
export const kv: Public.KeyValues = keyValues;
export const dns: Public.Dns = dnsQuestions;
export const lookup: typeof Public.lookup = lookUp;
export const fetch: typeof Public.fetch = fetchFrom;

export function defineRoutes(routes: Public.Routes): Public.Routes {
	return define(routes);
}

export function device(number: string | undefined): Public.Device | undefined {
	return findDevice(number);
}

export function trunks(number: string | undefined): readonly Public.Device[] {
	return findTrunks(number);
}

export function e164(number: string | undefined, plan: Public.NumberPlan): string | undefined {
	return toE164(number, plan);
}

export function stripPrefix(number: string, prefix: string): string {
	return withoutPrefix(number, prefix);
}

export function addPrefix(number: string, prefix: string): string {
	return withPrefix(number, prefix);
}

export function replacePrefix(number: string, prefix: string, replacement: string): string {
	return withOtherPrefix(number, prefix, replacement);
}

export function withNumber(callee: Public.Device, number: string): Public.Device {
	return renumbered(callee, number);
}

export function inNetwork(address: string, networks: string | readonly string[]): boolean {
	return isInNetwork(address, networks);
}

export function setBody(request: Public.Request, body: string, contentType?: string): void {
	replaceBody(request, body, contentType);
}

export function sipUri(parts: Public.UriParts & { readonly host: string }): Public.Uri {
	return uriOf(parts);
}

export function parseUri(text: string): Public.Uri | undefined {
	return readUri(text);
}

export function parseAddress(text: string): Public.Address | undefined {
	return readAddress(text);
}

export function parseValue(text: string): Public.HeaderValue | undefined {
	return readValue(text);
}

export function forceSips(leg: Public.CalleeLeg | Public.BranchLeg): void {
	calleeLeg("forceSips", leg).force("sips");
}

export function forceSip(leg: Public.CalleeLeg | Public.BranchLeg): void {
	calleeLeg("forceSip", leg).force("sip");
}

export function stripTransport(contact: Public.Contact): void {
	if (!(contact instanceof ScriptContact))
		throw new TypeError("stripTransport() takes one of request.contacts");
	contact.edit(strip(contact.text).stored);
}

export function relay(
	...given: readonly [target?: Target, options?: Public.ForkOptions]
): Public.Forward {
	const [first, options] = given;
	if (given.length === 0) return decision(REQUEST_URI);
	if (first === undefined)
		throw new TypeError("relay(undefined): there is no such device; answer reply(404) instead");
	if (options === undefined) return decision(relayToOne(first));
	return decision(relayTo([targetOf(first, "relay")], forkingOf("relay", options)));
}

export function fork(targets: readonly Target[], options?: Public.ForkOptions): Public.Forward {
	return decision(relayTo(targetsOf(targets), forkingOf("fork", options)));
}

export function reply(
	status: number,
	reason?: string,
	headers?: Readonly<Record<string, string>>,
): Public.Reply {
	if (reason === undefined && headers === undefined) return decision(replyPlainly(status));
	return decision(replyWith(status, reason, headers ?? {}));
}

export function redirect(
	contacts: Public.Uri | string | readonly (Public.Uri | string)[],
	status = 302,
): Public.Reply {
	return decision(redirectTo(Array.isArray(contacts) ? contacts : [contacts], status));
}

export function save(): Public.Save {
	return decision(SAVE);
}

export function challenge(options?: Public.ChallengeOptions): Public.Challenge {
	return decision(options === undefined ? CHALLENGE : challengeWith(options));
}

export function drop(): Public.Drop {
	return decision(DROP);
}

/** Scripts see a decision as an opaque value. */
function decision<D extends Public.Decision>(choice: Choice): D {
	return choice as unknown as D;
}

function calleeLeg(
	verb: string,
	leg: Public.CalleeLeg | Public.BranchLeg,
): Callee | ScriptBranchLeg {
	if (leg instanceof Callee || leg instanceof ScriptBranchLeg) return leg;
	throw new TypeError(
		`${verb}() takes call.callee, or the leg of onBranch: the caller keeps the scheme it came with`,
	);
}
