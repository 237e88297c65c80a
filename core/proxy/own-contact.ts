/**
 * A Request-URI that is our own address in the place of somebody's Contact, in a request without a
 * Route of ours: RFC 3261 §12.2.1.1. Where its entry fits, the request is in a dialog of ours, or
 * wants to reach who that dialog is with (RFC 3891 §3).
 */
import type { Flow } from "../base/flow.ts";
import { openAnchor } from "../leg/anchored-contact.ts";
import { entryPlaces, mayHoldEntry } from "../leg/entry-place.ts";
import { readUri } from "../leg/force-scheme.ts";
import { type OwnContact, readOwnContact } from "../leg/own-route.ts";
import type { Request } from "../message/message.ts";
import { parseMessage } from "../message/parse-message.ts";
import { Patch } from "../message/patch.ts";
import { parseReplaces } from "../message/replaces.ts";
import { deviceOf, policyOf } from "./directory.ts";
import type { Environment } from "./environment.ts";
import type { Rejection } from "./rejection.ts";

/** The request as meant, and its dialog where that is one of ours. */
export type MeantByContact = {
	readonly request: Request;
	readonly dialog: Extract<OwnContact, { kind: "dialog" }> | undefined;
};

/** Undefined where the Request-URI is nothing of the kind. */
export function meantByContact(
	request: Request,
	came: Flow,
	environment: Environment,
): MeantByContact | Rejection | undefined {
	const { head, uri, parsedUri } = request;
	const held = mayHoldEntry(uri);
	if (!held && head.toTag === undefined) return undefined;
	if (!environment.own.listensAt(parsedUri.host, parsedUri.port)) return undefined;
	if (!held) return isLost(request, came, environment) ? { status: 481 } : undefined;

	const opened = readOwnContact(parsedUri, head, environment.signing);
	if (opened?.kind === "dialog") return { request, dialog: opened };
	if (opened === undefined && head.toTag !== undefined) return { status: 403 };
	return { request: withoutEntry(request, environment), dialog: undefined };
}

/** Everything rode in a Contact that this peer has cut: who it speaks to is not known any more. */
function isLost({ head }: Request, came: Flow, { directory }: Environment): boolean {
	return !policyOf(head.from, came, directory, head).recordRoute;
}

/** Who is meant: the device of the user part, or else the Contact of the dialog that Replaces names. */
function withoutEntry(request: Request, environment: Environment): Request {
	const [place] = entryPlaces(request.uri);
	if (place === undefined) return request;
	const named = readUri(place.rest);
	const known = named !== undefined && deviceOf(named, environment.directory) !== undefined;
	const contact = known ? undefined : replacedContact(request, environment);
	const patch = new Patch(request).requestUri(contact ?? place.rest);
	// It was whole when it was read: over UDP Content-Length may be left out (§18.3).
	const plain = parseMessage(patch.text(), "datagram");
	return plain.kind === "request" ? plain : request;
}

function replacedContact({ head, uri }: Request, { signing }: Environment): string | undefined {
	const value = head.text1("replaces");
	const replaces = value === undefined ? undefined : parseReplaces(value);
	if (replaces === undefined) return undefined;
	const { callId, toTag, fromTag } = replaces;
	// Its two tags are those of either side: one of them is the caller's.
	for (const tag of [toTag, fromTag]) {
		const opened = tag === undefined ? undefined : openAnchor(uri, { callId, tag }, signing);
		if (opened !== undefined) return opened.contact;
	}
	return undefined;
}
