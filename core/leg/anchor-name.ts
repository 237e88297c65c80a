/** Under which user and transport our own address stands for a peer's Contact: RFC 3261 §8.1.1.8, §12.1.1. */
import { own } from "../base/own-text.ts";
import type { Request } from "../message/message.ts";
import { uriParam } from "../message/uri.ts";
import { entryPlaces, mayHoldEntry } from "./entry-place.ts";
import { readUri } from "./force-scheme.ts";
import { type Leg, transportOf } from "./leg.ts";

export type AnchorName = {
	readonly user: string | undefined;
	/** Of the URI parameter, without its `;`. */
	readonly transport: string | undefined;
};

/** In a response: as the request has addressed us. Its texts are kept with the answered request. */
export function addressedAs({ uri, parsedUri }: Request, leg: Leg): AnchorName {
	const plain = mayHoldEntry(uri) ? entryPlaces(uri)[0]?.rest : undefined;
	const { user } = (plain === undefined ? undefined : readUri(plain)) ?? parsedUri;
	const param = uriParam(parsedUri, "transport");
	const fits = param?.value !== undefined && leadsHere(param.value.toLowerCase(), leg);
	return { user: user && own(user), transport: fits ? own(param.text) : undefined };
}

/** In a request: the user of the Contact, or else of From. */
export function namedIn(contact: string, { head }: Request): AnchorName {
	const user = readUri(contact)?.user ?? readUri(head.from.uri)?.user;
	return { user, transport: undefined };
}

/** Whether a transport parameter means the transport of this leg: under `sips`, `tcp` is TLS (§26.2.2). */
function leadsHere(transport: string, leg: Leg): boolean {
	const actual = transportOf(leg);
	if (actual === "wss") return transport === "ws" || transport === "wss";
	if (leg.scheme === "sips") return transport === "tcp" || transport === "tls";
	return transport === actual;
}
