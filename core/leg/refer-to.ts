/**
 * A URI that a REFER names and that leads back to us, as the peer on a leg can dial it: RFC 3515 §2.1.
 * RFC 5630 §5.1.1.3 calls it a derived dialog; what is not ours keeps its scheme. Headers of the URI,
 * such as Replaces, stay octet for octet.
 */
import type { Uri } from "../message/uri.ts";
import { mayHoldEntry } from "./entry-place.ts";
import { forceUri } from "./force-scheme.ts";
import type { Leg } from "./leg.ts";
import { ownUri } from "./record-route.ts";

/** What the URI's host is to us: an address of ours, a name of ours, or where a device of ours is. */
export type Referred = "address" | "name" | "device";

export function referTo(uri: Uri, what: Referred, leg: Leg): string {
	const { scheme, listener, policy } = leg;
	const usual = what === "name" || listener.port === (scheme === "sips" ? 5061 : 5060);
	const stays = uri.port === undefined && usual && !mayHoldEntry(uri.text);
	if (what === "device" || stays)
		return forceUri(uri.text, scheme, "contact", policy.uriTransport).uri;
	return atListener(uri, what, leg);
}

/** Our listener on another leg has another port, and answers to another transport. */
function atListener(uri: Uri, what: Referred, leg: Leg): string {
	const { text, hostStart, host, params, headers } = uri;
	const own = ownUri(leg).slice(leg.scheme.length + 1);
	const end = own.indexOf(";");
	const address = end === -1 ? own : own.slice(0, end);
	const transport = end === -1 ? "" : own.slice(end);
	const where = what === "name" ? `${host}:${leg.listener.port}` : address;
	const user = text.slice(text.indexOf(":") + 1, hostStart);
	const kept = params.filter(({ name }) => name !== "transport").map((param) => `;${param.text}`);
	const tail = headers === undefined ? "" : `?${headers}`;
	return `${leg.scheme}:${user}${where}${transport}${kept.join("")}${tail}`;
}
