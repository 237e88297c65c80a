/**
 * The Contact of a `sips` registration without its transport parameter (RFC 3261 §26.2.2: under
 * `sips` it says nothing that the scheme does not say, and some servers refuse it).
 */
import { parseNameAddress } from "../message/name-addr.ts";
import { paramSpans } from "../message/params.ts";
import { uriParam } from "../message/uri.ts";
import { readUri } from "./force-scheme.ts";
import { LegError } from "./leg-error.ts";
import { schemeOf } from "./scheme-token.ts";

export type StrippedContact = {
	/** What is bound, forwarded and called. */
	readonly stored: string;
	/** As sent: what the response to the REGISTER shows, since the phone compares it (§19.1.4). */
	readonly echoed: string;
};

/** Strips one Contact value. Throws LegError for `sips` over UDP. */
export function stripTransport(contact: string): StrippedContact {
	const address = parseNameAddress("Contact", contact);
	if (address.star || schemeOf(address.uri) !== "sips") return { stored: contact, echoed: contact };
	return {
		stored: address.bracketed ? stripUri(contact, address) : stripBare(contact, address),
		echoed: contact,
	};
}

type Place = { readonly uri: string; readonly uriStart: number; readonly uriEnd: number };

function stripUri(contact: string, { uri, uriStart, uriEnd }: Place): string {
	const parsed = readUri(uri);
	const param = parsed && uriParam(parsed, "transport");
	if (!param || !isStripped(param.value, contact)) return contact;
	const start = uriStart + param.start;
	const end = start + 1 + param.text.length;
	return contact.slice(0, start) + contact.slice(end, uriEnd) + contact.slice(uriEnd);
}

/** Without `<>` a transport parameter belongs to the header by the grammar, but phones mean the URI. */
function stripBare(contact: string, { uri, uriStart, uriEnd }: Place): string {
	const param = paramSpans("Contact", contact, uriEnd).find(({ name }) => name === "transport");
	if (!param || !isStripped(param.value, contact)) return contact;
	const params = contact.slice(uriEnd, param.start) + contact.slice(param.end);
	return `${contact.slice(0, uriStart)}<${uri}>${params}`;
}

/** WebSocket stays: there the host is no address, and the parameter tells the kind of flow (RFC 7118 §5.5). */
function isStripped(transport: string | undefined, contact: string): boolean {
	const name = transport?.toLowerCase();
	if (name === "udp") throw new LegError("LEG_SIPS_OVER_UDP", contact);
	return name !== "ws" && name !== "wss";
}
