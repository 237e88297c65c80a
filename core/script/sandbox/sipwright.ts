/** The module "sipwright" inside the isolate. What each function means to a script: ../sipwright.d.ts. */
import { stripTransport as strip } from "../../leg/strip-transport.ts";
import type * as Public from "../sipwright.d.ts";
import { Callee } from "./call.ts";
import {
	CHALLENGE,
	type Choice,
	DROP,
	REQUEST_URI,
	redirectTo,
	relayTo,
	relayToOne,
	replyPlainly,
	replyWith,
	SAVE,
	targetOf,
	targetsOf,
} from "./choice.ts";
import { define } from "./define-routes.ts";
import { findDevice, findTrunks } from "./devices.ts";
import { forkingOf } from "./forking.ts";
import { log as scriptLog } from "./log.ts";
import { ScriptContact } from "./uri.ts";

export const log: Public.ScriptLog = scriptLog;

export function defineRoutes(routes: Public.Routes): Public.Routes {
	return define(routes);
}

export function device(number: string | undefined): Public.Device | undefined {
	return findDevice(number);
}

export function trunks(number: string | undefined): readonly Public.Device[] {
	return findTrunks(number);
}

export function forceSips(leg: Public.CalleeLeg): void {
	calleeLeg("forceSips", leg).force("sips");
}

export function forceSip(leg: Public.CalleeLeg): void {
	calleeLeg("forceSip", leg).force("sip");
}

export function stripTransport(contact: Public.Contact): void {
	if (!(contact instanceof ScriptContact))
		throw new TypeError("stripTransport() takes one of request.contacts");
	contact.edit(strip(contact.text).stored);
}

type Target = Public.Device | string;

export function relay(
	...given: readonly [target?: Target, options?: Public.ForkOptions]
): Public.Decision {
	const [first, options] = given;
	if (given.length === 0) return decision(REQUEST_URI);
	if (first === undefined)
		throw new TypeError("relay(undefined): there is no such device; answer reply(404) instead");
	if (options === undefined) return decision(relayToOne(first));
	return decision(relayTo([targetOf(first, "relay")], forkingOf("relay", options)));
}

export function fork(targets: readonly Target[], options?: Public.ForkOptions): Public.Decision {
	return decision(relayTo(targetsOf(targets), forkingOf("fork", options)));
}

export function reply(
	status: number,
	reason?: string,
	headers?: Readonly<Record<string, string>>,
): Public.Decision {
	if (reason === undefined && headers === undefined) return decision(replyPlainly(status));
	return decision(replyWith(status, reason, headers ?? {}));
}

export function redirect(contacts: string | readonly string[], status = 302): Public.Decision {
	return decision(redirectTo(typeof contacts === "string" ? [contacts] : contacts, status));
}

export function save(): Public.Decision {
	return decision(SAVE);
}

export function challenge(): Public.Decision {
	return decision(CHALLENGE);
}

export function drop(): Public.Decision {
	return decision(DROP);
}

/** Scripts see a decision as an opaque value. */
function decision(choice: Choice): Public.Decision {
	return choice as unknown as Public.Decision;
}

function calleeLeg(verb: string, leg: Public.CalleeLeg): Callee {
	if (leg instanceof Callee) return leg;
	throw new TypeError(`${verb}() takes call.callee: the caller keeps the scheme it came with`);
}
