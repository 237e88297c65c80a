/** Where a REFER sends its recipient, if that is to us or to a device of ours: RFC 3515 §2.1, secure signaling §3.6. */
import type { Milliseconds } from "../base/clock.ts";
import { mayHoldEntry } from "../leg/entry-place.ts";
import { readUri } from "../leg/force-scheme.ts";
import { type Legs, legOf, rewrites } from "../leg/leg.ts";
import { readable } from "../leg/readable.ts";
import { type Referred, referTo } from "../leg/refer-to.ts";
import { schemeOf } from "../leg/scheme-token.ts";
import type { Request } from "../message/message.ts";
import { inPlace, type NameAddress, parseNameAddress } from "../message/name-addr.ts";
import type { Uri } from "../message/uri.ts";
import { placeOf } from "./device-place.ts";
import type { Environment } from "./environment.ts";

/** A span of the request's text, and what it becomes. */
export type ReferToEdit = { readonly start: number; readonly end: number; readonly text: string };

/** Undefined where Refer-To stays as it came: it leads elsewhere, or is in the scheme of the leg. */
export function referToEdit(
	request: Request,
	legs: Legs,
	environment: Environment,
	now: Milliseconds,
): ReferToEdit | undefined {
	if (!rewrites(legs)) return undefined;
	const [address, ...more] = readable(() => addresses(request));
	const scheme = address && schemeOf(address.uri);
	const uri = scheme === undefined ? undefined : readUri(address?.uri ?? "");
	if (address === undefined || uri === undefined || more.length > 0) return undefined;
	const leg = legOf(legs, legs.toward);
	const what = referred(uri, environment, now);
	// Our own address in the place of a Contact is that of one leg, whatever the scheme of the other.
	const anchored = what === "address" && mayHoldEntry(address.uri);
	if (what === undefined || (scheme === leg.scheme && !anchored)) return undefined;
	const text = inPlace(address, referTo(uri, what, leg));
	return { start: address.uriStart, end: address.uriEnd, text };
}

function addresses({ head, text }: Request): readonly NameAddress[] {
	return head
		.elements("refer-to")
		.map(({ start, end }) => parseNameAddress("Refer-To", text, start, end));
}

/** Undefined for somebody that we know nothing of. */
function referred(
	uri: Uri,
	{ own, directory }: Environment,
	now: Milliseconds,
): Referred | undefined {
	if (own.listensAt(uri.host, uri.port)) return "address";
	if (own.owns(uri)) return "name";
	return placeOf(uri, directory, now) === undefined ? undefined : "device";
}
